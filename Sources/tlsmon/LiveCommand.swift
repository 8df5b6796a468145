import ArgumentParser
import PacketCapture
import TLSMonitor

/// `tlsmon live -i lo port 7443`
struct LiveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "live", abstract: "Show TLS records as they pass on an interface.")

    @OptionGroup var live: LiveOptions
    @OptionGroup var common: CommonOptions

    @Argument(help: ArgumentHelp("Which packets, as in man pcap-filter: tcp port 7443", valueName: "filter"))
    var filter: [String] = []

    func run() throws {
        let monitor = TrafficMonitor(
            markers: try Session.markers(common.marker), reportsRecords: true,
            keyLog: try Session.keyLog(common.keylog))
        let output = Output(json: common.json)
        let source = try LiveSource(live, filter: filter.joined(separator: " "))
        let facts = try source.run(into: monitor) { output.write(monitor.takeEvents()) }
        let report = monitor.finish(facts)
        output.write(monitor.takeEvents())
        output.write(report, digests: source.digests, isProof: false)
        if report.verdict == .refuted { throw ExitCode(report.verdict.exitStatus) }
    }
}
