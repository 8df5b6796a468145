import Glibc

/// Every sender has as many messages without an acknowledgement as it may have, all the time.
struct WindowedTalk {
    let senders: Int
    let window: Int

    func run(_ generator: Generator, seconds: Double) throws {
        let end = nanoseconds() + UInt64(seconds * 1e9)
        try run(generator) { nanoseconds() < end }
    }

    /// - Parameter goesOn: asked again and again.
    func run(_ generator: Generator, while goesOn: () throws -> Bool) throws {
        var stall = Stall(0)
        while try goesOn() {
            let now = nanoseconds()
            for sender in 0..<senders {
                while generator.messagesUnacknowledged(of: sender) < window {
                    try generator.send(from: sender, due: now)
                }
            }
            try generator.pump(nanoseconds: 10_000_000)
            try generator.checkHealth()
            if let fault = generator.fault { throw LoadError.inexact(fault) }
            try stall.check(generator.acceptances?.accepted ?? 0, now: now)
        }
    }
}

extension Generator {
    /// What has gone wrong up to now.
    var fault: String? { tally.fault ?? acceptances?.fault }

    func messagesUnacknowledged(of sender: Int) -> Int { acceptances?.underWay(from: sender) ?? 0 }

    /// Waits until everything that was sent is acknowledged.
    func awaitAcceptances() throws {
        let deadline = nanoseconds() + 8_000_000_000
        while !(acceptances?.isComplete ?? true) {
            try pump(nanoseconds: 10_000_000)
            try checkHealth()
            if let fault { throw LoadError.inexact(fault) }
            guard nanoseconds() < deadline else { throw LoadError.stalled("nothing was acknowledged for 8 s") }
        }
    }

    /// Handles what happens within a time, and nothing longer.
    func rest(milliseconds: UInt64) throws {
        let end = nanoseconds() + milliseconds * 1_000_000
        while true {
            let now = nanoseconds()
            guard now < end else { return }
            try pump(nanoseconds: end - now)
        }
    }
}

/// What was used up to a moment.
struct Usage {
    private let time: UInt64
    private let own: UInt64
    private let server: ServerProcess.ProcessorTime?
    let accepted: UInt64

    init(_ target: Target, _ generator: Generator) throws {
        server = try target.process?.processorTime()
        own = ownProcessorTime()
        time = nanoseconds()
        accepted = generator.acceptances?.accepted ?? 0
    }

    func seconds(until end: Usage) -> Double { Double(end.time - time) / 1e9 }

    func costs(until end: Usage) -> [Metric] {
        let elapsed = seconds(until: end)
        var metrics: [Metric] = []
        if let server, let after = end.server {
            let used = after - server
            let messages = Double(max(1, end.accepted - accepted))
            metrics = [
                Metric("server CPU", "µs/message", used.total * 1e6 / messages),
                Metric("of it in the kernel", "µs", used.kernel * 1e6 / messages),
                Metric("server busy", "%", used.total / elapsed * 100),
            ]
        }
        return metrics + [Metric("generator busy", "%", Double(end.own - own) / 1e9 / elapsed * 100)]
    }
}

/// What else the machine does.
enum Machine {
    /// Of the last minute.
    static var loadAverage: Double {
        var average = 0.0
        return getloadavg(&average, 1) == 1 ? average : 0
    }
}
