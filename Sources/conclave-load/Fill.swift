import ArgumentParser
import Glibc

/// Messages without end, until the store is as large as wanted.
struct Fill: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The server's memory while a million messages come in, and a store of a size that is wanted.",
        discussion: "Start the server afresh, so that what it holds at first is what it holds without messages.")

    @OptionGroup var target: TargetOptions
    @OptionGroup var crowd: CrowdOptions

    @Option(help: "Messages of each sender without an acknowledgement.")
    var window = 64

    @Option(help: "At least so many messages, 10000 to 100000000.")
    var messages: UInt64 = 1_000_000

    @Option(help: "Until the store has so many MiB; needs --data.")
    var mebibytes = 0

    @Option(help: ArgumentHelp("The server's own folder.", valueName: "folder"))
    var data: String?

    func validate() throws {
        guard window >= 1, window <= 1_024 else { throw ValidationError("--window is 1 to 1024") }
        guard messages >= 10_000, messages <= 100_000_000 else {
            throw ValidationError("--messages is 10000 to 100000000")
        }
        guard mebibytes >= 0, mebibytes <= 1 << 20, mebibytes == 0 || data != nil else {
            throw ValidationError("--mebibytes is up to 1048576, and needs the server's folder: --data FOLDER")
        }
    }

    func run() throws {
        let title = "Memory: \(messages) messages and more; \(crowd.words)"
        try target.measure("fill-\(messages)-\(crowd.bytes)", title) { target in
            guard let process = target.process else {
                throw LoadError.setup("memory needs the number of the server's process: write PORT:PID")
            }
            let generator = try crowd.generator(at: target, certificates: self.target.certs)
            try WindowedTalk(senders: crowd.senders, window: window).run(generator, seconds: 0.5)
            return try fill(generator, target, process)
        }
    }

    private func fill(_ generator: Generator, _ target: Target, _ process: ServerProcess) throws -> [Metric] {
        let start = try Usage(target, generator)
        var metrics = [try resident("resident before", process)]
        let step = messages / 10
        var next = step
        try WindowedTalk(senders: crowd.senders, window: window).run(generator) {
            let count = (generator.acceptances?.accepted ?? 0) - start.accepted
            guard count >= next else { return true }
            if next <= messages { metrics.append(try resident("after \(next)", process)) }
            next += step
            return try next <= messages || storeSize() < mebibytes << 20
        }
        let end = try Usage(target, generator)
        try generator.settle()
        metrics.append(try resident("after \(end.accepted - start.accepted)", process))
        try generator.leave()
        metrics.append(Metric("growth after the first tenth", "MiB", (metrics.last?.value ?? 0) - metrics[1].value))
        if data != nil { metrics.append(Metric("store", "MiB", Double(try storeSize()) / 1_048_576)) }
        metrics.append(Metric("accepted", "1/s", Double(end.accepted - start.accepted) / start.seconds(until: end)))
        return metrics + start.costs(until: end) + [Metric("load average at the end", "", Machine.loadAverage)]
    }

    private func resident(_ name: String, _ process: ServerProcess) throws -> Metric {
        Metric(name, "MiB", try process.residentKibibytes().all / 1_024)
    }

    /// Bytes of the database and its log.
    private func storeSize() throws -> Int {
        guard let data else { return .max }
        return try ["conclave.db", "conclave.db-wal"].reduce(0) { sum, name in
            var status = stat()
            guard stat("\(data)/\(name)", &status) == 0 else {
                guard errno == ENOENT else { throw LoadError.system("cannot look at \(data)/\(name)") }
                return sum
            }
            return sum + Int(status.st_size)
        }
    }
}
