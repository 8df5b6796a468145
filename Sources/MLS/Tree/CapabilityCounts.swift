package import MLSWire

/// How many members can do what, and how many use which credentials: so that a question about all members needs no look at each.
package struct CapabilityCounts: Sendable {
    private var extensions: [ExtensionType: Int] = [:]
    private var proposals: [ProposalType: Int] = [:]
    private var credentials: [CredentialType: Int] = [:]
    private var used: [CredentialType: Int] = [:]
    package private(set) var members = 0

    package init() {}

    /// Types of credential that some member has.
    package var usedCredentials: Set<CredentialType> { Set(used.keys) }

    package func allSupport(_ type: ExtensionType) -> Bool { type.isDefault || extensions[type, default: 0] == members }
    package func allSupport(_ type: ProposalType) -> Bool { type.isDefault || proposals[type, default: 0] == members }
    package func allSupport(_ type: CredentialType) -> Bool { credentials[type, default: 0] == members }

    package func allMeet(_ required: RequiredCapabilities) -> Bool {
        required.extensions.allSatisfy(allSupport) && required.proposals.allSatisfy(allSupport)
            && required.credentials.allSatisfy(allSupport)
    }

    mutating func add(_ leaf: LeafNode) { change(leaf, by: 1) }
    mutating func remove(_ leaf: LeafNode) { change(leaf, by: -1) }

    private mutating func change(_ leaf: LeafNode, by step: Int) {
        func change<Key>(_ counts: inout [Key: Int], _ key: Key) {
            let count = counts[key, default: 0] + step
            counts[key] = count == 0 ? nil : count
        }
        for type in Set(leaf.capabilities.extensions) { change(&extensions, type) }
        for type in Set(leaf.capabilities.proposals) { change(&proposals, type) }
        for type in Set(leaf.capabilities.credentials) { change(&credentials, type) }
        change(&used, leaf.credential.type)
        members += step
    }
}
