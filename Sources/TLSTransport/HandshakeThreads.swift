import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// Threads on which a server does its handshakes, so that a storm of newcomers does not stall the talk: a full mutual
/// handshake costs over a millisecond, a delivery less than a microsecond.
package final class HandshakeThreads: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let waiting = Atomic<Int>(0)
    /// Handshake steps that may wait; what comes on top is refused at once, since it would miss its deadline.
    private let limit: Int

    /// - Parameter count: at least 1. They run at the lowest priority: with less distance to the event loops, Linux lets a step
    ///   that shares a core with a loop finish its slice of some milliseconds before the loop gets its turn.
    package init(count: Int, limit: Int = 4_096) {
        group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, count))
        self.limit = limit
        for loop in group.makeIterator() {
            loop.execute { _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 19) }
        }
    }

    /// Runs `step`, then hands its result to `done` on `eventLoop`.
    /// - Returns: `false` if too many wait already.
    func run<Result: Sendable>(
        _ step: @escaping @Sendable () -> Result, on eventLoop: any EventLoop,
        done: @escaping @Sendable (Result) -> Void
    ) -> Bool {
        guard waiting.add(1, ordering: .relaxed).newValue <= limit else {
            waiting.subtract(1, ordering: .relaxed)
            return false
        }
        group.next().execute {
            let result = step()
            self.waiting.subtract(1, ordering: .relaxed)
            eventLoop.execute { done(result) }
        }
        return true
    }

    package func shutdown() async throws {
        try await group.shutdownGracefully()
    }
}
