import Synchronization

/// In which order things happened.
final class Order: Sendable {
    private let state = Mutex<[Int]>([])

    var names: [Int] { state.withLock { $0 } }

    func add(_ name: Int) { state.withLock { $0.append(name) } }
}

/// Something that becomes true, once.
final class Flag: Sendable {
    private let value = Atomic<Bool>(false)

    var isSet: Bool { value.load(ordering: .relaxed) }

    func set() { value.store(true, ordering: .relaxed) }
}
