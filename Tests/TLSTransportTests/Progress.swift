import Synchronization

/// How far something is that runs elsewhere.
final class Progress: Sendable {
    private let value = Atomic<Int>(0)

    var count: Int { value.load(ordering: .relaxed) }

    func add(_ more: Int) { value.add(more, ordering: .relaxed) }
}
