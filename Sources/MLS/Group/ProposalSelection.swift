import MLSWire

/// Picks, of proposals that are each valid, those that are valid together (RFC 9420 §12.2).
struct ProposalSelection {
    private let group: GroupState
    private let validator: any CredentialValidator
    private var removed: Set<LeafIndex>
    private var changed: Set<LeafIndex>
    private var preSharedKeys: Set<PreSharedKeyID>
    private var clients: Set<[UInt8]>
    private var keys: Set<SignaturePublicKey>
    private var setsExtensions: Bool

    /// - Parameter changes: what is committed in any case.
    init(beside changes: ProposalList, in group: GroupState, validator: any CredentialValidator) {
        self.group = group
        self.validator = validator
        removed = Set(changes.removes)
        changed = Set(changes.removes)
        preSharedKeys = Set(changes.preSharedKeys)
        clients = Set(
            changes.adds.map { validator.client(of: $0.leafNode.credential, key: $0.leafNode.signatureKey) })
        keys = Set(changes.adds.map(\.leafNode.signatureKey))
        setsExtensions = changes.extensions != nil
    }

    /// Announces a Remove: an Update of the leaf then has no place.
    mutating func willRemove(_ leaf: LeafIndex) { removed.insert(leaf) }

    /// Whether the proposal goes with those that were taken before; if so it is taken too.
    mutating func take(_ item: ReceivedProposal) -> Bool {
        switch item.proposal {
        case .add(let package):
            let node = package.leafNode
            let client = validator.client(of: node.credential, key: node.signatureKey)
            let leaving = removed.count { group.clients[$0] == client }
            guard group.clients.count(of: client) == leaving else { return false }
            return clients.insert(client).inserted && keys.insert(node.signatureKey).inserted
        case .update:
            guard case .member(let leaf) = item.sender, !removed.contains(leaf) else { return false }
            return changed.insert(leaf).inserted
        case .remove(let leaf): return changed.insert(leaf).inserted
        case .preSharedKey(let id): return preSharedKeys.insert(id).inserted
        case .groupContextExtensions:
            defer { setsExtensions = true }
            return !setsExtensions
        case .custom(let type, _): return group.tree.capabilities.allSupport(type)
        case .reInit, .externalInit: return false
        }
    }
}
