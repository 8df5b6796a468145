package import Chat
package import ChatWire

/// What a person should hear about.
package enum ClientEvent: Hashable, Sendable {
    case connected(Greeting)
    /// The connection ended; it is tried again after so many milliseconds, or not.
    case disconnected(String, retryIn: Int?)
    case joined(RoomName)
    case left(RoomName)
    case message(ReceivedMessage)
    /// Our own message has its place. A direct one has no sequence number.
    case sent(to: Destination, MessageContent, sequence: UInt64?, Timestamp)
    /// Our own message did not go out, and why.
    case notSent(to: Destination, MessageContent, String)
    case memberJoined(RoomName, PeerIdentity)
    case memberLeft(RoomName, PeerIdentity, lost: Bool)
    case members(RoomName, [PeerIdentity])
    case online([PeerIdentity])
    case help
    /// A request failed, or a line was not understood.
    case failure(String)
    case notice(String)
}

/// Where a message goes.
package enum Destination: Hashable, Sendable, CustomStringConvertible {
    case room(RoomName)
    case user(UserName)

    package var description: String {
        switch self {
        case .room(let name): name.description
        case .user(let name): "@\(name)"
        }
    }
}

/// A message from somebody else, or from another device of ours.
package struct ReceivedMessage: Hashable, Sendable {
    package var destination: Destination
    package var sender: PeerIdentity
    package var time: Timestamp
    /// Its number in its room; `nil` for a direct one.
    package var sequence: UInt64?
    package var content: Result<MessageContent, ContentError>
}
