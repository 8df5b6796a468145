import MLSWire

/// Structures of MLS, which all have one form.
extension FuzzedDecoder {
    init<Value: MLSStructure>(_: Value.Type) {
        self.init("\(Value.self)") { try Value(decoding: $0).encoded }
    }

    static let wire: [FuzzedDecoder] = [
        .init(AuthenticatedContent.self),
        .init(Commit.self),
        .init(Extensions.self),
        .init(ExternalSenders.self),
        .init(GroupContext.self),
        .init(GroupInfo.self),
        .init(KeyPackage.self),
        .init(LeafNode.self),
        .init(MLSMessage.self),
        .init(PreSharedKeyID.self),
        .init(PrivateMessage.self),
        .init(Proposal.self),
        .init(PublicMessage.self),
        .init(RequiredCapabilities.self),
        .init(TreeNodes.self),
        .init(UpdatePath.self),
        .init(Welcome.self),
    ]
}
