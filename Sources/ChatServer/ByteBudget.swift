import Synchronization

/// Bytes of one kind that all event loops keep together, and how many they may.
package final class ByteBudget: Sendable {
    private let limit: Int
    private let spent = Atomic<Int>(0)

    init(limit: Int) {
        self.limit = limit
    }

    package var used: Int { spent.load(ordering: .relaxed) }

    /// Whether so many more bytes are too many.
    func isExceeded(by more: Int) -> Bool { used + more > limit }

    /// - Parameter change: of how much is kept; negative when something was let go.
    func add(_ change: Int) {
        if change != 0 { spent.add(change, ordering: .relaxed) }
    }
}
