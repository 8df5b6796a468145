import Chat
import ChatWire

/// Looks for the last place at which the server's log is the one that this device has followed.
struct ForkSearch {
    enum Result {
        /// Up to here they are one, and not further.
        case fork(UInt64)
        /// They part before the place where the comparison began.
        case earlier
    }

    /// What the server said when the room was entered.
    let status: RoomStatus
    /// Whether that cannot be so, if the log is the known one; otherwise this is only a look.
    let isSuspected: Bool
    /// What the server had confirmed to be stored here, and has forgotten.
    let forgotten: UInt64?
    /// Where the comparison began, and how far all was equal.
    var start: UInt64
    var place: UInt64
    var step: UInt64 = 4
    var reads = 0
    var result: Result?
    /// Where they may part at the first place that is known here: the server's log from there on, by its own entries.
    var followed: (place: UInt64, chain: Digest)?

    /// No search takes more: each reaches four times as far back, or a page on.
    static let mostReads = 64

    init(_ status: RoomStatus, from start: UInt64, isSuspected: Bool, forgotten: UInt64?) {
        self.status = status
        self.isSuspected = isSuspected
        self.forgotten = forgotten
        self.start = start
        place = start
    }
}
