import Dispatch
import Glibc

/// Signals that a client obeys.
enum Signals {
    /// Calls `action` for SIGINT, SIGTERM and SIGHUP, and ignores SIGPIPE, until it is cancelled.
    static func quit(_ action: @escaping @Sendable () -> Void) -> Subscription {
        signal(SIGPIPE, SIG_IGN)
        return Subscription([SIGINT, SIGTERM, SIGHUP], action)
    }

    /// Calls `action` when the size of the terminal changes, or the program is in the foreground again.
    static func redraw(_ action: @escaping @Sendable () -> Void) -> Subscription {
        Subscription([SIGWINCH, SIGCONT], action)
    }

    /// `@unchecked Sendable`: dispatch sources may be cancelled on any thread.
    final class Subscription: @unchecked Sendable {
        private let sources: [any DispatchSourceSignal]

        init(_ numbers: [Int32], _ action: @escaping @Sendable () -> Void) {
            sources = numbers.map { number in
                // The default of these two is not to end the process.
                if number != SIGWINCH, number != SIGCONT { signal(number, SIG_IGN) }
                let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
                source.setEventHandler(handler: action)
                source.resume()
                return source
            }
        }

        func cancel() {
            for source in sources { source.cancel() }
        }
    }
}
