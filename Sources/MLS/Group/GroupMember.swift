public import MLSWire

/// A member of a group, as its leaf shows it.
public struct GroupMember: Hashable, Sendable {
    /// Its place in the tree. It is another member's once this one has gone.
    public let leaf: LeafIndex
    /// Who it says it is; the validator has accepted it.
    public let credential: Credential
    /// The key that its messages are verified with.
    public let signatureKey: SignaturePublicKey

    init(_ leaf: LeafIndex, _ node: LeafNode) {
        self.leaf = leaf
        credential = node.credential
        signatureKey = node.signatureKey
    }
}
