import ArgumentParser
import Foundation

/// The real programs on one machine: what people get.
struct RoomsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rooms", abstract: "Measure the programs: two clients, a server, connections, stores on the disk.",
        discussion: """
            conclave and conclave-server must lie beside this program. Every message has its number, and a figure counts only if the \
            receiver shows all of them in order, which it does when its store has them on the disk.
            """)

    enum Part: String, CaseIterable, ExpressibleByArgument {
        case throughput, latency, catchup, recovery, idle, add
    }

    @Option(help: "A folder of scripts/certs: alice, bob, crowd1, crowd2, … with devices d1 to d10, guest1 to guest11.")
    var certs: String

    @Option(help: "Where programs keep what they write, while it is measured: on a disk.")
    var folder = "."

    @Option(name: .customLong("only"), help: "Measure only this; may be given several times.")
    var parts: [Part] = []

    @Option(help: "How often what is short is measured; medians are told.")
    var rounds = 3

    @Option(help: "Messages one way, as fast as they go.")
    var messages = 20_000

    @Option(help: "Bytes of a message.")
    var bytes = 100

    @Option(help: "Messages that are under way at any time.")
    var window = 256

    @Option(help: "Messages that were missed.")
    var missed = 10_000

    @Option(help: "Messages that a client has when it is killed.")
    var history = 100_000

    @Option(help: "Devices in the room that somebody is added to.")
    var members = 500

    mutating func validate() throws {
        guard rounds > 0, messages >= 1_000, (12...16_000).contains(bytes), (1...400).contains(window), missed > 0
        else {
            throw ValidationError(
                "--rounds and --missed take 1 or more, --messages 1000 or more, --bytes 12 to 16000, --window 1 to 400")
        }
        guard history > 0, (2...510).contains(members) else {
            throw ValidationError("--history takes 1 or more, --members 2 to 510")
        }
    }

    func run() throws {
        signal(SIGPIPE, SIG_IGN)
        let reference = try Reference(certs: certs, bytes: bytes, folder: folder)
        for part in Part.allCases where parts.isEmpty || parts.contains(part) {
            let stage = try Stage(certificates: certs, folder: folder)
            defer { stage.close() }
            switch part {
            case .throughput: try throughput(stage, reference)
            case .latency: try latency(stage, reference)
            case .catchup: try catchUp(stage, reference)
            case .recovery: try recovery(stage)
            case .idle: try idle(stage)
            case .add: try AddBench(stage: stage, members: members).run()
            }
        }
    }

    // MARK: Saying

    private func line(_ number: Int) -> String {
        "no.\(number). ".padding(toLength: bytes, withPad: "x", startingAt: 0)
    }

    /// Says the messages of a range, so many at a time.
    private func say(_ range: Range<Int>, _ alice: Program) throws {
        var next = range.lowerBound
        while next < range.upperBound {
            let end = min(range.upperBound, alice.numbered + window, next + 64)
            guard end > next else {
                try alice.await(numbered: next - window + (window + 3) / 4)
                continue
            }
            alice.write((next..<end).map(line).joined(separator: "\n"))
            next = end
        }
    }

    // MARK: Measurements

    private func throughput(_ stage: Stage, _ reference: Reference) throws {
        let (alice, bob) = try stage.pair()
        let programs = [alice, bob, stage.server]
        try say(0..<1_000, alice)
        try bob.await(numbered: 1_000)
        let (memory, size) = (stage.server.residentKibibytes, stage.storeSize(of: "bob"))
        var rates: [Double] = []
        var costs: [[Double]] = []
        for round in 0..<rounds {
            let first = 1_000 + round * messages
            let before = programs.map(\.processorTime)
            let start = ContinuousClock.now
            try say(first..<first + messages, alice)
            try bob.await(numbered: first + messages)
            rates.append(Double(messages) / ((bob.last - start) / .seconds(1)))
            try alice.await(numbered: first + messages)
            costs.append(zip(programs.map(\.processorTime), before).map { ($0 - $1) * 1e6 / Double(messages) })
        }
        let count = Double(rounds * messages)
        Output.heading("\(messages) messages of \(bytes) bytes one way, \(window) under way, \(rounds) rounds")
        Output.row("messages a second, from end to end", rates.median, "")
        Output.row(
            "processor time a message: sender", costs.map { $0[0] }.median, "µs",
            reference: (reference.sealing, "MLS seal"))
        Output.row("  receiver", costs.map { $0[1] }.median, "µs", reference: (reference.opening, "MLS open"))
        Output.row("  server", costs.map { $0[2] }.median, "µs")
        Output.row("server's memory for an entry", (stage.server.residentKibibytes - memory) * 1_024 / count, "bytes")
        Output.row("receiver's store for a message", (stage.storeSize(of: "bob") - size) / count, "bytes")
    }

    private func latency(_ stage: Stage, _ reference: Reference) throws {
        let (alice, bob) = try stage.pair()
        bob.keepArrivals()
        try say(0..<100, alice)
        let count = 200 * rounds
        var starts: [ContinuousClock.Instant] = []
        for number in 100..<100 + count {
            starts.append(.now)
            alice.write(line(number))
            Thread.sleep(forTimeInterval: 0.02)
        }
        try bob.await(numbered: 100 + count)
        let times = try starts.enumerated().map { index, start in
            guard let arrival = bob.arrival(of: index + 100) else { throw BenchError("message \(index) was not told") }
            return (arrival - start) / .microseconds(1)
        }
        Output.heading("\(count) messages, one every 20 ms, from the sender's line to the receiver's")
        let writes = (2 * reference.writing, "both stores' writes")
        Output.row("p50", times.median, "µs", reference: writes)
        Output.row("p99", times.percentile(0.99), "µs", reference: writes)
    }

    private func catchUp(_ stage: Stage, _ reference: Reference) throws {
        var (alice, bob) = try stage.pair()
        var times: [Double] = []
        var costs: [Double] = []
        try say(0..<100, alice)
        for round in 0..<rounds {
            let first = 100 + round * missed
            try bob.await(numbered: first)
            stage.finish(bob)
            try say(first..<first + missed, alice)
            try alice.await(numbered: first + missed)
            let start = ContinuousClock.now
            bob = try stage.listener("bob", expecting: first)
            try bob.await(numbered: first + missed)
            times.append((bob.last - start) / .seconds(1))
            try bob.await("listening", seconds: 10)
            costs.append(bob.processorTime * 1e6 / Double(missed))
        }
        Output.heading("\(missed) messages were missed, \(rounds) rounds")
        Output.row("from the client's start until all are stored and shown", times.median, "s", digits: 2)
        Output.row("processor time a message", costs.median, "µs", reference: (reference.opening, "MLS open"))
    }

    private func recovery(_ stage: Stage) throws {
        let (alice, bob) = try stage.pair()
        try say(0..<history, alice)
        try bob.await(numbered: history, seconds: 300)
        // It dies while messages come.
        alice.write((history..<history + 200).map(line).joined(separator: "\n"))
        Thread.sleep(forTimeInterval: 0.02)
        stage.finish(bob, signal: SIGKILL)
        let shown = bob.numbered
        try alice.await(numbered: history + 200)
        let start = ContinuousClock.now
        let again = try stage.listener("bob", expecting: shown)
        let end = try again.await("listening")
        Output.heading(
            "A client with \(history) messages was killed while more came, \(history + 200 - shown) of which it had not shown"
        )
        Output.row("from its new start until it has caught up", (end - start) / .milliseconds(1), "ms")
        Output.row("its store", stage.storeSize(of: "bob") / 1_048_576, "MiB", digits: 1)
        // What it had written and not shown is in its history.
        again.write("")
        stage.finish(again)
        try stage.requireHistory(of: "bob", count: history + 200)
    }

    private func idle(_ stage: Stage) throws {
        let alice = try stage.chat("alice")
        try alice.await("connected", seconds: 10)
        let count = 500
        alice.write("/create #first")
        try alice.await("you are in #first", seconds: 10)
        let (own, server) = (alice.residentKibibytes, stage.server.residentKibibytes)
        for number in 0..<count { alice.write("/create #r\(number)") }
        try alice.await("you are in #r\(count - 1)")
        Thread.sleep(forTimeInterval: 1)
        let before = alice.processorTime
        Thread.sleep(forTimeInterval: 5)
        let used = alice.processorTime - before
        Output.heading("\(count) rooms of one device")
        Output.row(
            "server's memory for a room", (stage.server.residentKibibytes - server) / Double(count), "KiB", digits: 1)
        Output.row("client's memory for a room", (alice.residentKibibytes - own) / Double(count), "KiB", digits: 1)
        Output.row("client's processor time while nothing happens", used / 5 * 100, "% of a core", digits: 1)
    }
}
