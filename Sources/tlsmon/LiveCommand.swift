import ArgumentParser
import Glibc
import MonitorViews
import PacketCapture
import TLSMonitor
import Terminal

/// `tlsmon live -i lo port 7443`
struct LiveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "live", abstract: "Show TLS records as they pass on an interface.",
        usage: """
            tlsmon live -i <interface> [<filter> ...]
            tlsmon live -i <interface> -T json -l [<filter> ...]
            """,
        discussion: """
            On a terminal it shows a table of the connections, with keys (? lists them). With -l, -v, -T or into a pipe it \
            writes a line for every record.
            """)

    @OptionGroup(title: "Capture") var live: LiveOptions
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "What is looked for") var analysis: AnalysisOptions
    @OptionGroup(title: "Alarms") var alarms: AlarmOptions

    @Option(
        help: ArgumentHelp(
            "Report alarms to conclave-firewall through this socket, such as /run/conclave-firewall/monitor.sock.",
            valueName: "socket"))
    var firewall: String?

    @Argument(help: ArgumentHelp("Which packets, as in man pcap-filter: tcp port 7443", valueName: "filter"))
    var filter: [String] = []

    func validate() throws {
        if let firewall, firewall.isEmpty || firewall.utf8.count > 107 {
            throw ValidationError("--firewall is the path of a socket: 1 to 107 bytes")
        }
        guard live.interface.isEmpty, !output.fields.contains("help") else { return }
        throw ValidationError("name an interface with -i; tlsmon list shows them")
    }

    func run() throws {
        if output.tellsFields() { return }
        let monitor = TrafficMonitor(
            markers: try analysis.markers(), reportsRecords: !output.quiet, keyLog: try analysis.keyLog(),
            alarms: try alarms.watch())
        monitor.lookInside(with: ZlibDecompression())
        monitor.opensTunnels = analysis.opensTunnels
        let pipe = try firewall.map { path throws(CaptureError) in try FirewallPipe(path) }
        let output = try Output(self.output, alarmFile: try alarms.alarmFile(), firewall: pipe)
        let source = try LiveSource(
            live, filter: filter.joined(separator: " "), isVerbose: self.output.verbose,
            isQuiet: self.output.quiet || isTable)
        let facts: CaptureFacts
        if isTable {
            facts = try runTable(source, monitor, output)
        } else {
            facts = try source.run(into: monitor) { output.write(monitor.takeEvents()) }
        }
        let report = monitor.finish(facts)
        if isTable { output.note(monitor.takeEvents()) } else { output.write(monitor.takeEvents()) }
        output.write(report, digests: source.digests, isProof: false)
        if let pipe, pipe.lost > 0 {
            complain("\(pipe.lost) alarms were not reported to the firewall: too many at once")
        }
        if report.verdict == .refuted || (alarms.strict && output.alarms > 0) { throw ExitCode(1) }
    }

    /// Somebody sits in front of it, and did not ask for lines.
    private var isTable: Bool {
        output.format == .text && !output.quiet && !output.verbose && !output.isLineBuffered
            && TerminalDevice.isInteractive
    }

    private func runTable(_ source: LiveSource, _ monitor: TrafficMonitor, _ output: Output) throws -> CaptureFacts {
        let status = LiveTable.Status(
            interface: live.interface.joined(separator: ", "), filter: filter.joined(separator: " "))
        let screen = LiveScreen(status, hasColours: output.hasColours)
        screen.open()
        defer { screen.close() }
        var isDone = false
        return try source.run(into: monitor) {
            let events = monitor.takeEvents()
            output.note(events)
            guard !isDone,
                !screen.step(events, monitor.takeEndings(), packets: monitor.packetCount, drops: { Self.drops(source) })
            else {
                return
            }
            isDone = true
            // Ends the capture as Ctrl-C does without the table.
            raise(SIGINT)
        }
    }

    /// Packets that were lost, by the place where.
    private static func drops(_ source: LiveSource) -> [LiveTable.Status.Drops] {
        let counts = source.statistics
        return [
            LiveTable.Status.Drops(place: "in the kernel", count: counts.reduce(0) { $0 + $1.dropped }),
            LiveTable.Status.Drops(place: "by the interface", count: counts.reduce(0) { $0 + $1.droppedByInterface }),
        ]
    }
}
