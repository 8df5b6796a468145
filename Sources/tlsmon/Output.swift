import Glibc
import MonitorViews
import TLSMonitor
import Terminal

/// Where events and reports go: lines for people, JSON or fields for programs.
final class Output {
    private let options: OutputOptions
    private var lines: EventLines
    private var objects = EventJSON()
    private var columns: RecordFields?
    private var writer = JSONWriter()
    private var bytes: [UInt8] = []
    private let alarmFile: AlarmFile?
    private let firewall: FirewallPipe?
    /// Alarms that were raised.
    private(set) var alarms = 0

    /// Bytes that are gathered before they are written.
    private static let chunk = 65_536

    /// - Throws: a usage error.
    init(_ options: OutputOptions, alarmFile: AlarmFile? = nil, firewall: FirewallPipe? = nil) throws {
        self.options = options
        self.firewall = firewall
        self.alarmFile = alarmFile
        columns = try options.columns()
        lines = EventLines(hasColours: options.hasColours, isVerbose: options.verbose)
        if options.hasHeader, let header = columns?.header { bytes = header }
    }

    var hasColours: Bool { options.hasColours }

    /// Counts and files alarms, and shows nothing.
    func note(_ events: [MonitorEvent]) {
        for case .alarm(let alarm) in events {
            alarms += 1
            alarmFile?.append(alarm)
            firewall?.report(alarm)
        }
    }

    func write(_ events: [MonitorEvent]) {
        note(events)
        for event in events {
            if options.quiet { continue }
            switch options.format {
            case .text: lines.write(event, to: &bytes)
            case .json: objects.write(event, to: &writer)
            case .fields: columns?.write(event, to: &bytes)
            }
            if options.isLineBuffered || writer.bytes.count + bytes.count >= Self.chunk { flush() }
        }
        flush()
    }

    /// - Parameter isProof: whether the verdict is what was asked for.
    func write(_ report: TrafficReport, digests: [CaptureDigest], isProof: Bool) {
        switch options.format {
        case .json: VerdictJSON.write(report, digests: digests, to: &writer)
        case .text where !(isProof && options.quiet):
            let lines = ReportLines(hasColours: options.hasColours)
                .lines(for: report, digests: digests, isProof: isProof)
            bytes.append(contentsOf: Array(lines.map { $0 + "\n" }.joined().utf8))
        case .text, .fields: break
        }
        flush()
    }

    private func flush() {
        write(&bytes)
        guard !writer.bytes.isEmpty else { return }
        if !TerminalDevice.write(writer.bytes, to: STDOUT_FILENO) { exit(3) }
        writer.removeAll()
    }

    private func write(_ bytes: inout [UInt8]) {
        guard !bytes.isEmpty else { return }
        if !TerminalDevice.write(bytes, to: STDOUT_FILENO) { exit(3) }
        bytes.removeAll(keepingCapacity: true)
    }

    /// Ends the program if nobody reads any more.
    static func write(_ text: String, to descriptor: Int32) {
        if !TerminalDevice.write(text, to: descriptor), descriptor == STDOUT_FILENO { exit(3) }
    }
}
