import ArgumentParser

/// As many messages as the server takes, with a fixed number of them under way.
struct Fanout: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Deliveries a second, and the server's processor time for a million of them.")

    @OptionGroup var target: TargetOptions
    @OptionGroup var room: RoomOptions

    @Option(help: "Messages under way, of all senders together.")
    var window = 64

    func validate() throws {
        guard window >= 1, window <= Tally.capacity else { throw ValidationError("--window is 1 to \(Tally.capacity)") }
    }

    func run() throws {
        let title =
            "Fan-out: \(room.senders) → \(room.receivers) members, \(room.bytes) bytes, \(window) messages under way; "
            + "median of \(target.rounds)"
        let name = "fanout-\(room.receivers)-\(room.senders)-\(room.bytes)"
        try target.measure(name, title) { target in
            try measure(room.room(at: target, certificates: self.target.certs), target)
        }
    }

    private func measure(_ generator: Generator, _ target: Target) throws -> [Metric] {
        try talk(generator, seconds: 0.5)
        let start = try Reading(target, generator.tally.delivered)
        try talk(generator, seconds: room.seconds)
        let end = try Reading(target, generator.tally.delivered)
        try generator.settle()
        try generator.leave()

        let deliveries = Double(end.deliveries - start.deliveries)
        let millions = deliveries / 1e6
        let seconds = Double(end.time - start.time) / 1e9
        var metrics = [Metric("deliveries", "1/s", deliveries / seconds)]
        if let before = start.server, let after = end.server {
            let used = after - before
            metrics += [
                Metric("server CPU", "s/million deliveries", used.total / millions),
                Metric("  of it in the program", "s", used.user / millions),
                Metric("  of it in the kernel", "s", used.kernel / millions),
                Metric("server busy", "%", used.total / seconds * 100),
            ]
        }
        let own = Double(end.own - start.own) / 1e9
        return metrics + [
            Metric("generator CPU", "s/million deliveries", own / millions),
            Metric("generator busy", "%", own / seconds * 100),
        ]
    }

    /// Keeps the window full for a time.
    private func talk(_ generator: Generator, seconds: Double) throws {
        let share = max(1, window / room.senders)
        let end = nanoseconds() + UInt64(seconds * 1e9)
        var stall = Stall(generator.tally.delivered)
        while true {
            let now = nanoseconds()
            guard now < end else { return }
            for sender in 0..<room.senders {
                while generator.tally.underWay(from: sender) < share { try generator.send(from: sender, due: now) }
            }
            try generator.pump(nanoseconds: 10_000_000)
            try generator.checkHealth()
            if let fault = generator.tally.fault { throw LoadError.inexact(fault) }
            try stall.check(generator.tally.delivered, now: now)
        }
    }
}

/// The counters at one moment.
private struct Reading {
    let time: UInt64
    let own: UInt64
    let server: ServerProcess.ProcessorTime?
    let deliveries: UInt64

    init(_ target: Target, _ deliveries: UInt64) throws {
        server = try target.process?.processorTime()
        own = ownProcessorTime()
        time = nanoseconds()
        self.deliveries = deliveries
    }
}

/// Notices that nothing happens any more.
struct Stall {
    private static let limit: UInt64 = 8_000_000_000
    private var count: UInt64
    private var since = nanoseconds()

    init(_ count: UInt64) {
        self.count = count
    }

    mutating func check(_ count: UInt64, now: UInt64) throws {
        if count != self.count {
            self.count = count
            since = now
        } else if now > since, now - since > Self.limit {
            throw LoadError.stalled("nothing has arrived for 8 s, after \(count)")
        }
    }
}
