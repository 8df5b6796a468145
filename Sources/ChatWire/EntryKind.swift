/// What an entry of a room's log is.
package enum EntryKind: UInt8, Hashable, Sendable {
    /// The room's founding: always number 1. Payload: a ``RoomPolicy``.
    case created = 1
    /// An encrypted message: MLS PrivateMessage with application data.
    case message = 2
    /// A member's proposal: MLS PrivateMessage.
    case proposal = 3
    /// A commit: MLS PrivateMessage, or PublicMessage of a device that joins by itself.
    case commit = 4
    /// The server's proposal to remove a device whose certificate was revoked: MLS PublicMessage of an external sender.
    case removalRequest = 5
    /// A member that lost the thread asks to be added anew. Payload: an MLS KeyPackage.
    case readdRequest = 6
    /// A member has left. Payload: its MLS PrivateMessage that proposes its own removal, for others to commit; or nothing.
    case leave = 7
    /// A commit that most members could not accept is set aside. Payload: its number, 8 bytes.
    case voided = 8
}
