import ArgumentParser
import Foundation
import Glibc

/// A steady talk, without and then with a storm of handshakes.
struct Storm: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What a storm of handshakes does to the members' latency.",
        discussion: """
            The storm comes from a second process that runs only while the processor has nothing else to do, so that it loads the \
            server and not the process that measures.
            """)

    @OptionGroup var target: TargetOptions
    @OptionGroup var room: RoomOptions

    @Option(help: "Messages a second, of all senders together.")
    var rate = 50.0

    @Option(help: "Handshakes at once.")
    var concurrency = 16

    func validate() throws {
        guard rate > 0, rate <= 100_000 else { throw ValidationError("--rate is up to 100000") }
        guard concurrency >= 1, concurrency <= 4_000 else { throw ValidationError("--concurrency is 1 to 4000") }
    }

    func run() throws {
        let title =
            "Storm of handshakes, \(concurrency) at once, beside \(Report.show(rate)) messages/s → \(room.receivers) members; "
            + "median of \(target.rounds)"
        try target.measure("storm-\(room.receivers)", title) { target in
            let generator = try room.room(at: target, certificates: self.target.certs)
            let talk = SteadyTalk(senders: room.senders, rate: rate)
            try talk.run(generator, seconds: 0.5)
            try talk.run(generator, seconds: room.seconds, isMeasured: true)
            let calm = generator.latencies
            let storm = try HandshakeStorm(
                at: target, certificates: self.target.certs, concurrency: concurrency, seconds: room.seconds)
            try talk.run(generator, seconds: 1)
            try talk.run(generator, seconds: room.seconds, isMeasured: true)
            let wild = generator.latencies
            let handshakes = try storm.finish()
            try generator.settle()
            try generator.leave()
            func microseconds(_ latencies: Histogram, _ share: Double) -> Double {
                Double(latencies.percentile(share) ?? 0) / 1e3
            }
            return [
                Metric("p50 in calm", "µs", microseconds(calm, 0.5)),
                Metric("p99 in calm", "µs", microseconds(calm, 0.99)),
                Metric("p50 in the storm", "µs", microseconds(wild, 0.5)),
                Metric("p99 in the storm", "µs", microseconds(wild, 0.99)),
                Metric("p99, storm to calm", "times", microseconds(wild, 0.99) / max(1, microseconds(calm, 0.99))),
                Metric("handshakes meanwhile", "1/s", handshakes),
            ]
        }
    }
}

/// `conclave-load handshakes` in a process of its own.
private final class HandshakeStorm {
    private let process = Process()
    private let figures: String

    init(at target: Target, certificates: String, concurrency: Int, seconds: Double) throws {
        figures = NSTemporaryDirectory() + "conclave-load-\(getpid())-\(nanoseconds()).json"
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = [
            "handshakes", "--background", "--\(target.driver.rawValue)", "\(target.port)", "--certs", certificates,
            // It blows from before to after what is measured.
            "--concurrency", "\(concurrency)", "--seconds", "\(seconds + 1)", "--json", figures,
        ]
        process.standardOutput = FileHandle.nullDevice
        do {
            try process.run()
        } catch {
            throw LoadError.setup("cannot start a second process for the handshakes: \(error)")
        }
    }

    /// Waits for its end.
    /// - Returns: handshakes a second.
    func finish() throws -> Double {
        process.waitUntilExit()
        defer { unlink(figures) }
        guard process.terminationStatus == 0, let data = FileManager.default.contents(atPath: figures) else {
            throw LoadError.connection("the storm of handshakes failed with exit code \(process.terminationStatus)")
        }
        let figure = try JSONDecoder().decode(Figure.self, from: data)
        return figure.lines.first { $0.metric == "handshakes" }?.values.values.first?.first ?? 0
    }

    private struct Figure: Decodable {
        struct Line: Decodable {
            var metric: String
            var values: [String: [Double]]
        }
        var lines: [Line]
    }
}
