import ArgumentParser
import Dispatch
import Glibc
import PacketCapture
import Synchronization
import TLSMonitor

/// Captures until somebody or something ends it.
final class LiveSource {
    private let options: LiveOptions
    private let filter: String
    private let capture: LiveCapture
    private let writer: CaptureWriter?
    /// Of the file that was written, if one was.
    private(set) var digests: [CaptureDigest] = []

    /// Opens everything that needs rights, then gives them up.
    /// - Throws: ``CaptureError``, or a usage error.
    init(_ options: LiveOptions, filter: String) throws {
        guard let interface = options.interface else {
            throw ValidationError("name an interface with -i; tlsmon list shows them")
        }
        self.options = options
        self.filter = filter
        capture = try LiveCapture(interface: interface, filter: filter)
        let link = capture.link
        writer = try options.write.map { (path) throws(CaptureError) in try CaptureWriter(path: path, link: link) }
        try Privileges.drop()
    }

    /// - Parameter tell: called whenever packets have come.
    /// - Throws: ``CaptureError``.
    func run(into monitor: TrafficMonitor, _ tell: () -> Void) throws(CaptureError) -> CaptureFacts {
        let stop = StopSignal()
        let what = filter.isEmpty ? "" : " (\(filter))"
        complain("capturing on \(capture.interface)\(what); Ctrl-C ends it")
        let end = options.duration.map { ContinuousClock.now + .seconds($0) }
        var left = options.packets ?? .max
        func take() throws(CaptureError) {
            // Not more at once: under a flood the end must be noticed, too.
            try capture.wait(milliseconds: 50, limit: min(left, 4_096)) { packet, bytes in
                left -= 1
                writer?.write(packet, bytes)
                monitor.receive(packet, bytes)
            }
            tell()
        }
        while !stop.isSet, left > 0, end.map({ ContinuousClock.now < $0 }) ?? true { try take() }
        // What the kernel has captured by now is still on its way through its buffer.
        let last = ContinuousClock.now + .seconds(1)
        var quiet = 0
        while quiet < 4, left > 0, ContinuousClock.now < last {
            let before = left
            try take()
            quiet += left == before ? 1 : 0
        }
        if let writer, let path = options.write {
            digests = [CaptureDigest(file: path, sha256: try writer.finish())]
        }
        return CaptureFacts(drops: capture.drops)
    }
}

/// Whether SIGINT or SIGTERM has come.
final class StopSignal {
    private static let wasRaised = Atomic<Bool>(false)
    private let sources: [any DispatchSourceSignal]

    init() {
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { Self.wasRaised.store(true, ordering: .relaxed) }
            source.resume()
            return source
        }
    }

    var isSet: Bool { Self.wasRaised.load(ordering: .relaxed) }
}
