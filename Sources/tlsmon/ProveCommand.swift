import ArgumentParser
import ChatMonitor
import PacketCapture
import TLSMonitor

/// `tlsmon prove -r FILE`, `tlsmon prove -i lo -a duration:60 tcp port 7443`
struct ProveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prove",
        abstract: "Give a verdict: were only handshakes and ciphertext on the wire?",
        usage: """
            tlsmon prove [-r] <file> [<filter> ...] [--marker <text> ...] [--json]
            tlsmon prove [-r] <file> --keylog <file> --inner conclave [--canary <text> ...]
            tlsmon prove -i <interface> [-a duration:<seconds>] [--write <file>] [<filter> ...]
            """,
        discussion: """
            Exit status: 0 proven, 1 refuted, 2 inconclusive (the capture does not show enough), 3 it could not run. \
            With -q nothing is written, the status alone tells.
            """)

    @OptionGroup var choice: CaptureChoice
    @OptionGroup(title: "Capture") var live: LiveOptions
    @OptionGroup(title: "What is looked for") var analysis: AnalysisOptions

    @Option(
        help: ArgumentHelp(
            "With the keys, also look inside: conclave proves that there are only Conclave frames with MLS in them.",
            valueName: "protocol"))
    var inner: InnerProtocol?

    @Option(
        help: ArgumentHelp(
            "With --inner, a text that must neither be on the wire nor readable inside, or @file; may be given several times.",
            valueName: "text"))
    var canary: [String] = []

    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Evidence") var evidence: EvidenceOptions

    func validate() throws {
        if live.interface.isEmpty, choice.path == nil {
            throw ValidationError("give a capture file with -r, or an interface with -i")
        }
        if !live.interface.isEmpty, choice.file != nil {
            throw ValidationError("-r reads a file and -i captures: leave one of them out")
        }
        if live.interface.isEmpty, live.isUsed {
            throw ValidationError("-w, -a, -b, -c and --duration belong to capturing: name an interface with -i")
        }
        if inner == nil, !canary.isEmpty {
            throw ValidationError(
                "--canary looks inside of TLS and needs --inner conclave; for the wire alone there is --marker")
        }
        if output.format == .fields { throw ValidationError("a verdict has no fields: use -T json, or tlsmon read") }
    }

    func run() throws {
        let keyLog = try analysis.keyLog()
        let evidence = try evidence.prepared(isLive: !live.interface.isEmpty)
        let canaries = try Session.markers(try canary.flatMap { try TextList.texts($0) })
        let monitor = TrafficMonitor(
            markers: try analysis.markers() + canaries, keyLog: keyLog,
            inspector: inner.map { $0.inspector(canaries: canaries) })
        monitor.lookInside(with: ZlibDecompression())
        monitor.opensTunnels = analysis.opensTunnels
        let (report, capture, digests) = try watch(monitor, keyLog)
        try evidence?.write(report, digests: digests, filter: filter, capture: capture, hasKeys: !keyLog.isEmpty)
        if !output.quiet { try Output(output).write(report, digests: digests, isProof: true) }
        throw ExitCode(report.wholeVerdict.exitStatus)
    }

    private var filter: String { live.interface.isEmpty ? choice.filter : choice.arguments.joined(separator: " ") }

    /// All that passes, or was captured.
    private func watch(
        _ monitor: TrafficMonitor, _ keyLog: KeyLog
    ) throws -> (TrafficReport, CaptureFacts, [CaptureDigest]) {
        guard live.interface.isEmpty else {
            let source = try LiveSource(
                live, filter: filter, isVerbose: output.verbose, isQuiet: output.quiet)
            let capture = try source.run(into: monitor) { _ = monitor.takeEvents() }
            return (monitor.finish(capture), capture, source.digests)
        }
        let (capture, digest) = try Session.read(
            try choice.requiredPath(), filter: filter, keyLog: keyLog, into: monitor,
            writing: [evidence.evidence].compactMap { $0 },
            isVerbose: output.verbose, progress: ReadProgress(try choice.requiredPath(), output, showsLines: false)
        ) {
            _ = monitor.takeEvents()
        }
        return (monitor.finish(capture), capture, [digest])
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
