import ArgumentParser
import CLinux
import Glibc

/// Connect, full mutual handshake, greeting, close_notify both ways, and again.
struct Handshakes: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Full mutual TLS handshakes a second, and the server's processor time for each.")

    @OptionGroup var target: TargetOptions

    @Option(help: "Handshakes at once.")
    var concurrency = 16

    @Option(help: "Seconds to measure, after half a second to warm up.")
    var seconds = 3.0

    @Flag(help: "Run only when the processor has nothing else to do, and end with the process that started this one.")
    var background = false

    func validate() throws {
        guard concurrency >= 1, concurrency <= 4_000 else { throw ValidationError("--concurrency is 1 to 4000") }
        guard seconds >= 0.1, seconds <= 600 else { throw ValidationError("--seconds is 0.1 to 600") }
    }

    func run() throws {
        if background { Self.stepBack() }
        let title = "Handshakes: \(concurrency) at once; median of \(target.rounds)"
        try target.measure("handshakes-\(concurrency)", title) { target in
            let generator = try Generator(target, certificates: self.target.certs, goal: .greeting)
            try shake(generator, seconds: 0.5)
            let (start, own, before) = (nanoseconds(), ownProcessorTime(), try target.process?.processorTime())
            let reached = generator.reached
            try shake(generator, seconds: seconds)
            let (end, ownEnd, after) = (nanoseconds(), ownProcessorTime(), try target.process?.processorTime())
            let count = Double(max(1, generator.reached - reached))
            try generator.leave()
            let elapsed = Double(end - start) / 1e9
            var metrics = [Metric("handshakes", "1/s", count / elapsed)]
            if let before, let after {
                let used = after - before
                metrics += [
                    Metric("server CPU", "ms/handshake", used.total / count * 1e3),
                    Metric("  of it in the kernel", "ms", used.kernel / count * 1e3),
                    Metric("server busy", "%", used.total / elapsed * 100),
                ]
            }
            return metrics + [Metric("generator CPU", "ms/handshake", Double(ownEnd - own) / 1e6 / count)]
        }
    }

    private func shake(_ generator: Generator, seconds: Double) throws {
        let end = nanoseconds() + UInt64(seconds * 1e9)
        var stall = Stall(UInt64(generator.reached))
        while nanoseconds() < end {
            try generator.refill(concurrency)
            try generator.pump(nanoseconds: 10_000_000)
            try generator.checkHealth()
            try stall.check(UInt64(generator.reached), now: nanoseconds())
        }
    }

    /// The storm must load the server, not the process that measures beside it.
    private static func stepBack() {
        _ = conclave_end_with_parent()
        var parameters = sched_param(sched_priority: 0)
        // SCHED_IDLE (sched(7)): Swift's Glibc lacks the name.
        sched_setscheduler(0, 5, &parameters)
    }
}
