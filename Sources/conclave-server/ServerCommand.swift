import ArgumentParser
import Audit
import Foundation
import Logging
import Settings

/// `conclave-server serve`, and what `conclave-server` does without a subcommand.
struct ServerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Listens, and serves until it is stopped. (This is what happens without a subcommand.)",
        discussion: """
            Each option can also come from the environment (CONCLAVE_PORT, CONCLAVE_CERTS, …) or from a file in YAML
            (--config); a flag goes before the environment, and that before the file.

            SIGHUP loads certificates and revocations again; SIGTERM and SIGINT stop the server.
            """)

    @Option(help: "The TCP port to listen on. (default: 7443)")
    var port: Int?

    @Option(
        help: ArgumentHelp("An address to listen on; may be given several times. (default: all)", valueName: "address"))
    var listen: [String] = []

    @Option(help: ArgumentHelp("The folder that scripts/certs made. (default: certs)", valueName: "folder"))
    var certs: String?

    @Option(help: ArgumentHelp("The server's own folder, with all that it keeps. (default: data)", valueName: "folder"))
    var data: String?

    @Option(help: "Event loops. (default: half of the processors)")
    var loops: Int?

    @Option(help: "Threads for handshakes. (default: one for each event loop)")
    var handshakeThreads: Int?

    @Option(help: "Connections at once. (default: what the limit on open files allows, up to 10000)")
    var maxConnections: Int?

    @OptionGroup var limits: LimitOptions

    @Option(
        help: ArgumentHelp(
            "Write the keys of all sessions to this file. Whoever has it can read everything.", valueName: "file"))
    var insecureKeylog: String?

    @Option(
        help: ArgumentHelp(
            "Tell conclave-firewall who is refused and who is let in, through this socket, such as /run/conclave-firewall/chat.sock.",
            valueName: "socket"))
    var firewall: String?

    @Option(help: "Records of the audit log that are kept, about. (default: 1000000)")
    var auditRecords: Int?

    @Option(help: "Days for which records of the audit log are kept, as long as there are not too many. (default: 365)")
    var auditDays: Int?

    @Option(help: "trace, debug, info, notice, warning or error. (default: info)")
    var logLevel: String?

    @Option(help: "text or json. (default: text)")
    var logFormat: String?

    @Option(help: ArgumentHelp("A file with these options, in YAML.", valueName: "file"))
    var config: String?

    func run() async throws {
        try await explaining { try await serve() }
    }

    private func serve() async throws {
        let (options, warnings) = try options()
        let orders = Signals.orders()
        let logger = Logger(label: "conclave-server") {
            LineLogHandler(label: $0, format: options.logFormat, level: options.logLevel)
        }
        for warning in warnings { logger.warning("\(warning)") }
        let folder = try DataFolder(options.data)
        let server = try await ServerRuntime.start(options, logger: logger)
        ServiceNotifier.ready()
        await withTaskGroup { group in
            group.addTask { await server.patrol() }
            for await order in orders {
                if order == .stop { break }
                await server.reload()
            }
            group.cancelAll()
        }
        try await server.stop()
        _ = consume folder
    }

    /// Weighs flags, environment, file and defaults, and says what in the file means nothing.
    private func options() throws -> (ServerOptions, warnings: [String]) {
        do {
            let environment = ProcessInfo.processInfo.environment
            let file = try (config ?? environment["CONCLAVE_CONFIG"]).map { try SettingsFile(path: $0) }
            let settings = Settings(keys: Self.keys, prefix: "CONCLAVE", environment: environment, file: file)
            let loops = max(1, ProcessInfo.processInfo.activeProcessorCount / 2)
            let chosenLoops = try settings.number("loops", flag: self.loops, in: 1...256) ?? loops
            let options = ServerOptions(
                addresses: settings.texts("listen", flag: listen) ?? [ListenAddress.any],
                port: try settings.number("port", flag: port, in: 0...65_535) ?? 7443,
                certificates: try settings.text("certs", flag: certs) ?? "certs",
                data: try settings.text("data", flag: data) ?? "data",
                loops: chosenLoops,
                handshakeThreads: try settings.number("handshake-threads", flag: handshakeThreads, in: 1...256)
                    ?? chosenLoops,
                maximumConnections: try settings.number("max-connections", flag: maxConnections, in: 1...1_000_000),
                limits: try limits.weighed(settings),
                // Never from a file or the environment: whoever weakens the encryption says so where it is seen.
                insecureKeyLog: insecureKeylog,
                firewall: try settings.text("firewall", flag: firewall),
                auditRetention: try auditRetention(settings),
                logLevel: try settings.choice("log-level", flag: logLevel, of: Logger.Level.allCases) ?? .info,
                logFormat: try settings.choice("log-format", flag: logFormat, of: LineLogHandler.Format.allCases)
                    ?? .text)
            return (options, settings.warnings)
        } catch let error as SettingsError {
            throw ProgramError(error)
        }
    }

    private func auditRetention(_ settings: Settings) throws(SettingsError) -> AuditRetention {
        var retention = AuditRetention()
        if let records = try settings.number("audit-records", flag: auditRecords, in: 10...1_000_000_000) {
            retention.records = UInt64(records)
        }
        if let days = try settings.number("audit-days", flag: auditDays, in: 1...36_500) {
            retention.age = UInt64(days) * 86_400
        }
        return retention
    }

    /// What a configuration file may hold.
    static let keys = [
        "port", "listen", "certs", "data", "loops", "handshake-threads", "max-connections", "limits", "log-level",
        "log-format", "audit-records", "audit-days", "firewall",
    ]
}
