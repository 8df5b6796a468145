import ArgumentParser
import Glibc

/// Messages that are acknowledged once they are on the disk.
struct Durable: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Messages accepted a second, and the time until a message is acknowledged, beside one fsync of the same disk.",
        discussion: """
            First all senders send at once, each so many messages ahead of its acknowledgements as --window says. Then one sender \
            alone sends a message at a time, in turn with the probe of the disk: 4 KiB appended and brought to the disk by fdatasync.
            """)

    @OptionGroup var target: TargetOptions
    @OptionGroup var crowd: CrowdOptions

    @Option(help: "Messages of each sender without an acknowledgement; may be given several times. (default: 1, 4, 16)")
    var window: [Int] = []

    @Option(help: "Seconds to measure each window, after half a second to warm up.")
    var seconds = 5.0

    @Option(help: "Messages one at a time, and as many probes of the disk; 0: none.")
    var idle = 500

    @Option(help: ArgumentHelp("A folder on the server's disk, for the probe.", valueName: "folder"))
    var disk = "."

    private var windows: [Int] { window.isEmpty ? [1, 4, 16] : window }

    func validate() throws {
        guard seconds >= 0.1, seconds <= 600 else { throw ValidationError("--seconds is 0.1 to 600") }
        guard idle >= 0, idle <= 100_000 else { throw ValidationError("--idle is 0 to 100000") }
        guard windows.allSatisfy({ $0 >= 1 && $0 <= 1_024 }) else { throw ValidationError("--window is 1 to 1024") }
    }

    func run() throws {
        let title = "Durable: \(crowd.words); median of \(target.rounds)"
        try target.measure("durable-\(crowd.senders)-\(crowd.bytes)\(crowd.away ? "-away" : "")", title) { target in
            let generator = try crowd.generator(at: target, certificates: self.target.certs)
            var metrics = [Metric("load average at the start", "", Machine.loadAverage)]
            for window in windows { metrics += try measure(generator, target, window: window) }
            // Only now: a server's log has the length that it will have, and an fsync of blocks that a file has takes less than one of new ones.
            if idle > 0 { metrics += try measureIdle(generator) }
            try generator.leave()
            return metrics
        }
    }

    // MARK: One at a time

    private func measureIdle(_ generator: Generator) throws -> [Metric] {
        let probe = try FsyncProbe(folder: disk)
        generator.acceptanceTimes.clear()
        generator.measuredFrom = 0
        for _ in 0..<idle {
            try generator.rest(milliseconds: 2)
            try generator.send(from: 0, due: nanoseconds())
            try generator.awaitAcceptances()
            // What is still on its way to listeners does not disturb the probe.
            try generator.rest(milliseconds: 2)
            try probe.append()
        }
        try generator.settle()
        func microseconds(_ times: Histogram, _ share: Double) -> Double { Double(times.percentile(share) ?? 0) / 1e3 }
        let times = generator.acceptanceTimes
        let fsync = max(0.001, microseconds(probe.times, 0.5))
        return [
            Metric("one fsync, p50", "µs", fsync),
            Metric("  p99", "µs", microseconds(probe.times, 0.99)),
            Metric("idle: until acknowledged, p50", "µs", microseconds(times, 0.5)),
            Metric("idle: p99", "µs", microseconds(times, 0.99)),
            Metric("idle: p50", "fsyncs at p50", microseconds(times, 0.5) / fsync),
            Metric("idle: p99", "fsyncs at p50", microseconds(times, 0.99) / fsync),
            Metric(
                "idle: p99", "fsyncs at p99",
                microseconds(times, 0.99) / max(0.001, microseconds(probe.times, 0.99))),
        ]
    }

    // MARK: All at once

    private func measure(_ generator: Generator, _ target: Target, window: Int) throws -> [Metric] {
        let talk = WindowedTalk(senders: crowd.senders, window: window)
        try talk.run(generator, seconds: 0.5)
        generator.acceptanceTimes.clear()
        generator.measuredFrom = nanoseconds()
        let start = try Usage(target, generator)
        try talk.run(generator, seconds: seconds)
        let end = try Usage(target, generator)
        generator.measuredFrom = .max
        try generator.settle()

        let name = "\(window) under way each:"
        let times = generator.acceptanceTimes
        func milliseconds(_ share: Double) -> Double { Double(times.percentile(share) ?? 0) / 1e6 }
        return [
            Metric("\(name) accepted", "1/s", Double(end.accepted - start.accepted) / start.seconds(until: end)),
            Metric("\(name) until acknowledged, p50", "ms", milliseconds(0.5)),
            Metric("\(name) p99", "ms", milliseconds(0.99)),
            Metric("\(name) worst", "ms", Double(times.largest) / 1e6),
        ] + start.costs(until: end).map { Metric("\(name) \($0.name)", $0.unit, $0.value) }
    }
}

/// Who speaks where, for measurements in which acknowledgements count.
struct CrowdOptions: ParsableArguments {
    @Option(help: "Senders, each a connection and a device of its own.")
    var senders = 64

    @Option(help: "Rooms among which the senders are spread. (default: as many as senders)")
    var rooms: Int?

    @Option(help: "Members of each room that only listen.")
    var listeners = 1

    @Flag(help: "The listeners go away before the first message; what is said is kept for them.")
    var away = false

    @Option(help: "Bytes of a message, 32 to 65000.")
    var bytes = 200

    func validate() throws {
        guard senders >= 1, senders <= 1_000, listeners >= 0, listeners <= 1_000 else {
            throw ValidationError("--senders is 1 to 1000, --listeners 0 to 1000")
        }
        guard roomCount >= 1, senders.isMultiple(of: roomCount) else {
            throw ValidationError("--rooms is a number by which that of the senders, \(senders), can be divided")
        }
        guard !away || roomCount == senders else { throw ValidationError("--away needs a room for each sender") }
        guard bytes >= Stamp.byteCount, bytes <= 65_000 else {
            throw ValidationError("--bytes is \(Stamp.byteCount) to 65000")
        }
    }

    private var roomCount: Int { rooms ?? senders }

    var words: String {
        let each = listeners == 1 ? "1 listener" : "\(listeners) listeners"
        return "\(senders) senders in \(roomCount) rooms, \(each) in each\(away ? ", away" : ""), \(bytes) bytes"
    }

    /// A generator whose connections are the members.
    func generator(at target: Target, certificates: String) throws -> Generator {
        let generator = try Generator(target, certificates: certificates, goal: .room)
        try generator.take(Seats(senders: senders, listeners: listeners, rooms: roomCount))
        try generator.prepareMessages(size: bytes, countsAcceptances: true)
        if away { try generator.dismissListeners() }
        try generator.rest(milliseconds: 300)
        return generator
    }
}
