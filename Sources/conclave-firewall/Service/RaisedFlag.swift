import Synchronization

/// Raised on one thread, taken down on another.
final class RaisedFlag: Sendable {
    private let value = Atomic(false)

    func raise() { value.store(true, ordering: .relaxed) }

    /// Takes it down.
    /// - Returns: whether it was up.
    func take() -> Bool { value.exchange(false, ordering: .relaxed) }
}
