import Synchronization

/// What all event loops of a server share.
package final class Premises: Sendable {
    package let limits: ServerLimits
    package let online: OnlineDirectory
    package let devices: DeviceDirectory
    /// Unfinished long frames.
    package let staged: ByteBudget
    /// Logs and blobs of rooms.
    package let stored: ByteBudget

    /// The disk has no space for more: what would change anything is refused until it has.
    package var isFull: Bool {
        get { full.load(ordering: .relaxed) }
        set { full.store(newValue, ordering: .relaxed) }
    }
    private let full = Atomic<Bool>(false)

    package convenience init(limits: ServerLimits = ServerLimits()) {
        self.init(limits: limits, book: DeviceBook(limits: limits))
    }

    init(limits: ServerLimits, book: DeviceBook) {
        self.limits = limits
        online = OnlineDirectory(limits: limits)
        devices = DeviceDirectory(book)
        staged = ByteBudget(limit: limits.stagedBytes)
        stored = ByteBudget(limit: limits.roomBytes)
    }
}
