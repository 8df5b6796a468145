import Chat
import MLSWire

/// The server's proposal that a device be removed: the server is sender number 0 in every group's `external_senders`
/// (RFC 9420 §12.1.8).
struct RemovalProposal: Hashable, Sendable {
    var room: RoomID
    var epoch: UInt64
    var leaf: UInt32

    private static let senderIndex: UInt32 = 0

    /// - Throws: what `sign` throws.
    func signed(by sign: ProposalSigner) throws -> MLSMessage {
        let content = FramedContent(
            groupID: GroupID(bytes: room.bytes), epoch: epoch, sender: .external(index: Self.senderIndex),
            content: .proposal(.remove(LeafIndex(rawValue: leaf))))
        let bytes = LabelledContent("FramedContentTBS", content.toBeSigned(as: .publicMessage, context: []))
        let auth = FramedContentAuthData(signature: try sign(bytes.encoded))
        return .publicMessage(PublicMessage(content: content, auth: auth))
    }
}
