import ChatServer
import Foundation
import ServerStore

/// Reads for the event loops what is not in memory, on a thread of its own, one after another.
///
/// `@unchecked Sendable`: what changes is only touched under `condition`.
final class StoreReader: @unchecked Sendable {
    private let reader: ServerReader
    private let condition = NSCondition()
    private var queue: [(load: StoreLoad, done: @Sendable (StoreLoaded) -> Void)] = []
    private var isClosing = false
    private var isClosed = false

    init(_ reader: ServerReader) {
        self.reader = reader
        let thread = Thread { self.run() }
        thread.name = "reader"
        thread.start()
    }

    /// Sessions may only have so many requests under way: that is how the queue is bounded.
    /// - Parameter done: called on another thread.
    func read(_ load: StoreLoad, _ done: @escaping @Sendable (StoreLoaded) -> Void) {
        condition.withLock {
            queue.append((load, done))
            condition.broadcast()
        }
    }

    /// Reads what was asked for, and ends.
    func close() {
        condition.lock()
        defer { condition.unlock() }
        isClosing = true
        condition.broadcast()
        while !isClosed { condition.wait() }
    }

    private func run() {
        while let batch = next() {
            for (load, done) in batch { done(reader.read(load)) }
        }
        reader.close()
        condition.withLock {
            isClosed = true
            condition.broadcast()
        }
    }

    private func next() -> [(load: StoreLoad, done: @Sendable (StoreLoaded) -> Void)]? {
        condition.withLock {
            while queue.isEmpty {
                if isClosing { return nil }
                condition.wait()
            }
            defer { queue = [] }
            return queue
        }
    }
}
