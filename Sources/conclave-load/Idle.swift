import ArgumentParser

/// Connections that do nothing.
struct Idle: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Resident memory of the server for each idle connection.",
        discussion: """
            The first tenth of the connections fills the server's pools and is not counted; so start the server afresh. \
            conclave-server takes 16 connections a device: 2000 connections need 125 client certificates.
            """)

    @OptionGroup var target: TargetOptions

    @Option(help: "Connections, 100 to 10000.")
    var connections = 2_000

    func validate() throws {
        guard connections >= 100, connections <= 10_000 else { throw ValidationError("--connections is 100 to 10000") }
    }

    func run() throws {
        try target.measure("idle-\(connections)", "Idle connections: \(connections)") { target in
            guard let process = target.process else {
                throw LoadError.setup("memory needs the number of the server's process: write PORT:PID")
            }
            let generator = try Generator(target, certificates: self.target.certs, goal: .idle)
            let first = connections / 10
            try generator.connect(first)
            try generator.run(seconds: 1.5)
            let before = try process.residentKibibytes()
            try generator.connect(connections - first)
            try generator.run(seconds: 1.5)
            try generator.checkHealth()
            let after = try process.residentKibibytes()
            let count = Double(connections - first)
            let used = try process.processorTime()
            try generator.run(seconds: 2)
            let later = try process.processorTime()
            try generator.leave()
            return [
                Metric("resident, of its own", "KiB/connection", (after.own - before.own) / count),
                Metric("resident", "KiB/connection", (after.all - before.all) / count),
                Metric("resident in all", "MiB", after.all / 1_024),
                Metric("server busy meanwhile", "%", (later - used).total / 2 * 100),
            ]
        }
    }
}
