package import Chat
package import ChatWire
package import NIOCore

/// What one event loop tells another. Messages between two loops keep their order.
package enum ShardMessage: Sendable {
    // To the loop that owns the room.
    case join(RoomID, SessionID, PeerIdentity, RequestID)
    case leave(RoomID, SessionID, PeerIdentity, Departure)
    case send(RoomID, SessionID, PeerIdentity, RequestID, payload: ByteBuffer)
    case listMembers(RoomID, SessionID, RequestID, after: PeerIdentity?)
    /// A request that was refused without the owner: it only gives the answer its turn.
    case refused(RoomID, SessionID, answer: ByteBuffer)

    // To a loop where members are.
    /// The session is in the room; `answer` tells it so.
    case enter(RoomID, SessionID, PeerIdentity, answer: ByteBuffer)
    /// It is not, and `answer` tells why.
    case keepOut(RoomID, SessionID, answer: ByteBuffer)
    /// It has left.
    case exit(RoomID, SessionID, answer: ByteBuffer)
    /// A frame for all members on that loop, except one.
    case publish(RoomID, frame: ByteBuffer, except: SessionID?)
    /// Another answer about a room: it comes after all that the room has said before.
    case answer(RoomID, SessionID, frame: ByteBuffer)
    /// A frame for one session that is no answer.
    case tell(SessionID, frame: ByteBuffer)
}

/// How a session leaves a room.
package enum Departure: Hashable, Sendable {
    case asked(RequestID)
    /// It said goodbye to the server, or the server to it.
    case closed
    /// Its connection broke off.
    case lost
}
