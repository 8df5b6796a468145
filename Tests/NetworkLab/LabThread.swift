import Glibc
import Synchronization

/// A thread of its own: what waits in the kernel, or steps into a namespace, must not hold a thread of Swift's pool.
package final class LabThread<Answer: Sendable>: Sendable {
    private struct State {
        var answer: Answer?
        var waiter: CheckedContinuation<Answer, Never>?
    }

    private let state = Mutex(State())

    private init() {}

    /// `nil` if the system has no thread left.
    package static func start(_ body: @escaping @Sendable () -> Answer) -> LabThread? {
        let thread = LabThread()
        let box = Unmanaged.passRetained(ThreadBody { thread.finish(body()) })
        var identifier = pthread_t()
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        let code = pthread_create(
            &identifier, &attributes,
            { argument in
                guard let argument else { return nil }
                Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            }, box.toOpaque())
        guard code == 0 else {
            box.release()
            return nil
        }
        return thread
    }

    private func finish(_ answer: Answer) {
        let waiter = state.withLock { state in
            state.answer = answer
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: answer)
    }

    /// Blocks until it has ended.
    package func wait() -> Answer {
        while true {
            if let answer = state.withLock({ $0.answer }) { return answer }
            usleep(200)
        }
    }

    /// Suspends until it has ended. One waiter only.
    package var value: Answer {
        get async {
            await withCheckedContinuation { waiter in
                let answer = state.withLock { state in
                    if state.answer == nil { state.waiter = waiter }
                    return state.answer
                }
                if let answer { waiter.resume(returning: answer) }
            }
        }
    }
}

private final class ThreadBody: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}
