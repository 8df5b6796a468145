package import Chat
package import ChatWire

/// What a person should hear about.
package enum ClientEvent: Hashable, Sendable {
    case connected(Greeting)
    /// The connection ended; it is tried again after so many milliseconds, or not.
    case disconnected(String, retryIn: Int?)
    /// The room can be talked in from now on.
    case opened(RoomLabel)
    /// It cannot any more: left, or removed.
    case closed(RoomLabel, Room.Phase)
    case rejoining(RoomLabel, String)
    /// Everything that the server has of it was read.
    case caughtUp(RoomLabel)
    /// Something was said, or has changed.
    case message(RoomLabel, StoredMessage)
    /// Our own message has its place.
    case sent(RoomLabel, StoredMessage)
    /// Our own message is kept, and goes out when it can.
    case waiting(RoomLabel, token: UInt64, MessageBody, String)
    /// Our own message did not go out, and why.
    case notSent(RoomLabel, MessageBody, String)
    case receipt(RoomLabel, UserName, upTo: UInt64, isRead: Bool)
    case typing(RoomLabel, UserName)
    case finding(RoomLabel, Finding)
    case members(RoomLabel, [RoomMember])
    case online([PeerIdentity])
    case rooms([RoomSummary])
    case devices([DeviceReport])
    /// 6 × 5 digits, equal on all members' screens.
    case code(RoomLabel, RoomCode, Shield)
    case shield(RoomLabel, Shield)
    case history(RoomLabel, [StoredMessage])
    case found(RoomLabel, [HistorySearch.Hit], isComplete: Bool)
    /// A device of our own user has shown itself for the first time.
    case newDevice(PeerIdentity)
    case help(String?)
    /// A request failed, or a line was not understood.
    case failure(String)
    case notice(String)
}

/// A room, as people know it.
package struct RoomLabel: Hashable, Sendable {
    package var id: RoomID
    package var title: String
    package var policy: RoomPolicy
}

/// A room in a list.
package struct RoomSummary: Hashable, Sendable {
    package var label: RoomLabel
    package var phase: Room.Phase
    package var topic: RoomTopic
    package var memberCount: Int
    package var epoch: UInt64?
    package var shield: Shield
}

/// What is known of a device.
package struct DeviceReport: Hashable, Sendable {
    package var device: KnownDevice
    /// Rooms that it is in, by their titles.
    package var rooms: [String]
    package var isThisOne: Bool
}
