import ArgumentParser
import PacketCapture
import TLSMonitor

/// `tlsmon read -r FILE`
struct ReadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "read", abstract: "Show the TLS records in a capture file, pcap or pcapng.",
        usage: """
            tlsmon read [-r] <file> [<filter> ...] [-T json] [--keylog <file>]
            tlsmon read -r <file> -T fields -e frame -e src -e sni -e ja4
            """)

    @OptionGroup var choice: CaptureChoice
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "What is looked for") var analysis: AnalysisOptions
    @OptionGroup(title: "Alarms") var alarms: AlarmOptions

    func validate() throws {
        if !output.fields.contains("help") { _ = try choice.requiredPath() }
    }

    func run() throws {
        if output.tellsFields() { return }
        let keyLog = try analysis.keyLog()
        let monitor = TrafficMonitor(
            markers: try analysis.markers(), reportsRecords: !output.quiet, keyLog: keyLog, alarms: try alarms.watch())
        monitor.lookInside(with: ZlibDecompression())
        monitor.opensTunnels = analysis.opensTunnels
        let output = try Output(self.output, alarmFile: try alarms.alarmFile())
        let path = try choice.requiredPath()
        let (facts, digest) = try Session.read(
            path, filter: choice.filter, keyLog: keyLog, into: monitor, isVerbose: self.output.verbose,
            progress: ReadProgress(path, self.output, showsLines: !self.output.quiet)
        ) {
            output.write(monitor.takeEvents())
        }
        let report = monitor.finish(facts)
        output.write(monitor.takeEvents())
        output.write(report, digests: [digest], isProof: false)
        if report.verdict == .refuted || (alarms.strict && output.alarms > 0) { throw ExitCode(1) }
    }
}
