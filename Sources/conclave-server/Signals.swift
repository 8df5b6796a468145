import Dispatch
import Glibc

/// Signals that the server obeys, as a stream; SIGPIPE is ignored.
enum Signals {
    enum Order: Sendable {
        case stop
        case reload
    }

    /// SIGTERM and SIGINT stop, SIGHUP reloads.
    static func orders() -> AsyncStream<Order> {
        signal(SIGPIPE, SIG_IGN)
        let (stream, continuation) = AsyncStream.makeStream(of: Order.self)
        let sources = [(SIGTERM, Order.stop), (SIGINT, .stop), (SIGHUP, .reload)].map { number, order in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { continuation.yield(order) }
            source.resume()
            return Source(source)
        }
        continuation.onTermination = { _ in
            for source in sources { source.cancel() }
        }
        return stream
    }

    /// `@unchecked Sendable`: a dispatch source may be cancelled on any thread.
    private struct Source: @unchecked Sendable {
        private let source: any DispatchSourceSignal

        init(_ source: any DispatchSourceSignal) { self.source = source }

        func cancel() { source.cancel() }
    }
}
