import ArgumentParser
import PacketCapture
import TLSMonitor

/// `tlsmon read FILE`
struct ReadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "read", abstract: "Show the TLS records in a capture file, pcap or pcapng.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The capture file.")
    var file: String

    @Argument(help: ArgumentHelp("Which packets, as in man pcap-filter: tcp port 7443", valueName: "filter"))
    var filter: [String] = []

    func run() throws {
        let keyLog = try Session.keyLog(common.keylog)
        let monitor = TrafficMonitor(
            markers: try Session.markers(common.marker), reportsRecords: true, keyLog: keyLog)
        let output = Output(json: common.json)
        let (facts, digest) = try Session.read(
            file, filter: filter.joined(separator: " "), keyLog: keyLog, into: monitor
        ) {
            output.write(monitor.takeEvents())
        }
        let report = monitor.finish(facts)
        output.write(monitor.takeEvents())
        output.write(report, digests: [digest], isProof: false)
        if report.verdict == .refuted { throw ExitCode(report.verdict.exitStatus) }
    }
}
