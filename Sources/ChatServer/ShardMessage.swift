package import Chat
package import ChatWire
package import NIOCore

/// What one event loop tells another. Messages between two loops keep their order.
package enum ShardMessage: Sendable {
    // To the loop that owns the room.
    /// A request about the room, to be answered exactly once.
    case ask(RoomID, SessionID, ConnectedDevice, ClientFrame)
    /// A request that was refused without the owner: it only gives the answer its turn.
    case refused(RoomID, SessionID, answer: ByteBuffer)
    /// The connection is gone.
    case gone(RoomID, SessionID, PeerIdentity)

    // To itself, when what it has changed is stored.
    /// Newcomers may hear of their welcomes.
    case welcomed([(PeerIdentity, WelcomeNotice)])
    /// Notices of these welcomes are gone.
    case unwelcomed([Digest])

    // To a loop where sessions are.
    /// The session is told of new entries from now on; `answer` tells it so.
    case enter(RoomID, SessionID, PeerIdentity, answer: ByteBuffer)
    /// It is not, and `answer` tells why.
    case keepOut(RoomID, SessionID, answer: ByteBuffer)
    /// It is told no more.
    case exit(RoomID, SessionID)
    /// A frame for all on that loop who have entered, except one.
    case publish(RoomID, frame: ByteBuffer, except: SessionID?)
    /// Another answer about a room: it comes after all that the room has said before.
    case answer(RoomID, SessionID, frame: ByteBuffer)
    /// A frame for one session that is no answer.
    case tell(SessionID, frame: ByteBuffer)
}
