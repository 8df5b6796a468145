import Synchronization

/// What all event loops of a server share.
package final class Premises: Sendable {
    package let limits: ServerLimits
    package let online: OnlineDirectory
    package let devices: DeviceDirectory
    package let users: UserQuotas
    /// Unfinished long frames.
    package let staged: ByteBudget
    /// Logs and payloads of rooms, on the disk.
    package let stored: ByteBudget
    /// What of them is in memory.
    package let held: ByteBudget

    /// How old what is stored has become.
    package let age: AgeClock
    private let nextRoom: Atomic<UInt32>

    /// The disk has no space for more: what would change anything is refused until it has.
    package var isFull: Bool {
        get { full.load(ordering: .relaxed) }
        set { full.store(newValue, ordering: .relaxed) }
    }
    private let full = Atomic<Bool>(false)

    package convenience init(limits: ServerLimits = ServerLimits()) {
        self.init(limits: limits, book: DeviceBook(limits: limits), age: AgeClock(), nextRoom: 1)
    }

    init(limits: ServerLimits, book: DeviceBook, age: AgeClock, nextRoom: UInt32) {
        self.limits = limits
        self.age = age
        self.nextRoom = Atomic(nextRoom)
        online = OnlineDirectory(limits: limits)
        devices = DeviceDirectory(book)
        users = UserQuotas(limits: limits)
        staged = ByteBudget(limit: limits.stagedBytes)
        stored = ByteBudget(limit: limits.roomBytes)
        held = ByteBudget(limit: limits.heldBytes)
    }

    /// A number for a room that no other has or had; `nil` if there is none left.
    func takeRoomNumber() -> UInt32? {
        let number = nextRoom.add(1, ordering: .relaxed).oldValue
        return number < Self.roomNumberLimit ? number : nil
    }

    /// The number that the next room gets.
    var nextRoomNumber: UInt32 { nextRoom.load(ordering: .relaxed) }

    /// Numbers of rooms are below it: with that of an entry they make 63 bits.
    package static let roomNumberLimit: UInt32 = 1 << 23
}
