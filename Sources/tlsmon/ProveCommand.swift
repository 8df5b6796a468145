import ArgumentParser
import ChatMonitor
import PacketCapture
import TLSMonitor

/// `tlsmon prove FILE`, `tlsmon prove -i lo --duration 60 tcp port 7443`
struct ProveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prove",
        abstract: "Give a verdict: were only handshakes and ciphertext on the wire?",
        usage: """
            tlsmon prove <file> [<filter> ...] [--marker <text> ...] [--json]
            tlsmon prove <file> --keylog <file> --inner conclave [--canary <text> ...]
            tlsmon prove -i <interface> [--duration <seconds>] [--write <file>] [<filter> ...]
            """)

    @OptionGroup var live: LiveOptions
    @OptionGroup var common: CommonOptions

    @Option(
        help: ArgumentHelp(
            "With the keys, also look inside: conclave proves that there are only Conclave frames with MLS in them.",
            valueName: "protocol"))
    var inner: InnerProtocol?

    @Option(
        help: ArgumentHelp(
            "With --inner, a text that must neither be on the wire nor readable inside; may be given several times.",
            valueName: "text"))
    var canary: [String] = []

    @Argument(help: "A capture file, unless there is an interface; then which packets, as in man pcap-filter.")
    var arguments: [String] = []

    func validate() throws {
        if live.interface == nil, arguments.isEmpty {
            throw ValidationError("give a capture file, or an interface with -i")
        }
        if inner == nil, !canary.isEmpty {
            throw ValidationError(
                "--canary looks inside of TLS and needs --inner conclave; for the wire alone there is --marker")
        }
    }

    func run() throws {
        let keyLog = try Session.keyLog(common.keylog)
        let canaries = try Session.markers(canary)
        let monitor = TrafficMonitor(
            markers: try Session.markers(common.marker) + canaries, keyLog: keyLog,
            inspector: inner.map { $0.inspector(canaries: canaries) })
        let report: TrafficReport
        let digests: [CaptureDigest]
        if live.interface != nil {
            let source = try LiveSource(live, filter: arguments.joined(separator: " "))
            report = monitor.finish(try source.run(into: monitor) { _ = monitor.takeEvents() })
            digests = source.digests
        } else {
            let filter = arguments.dropFirst().joined(separator: " ")
            let (facts, digest) = try Session.read(arguments[0], filter: filter, keyLog: keyLog, into: monitor) {
                _ = monitor.takeEvents()
            }
            report = monitor.finish(facts)
            digests = [digest]
        }
        Output(json: common.json).write(report, digests: digests, isProof: true)
        throw ExitCode(report.wholeVerdict.exitStatus)
    }
}

/// What can be looked for inside of TLS.
enum InnerProtocol: String, ExpressibleByArgument, CaseIterable {
    case conclave

    func inspector(canaries: [Marker]) -> any InnerInspector {
        switch self {
        case .conclave: ConclaveInspector(canaries: canaries)
        }
    }
}
