import Glibc
import TLSMonitor
import Terminal

/// Where events and reports go: lines for people, or JSON for programs.
struct Output {
    private let json: Bool
    private let lines: EventLines

    init(json: Bool) {
        self.json = json
        lines = EventLines(hasColours: TerminalDevice.hasColours)
    }

    func write(_ events: [MonitorEvent]) {
        let text = events.flatMap { json ? EventJSON.lines(for: $0) : lines.lines(for: $0) }
        guard !text.isEmpty else { return }
        Self.write(text.map { $0 + "\n" }.joined(), to: STDOUT_FILENO)
    }

    /// - Parameter isProof: whether the verdict is what was asked for.
    func write(_ report: TrafficReport, digests: [CaptureDigest], isProof: Bool) {
        let text: [String] =
            json
            ? [EventJSON.line(for: report, digests: digests)]
            : ReportLines(hasColours: TerminalDevice.hasColours).lines(for: report, digests: digests, isProof: isProof)
        Self.write(text.map { $0 + "\n" }.joined(), to: STDOUT_FILENO)
    }

    /// Ends the program if nobody reads any more.
    static func write(_ text: String, to descriptor: Int32) {
        if !TerminalDevice.write(text, to: descriptor), descriptor == STDOUT_FILENO { exit(3) }
    }
}
