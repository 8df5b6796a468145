package import Chat

/// What a room tells its session: for people, or for the session itself.
package enum RoomEvent: Hashable, Sendable {
    case phase(Room.Phase)
    /// A place of the log, as it is kept.
    case message(StoredMessage)
    /// Our own message waits to be sent.
    case waiting(token: UInt64, MessageBody)
    /// Our own message has its place.
    case sent(StoredMessage)
    case notSent(token: UInt64, MessageBody, String, isRetried: Bool)
    case receipt(UserName, upTo: UInt64, isRead: Bool)
    case typing(UserName)
    /// Everything that the server has was read.
    case caughtUp
    /// Something was found that an honest server or member does not do.
    case finding(Finding)
    /// A newcomer has learned what the room is called.
    case named(RoomName, before: String)
    /// Somebody has no device that could be added.
    case nobodyToAdd(UserName, waits: Bool)
    /// The talk was founded by the other side, which adds this device.
    case waitingToBeAdded
    case rejoinGivenUp(String)
    case failure(String)
    case notice(String)
    /// For the session: a fresh key package is needed, to be added anew by.
    case needsPackage
    /// For the session: the key package of last resort was used, and is to be replaced.
    case lastResortUsed
    /// For the session: this welcome was used, or is of no use.
    case welcomeTaken(UInt64)
}
