import ArgumentParser

/// A server to measure.
struct Target {
    var driver: Driver
    var port: UInt16
    /// `nil`: no figures about the server's processor time and memory.
    var process: ServerProcess?

    /// `PORT` or `PORT:PID`.
    init(_ driver: Driver, _ text: String) throws {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, let port = UInt16(parts[0]), port > 0 else {
            throw ValidationError(
                "\"\(text)\" is no port; write PORT, or PORT:PID with the number of the server's process")
        }
        self.driver = driver
        self.port = port
        guard parts.count == 2 else { return }
        guard let pid = Int(parts[1]), pid > 0 else {
            throw ValidationError("\"\(parts[1])\" is no process number; write PORT:PID")
        }
        process = ServerProcess(pid: pid)
    }
}

/// What every measurement takes.
struct TargetOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A conclave-server on this machine.", valueName: "port[:pid]"))
    var conclave: String?

    @Option(
        help: ArgumentHelp(
            "A reference server on this machine, measured in turn with the other.", valueName: "port[:pid]"))
    var reference: String?

    @Option(help: ArgumentHelp("A mosquitto on this machine, measured in turn; durable only.", valueName: "port[:pid]"))
    var mosquitto: String?

    @Option(help: ArgumentHelp("Another mosquitto, set to save whatever changes.", valueName: "port[:pid]"))
    var mosquittoSaving: String?

    @Option(help: ArgumentHelp("The folder with ca.pem and the clients' certificates.", valueName: "folder"))
    var certs = "certs"

    @Option(help: "How often each server is measured, in turn; medians are shown.")
    var rounds = 1

    @Option(help: ArgumentHelp("Append the figures to this file, a line of JSON a measurement.", valueName: "file"))
    var json: String?

    func validate() throws {
        guard rounds >= 1, rounds <= 100 else { throw ValidationError("--rounds is 1 to 100") }
        guard [conclave, reference, mosquitto, mosquittoSaving].contains(where: { $0 != nil }) else {
            throw ValidationError(
                "name a server with --conclave PORT[:PID], another beside it with --reference PORT[:PID]")
        }
    }

    func targets() throws -> [Target] {
        let named: [(Driver, String?)] = [
            (.conclave, conclave), (.reference, reference), (.mosquitto, mosquitto),
            (.mosquittoSaving, mosquittoSaving),
        ]
        return try named.compactMap { driver, text in try text.map { try Target(driver, $0) } }
    }

    /// Measures every target `rounds` times, in turn, and reports.
    func measure(_ name: String, _ title: String, _ round: (Target) throws -> [Metric]) throws {
        var report = Report(name: name, title: title, drivers: try targets().map(\.driver))
        do {
            for number in 0..<rounds {
                for target in try targets() { report.add(try round(target), of: target.driver, round: number) }
            }
        } catch let error as LoadError {
            standardError("conclave-load: \(name): \(error)")
            throw error.exitCode
        }
        print(report.table)
        if let json { try report.append(to: json) }
    }
}
