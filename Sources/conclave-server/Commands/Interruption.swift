import Dispatch
import Glibc

/// Tidies up when a command is stopped by a signal, and then ends as the signal wants it.
final class Interruption {
    private let sources: [any DispatchSourceSignal]

    /// - Parameter tidy: called on another thread.
    init(_ tidy: @escaping @Sendable () -> Void) {
        sources = [SIGINT, SIGTERM, SIGHUP].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                tidy()
                signal(number, SIG_DFL)
                // To the process: this thread takes no signals.
                kill(getpid(), number)
            }
            source.resume()
            return source
        }
    }

    /// From now on a signal ends the process at once.
    deinit {
        for source in sources { source.cancel() }
        for number in [SIGINT, SIGTERM, SIGHUP] { signal(number, SIG_DFL) }
    }
}
