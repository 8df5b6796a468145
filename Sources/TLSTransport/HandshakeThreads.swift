import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// Threads on which a server does its handshakes, so that a storm of newcomers does not stall the talk: a full mutual
/// handshake costs over a millisecond, a delivery less than a microsecond.
package final class HandshakeThreads: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let queue = Mutex(Queue())
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

    /// Steps that wait, those of known addresses apart: a storm of strangers must not make them wait for their turn.
    private struct Queue {
        var known = CircularBuffer<@Sendable () -> Void>()
        var strangers = CircularBuffer<@Sendable () -> Void>()
        /// Steps that wait or run.
        var count = 0
        /// Steps of known addresses since the last of a stranger.
        var favours = 0

        /// Of four, one is a stranger's, where one waits.
        mutating func next() -> (@Sendable () -> Void)? {
            if favours >= 3 || known.isEmpty, let step = strangers.popFirst() {
                favours = 0
                return step
            }
            favours += 1
            return known.popFirst() ?? strangers.popFirst()
        }
    }

    /// Runs `step`, then hands its result to `done` on `eventLoop`.
    /// - Parameter isKnown: it goes before those that are not.
    /// - Returns: `false` if too many wait already.
    func run<Result: Sendable>(
        isKnown: Bool = false, _ step: @escaping @Sendable () -> Result, on eventLoop: any EventLoop,
        done: @escaping @Sendable (Result) -> Void
    ) -> Bool {
        let work: @Sendable () -> Void = {
            let result = step()
            self.queue.withLock { $0.count -= 1 }
            eventLoop.execute { done(result) }
        }
        let isAccepted = queue.withLock { queue in
            guard queue.count < limit else { return false }
            queue.count += 1
            if isKnown { queue.known.append(work) } else { queue.strangers.append(work) }
            return true
        }
        guard isAccepted else { return false }
        // As many turns as steps, so that none is left behind.
        group.next().execute {
            let next = self.queue.withLock { $0.next() }
            next?()
        }
        return true
    }

    package func shutdown() async throws {
        try await group.shutdownGracefully()
    }
}
