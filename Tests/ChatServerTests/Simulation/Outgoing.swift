import Chat
import ChatWire
import NIOCore

/// What a device wants in a room's log: it is sent again, the same bytes under the same token, until it is answered.
struct Outgoing {
    enum Kind {
        case create, message, proposal, commit, join, leave, readd
    }

    var kind: Kind
    var room: RoomID
    var token: UInt64
    var frame: (RequestID) -> ClientFrame
    /// The connection on which it was sent and may be answered yet.
    var session: ObjectIdentifier?
    /// On how many connections it was sent.
    var attempts = 0
}

/// Payloads of the right form, each with its token at the end.
struct Payloads {
    private var templates: [UInt64: ByteBuffer] = [:]

    enum Kind: UInt64 {
        case message, proposal, commit, largeCommit
    }

    mutating func payload(_ kind: Kind, in room: RoomID, epoch: UInt64, token: UInt64) -> ByteBuffer {
        let key = kind.rawValue << 60 | room.low << 48 | epoch
        var payload = templates[key] ?? Self.make(kind, room, epoch)
        templates[key] = payload
        payload.setInteger(token, at: payload.writerIndex - 8)
        return payload
    }

    /// The token that a payload was made with.
    static func token(of payload: ByteBuffer) -> UInt64? { payload.getInteger(at: payload.writerIndex - 8) }

    private static func make(_ kind: Kind, _ room: RoomID, _ epoch: UInt64) -> ByteBuffer {
        switch kind {
        case .message: Forge.message(in: room, epoch: epoch, "12345678")
        case .proposal: Forge.privateMessage(in: room, epoch: epoch, .proposal, [1, 2, 3, 4, 5, 6, 7, 8])
        case .commit: Forge.commit(in: room, epoch: epoch, size: 16)
        case .largeCommit: Forge.commit(in: room, epoch: epoch, size: 66_000)
        }
    }
}
