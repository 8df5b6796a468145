package import MLSWire

/// Which client is on which leaf, as the application tells clients apart.
package struct ClientIndex: Sendable {
    private var byLeaf = ChunkedArray<[UInt8]?>()
    private var clients = Multiset<[UInt8]>()

    package init() {}

    package init(_ tree: RatchetTree, _ validator: any CredentialValidator) {
        for index in tree.members { self.set(index, tree[leaf: index], validator) }
    }

    package subscript(leaf: LeafIndex) -> [UInt8]? { leaf.value < byLeaf.count ? byLeaf[leaf.value] : nil }

    /// How many leaves a client has.
    package func count(of client: [UInt8]) -> Int { clients.count(of: client) }

    package mutating func set(_ index: LeafIndex, _ leaf: LeafNode?, _ validator: any CredentialValidator) {
        if index.value >= byLeaf.count { byLeaf.append(nil, count: index.value + 1 - byLeaf.count) }
        if let old = byLeaf[index.value] { clients.remove(old) }
        let client = leaf.map { validator.client(of: $0.credential, key: $0.signatureKey) }
        if let client { clients.insert(client) }
        byLeaf[index.value] = client
    }
}
