import ArgumentParser

/// A moderate, steady talk, whatever the server does.
struct Latency: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Time from when a message was due to each delivery, at a steady rate.")

    @OptionGroup var target: TargetOptions
    @OptionGroup var room: RoomOptions

    @Option(help: "Messages a second, of all senders together.")
    var rate = 100.0

    func validate() throws {
        guard rate > 0, rate <= 100_000 else { throw ValidationError("--rate is up to 100000") }
    }

    func run() throws {
        let title =
            "Latency: \(Report.show(rate)) messages/s → \(room.receivers) members, \(room.bytes) bytes; "
            + "median of \(target.rounds)"
        try target.measure("latency-\(room.receivers)-\(room.bytes)", title) { target in
            let generator = try room.room(at: target, certificates: self.target.certs)
            let talk = SteadyTalk(senders: room.senders, rate: rate)
            try talk.run(generator, seconds: 0.5)
            let before = try target.process?.processorTime()
            try talk.run(generator, seconds: room.seconds, isMeasured: true)
            let after = try target.process?.processorTime()
            try generator.settle()
            try generator.leave()
            var metrics = SteadyTalk.metrics(generator.latencies)
            if let before, let after {
                metrics.append(Metric("server busy", "%", (after - before).total / room.seconds * 100))
            }
            return metrics
        }
    }
}

/// Messages at even intervals. A late one counts from when it was due: else a server that stalls would look good.
struct SteadyTalk {
    let senders: Int
    /// Messages a second.
    let rate: Double

    func run(_ generator: Generator, seconds: Double, isMeasured: Bool = false) throws {
        let start = nanoseconds()
        let count = Int(seconds * rate)
        if isMeasured {
            generator.latencies.clear()
            generator.measuredFrom = start
        }
        for number in 0..<count {
            let due = start + UInt64(Double(number) / rate * 1e9)
            while true {
                let now = nanoseconds()
                guard now < due else { break }
                try generator.pump(nanoseconds: min(due - now, 10_000_000))
            }
            try generator.checkHealth()
            try generator.send(from: number % senders, due: due)
        }
        try generator.run(seconds: 1 / rate)
    }

    static func metrics(_ latencies: Histogram) -> [Metric] {
        func microseconds(_ share: Double) -> Double { Double(latencies.percentile(share) ?? 0) / 1e3 }
        return [
            Metric("p50", "µs", microseconds(0.5)),
            Metric("p99", "µs", microseconds(0.99)),
            Metric("p99.9", "µs", microseconds(0.999)),
            Metric("worst", "µs", Double(latencies.largest) / 1e3),
            Metric("deliveries measured", "", Double(latencies.count)),
        ]
    }
}
