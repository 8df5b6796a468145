import Chat
import MLSWire

/// What belongs in a place of a frame or of a room's log.
enum PayloadRole: Hashable, Sendable {
    /// A PrivateMessage with content of one of these types.
    case privateMessage(Set<MLSContentType>)
    /// A PrivateMessage with a commit, or the public commit of a device that joins by itself.
    case commit
    case welcome
    case keyPackage
    case groupInfo
    /// The server's public proposal to remove a device.
    case removalRequest
    /// A room's policy, as its founding has it.
    case policy
    /// The number of a commit that is set aside.
    case number
    /// Something that was too large for its frame, and that no frame in the capture has announced.
    case large

    var words: String {
        switch self {
        case .privateMessage(let types):
            "an MLS PrivateMessage with "
                + types.sorted { $0.rawValue < $1.rawValue }.map { "\($0)" }.joined(separator: " or ")
        case .commit: "an MLS commit"
        case .welcome: "an MLS Welcome"
        case .keyPackage: "an MLS KeyPackage"
        case .groupInfo: "an MLS GroupInfo"
        case .removalRequest: "the server's MLS proposal to remove a device"
        case .policy: "a room's policy"
        case .number: "a number of eight bytes"
        case .large: "a Welcome, a GroupInfo, a PrivateMessage or a newcomer's commit of MLS"
        }
    }
}

/// The room, and if it is told the epoch, that a payload must be of.
struct PayloadPlace: Hashable, Sendable {
    var room: RoomID?
    var epoch: UInt64?
}
