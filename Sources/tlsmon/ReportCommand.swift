import ArgumentParser
import Glibc
import MonitorViews
import PacketCapture
import TLSMonitor

/// `tlsmon report -r FILE -o page.html`
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Write one HTML page that shows what a capture reveals, with a picture of each connection.",
        usage: "tlsmon report [-r] <file> -o <page.html> [--keylog <file>] [--marker <text> ...] [<filter> ...]",
        discussion: """
            The page needs nothing else: no network, no script. It can be read on a phone and printed. As it says who talked to whom, \
            only you can read it (mode 0600) until you change that. Exit status: 0 if it was written, whatever its verdict, \
            otherwise 3.
            """)

    @OptionGroup var choice: CaptureChoice

    @Option(
        name: .shortAndLong, help: ArgumentHelp("The page to write; - for standard output.", valueName: "page.html"))
    var output: String

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "A text that must not be on the wire, or @file with one on each line; may be given several times.",
            valueName: "text"))
    var marker: [String] = []

    @Option(
        help: ArgumentHelp(
            "Secrets of the sessions, as SSLKEYLOGFILE makes programs write them; may be given several times.",
            valueName: "file"))
    var keylog: [String] = []

    func validate() throws {
        _ = try choice.requiredPath()
    }

    func run() throws {
        let path = try choice.requiredPath()
        let keyLog = try Session.keyLog(keylog)
        let markers = try Session.markers(try marker.flatMap { try TextList.texts($0) })
        let page = output == "-" ? nil : try WholeFile(output, replaces: ReportPage.beginning)
        let monitor = TrafficMonitor(markers: markers, reportsRecords: true, keyLog: keyLog, alarms: AlarmWatch())
        monitor.lookInside(with: ZlibDecompression())
        var collected = TimelineCollector()
        let (facts, digest) = try Session.read(
            path, filter: choice.filter, keyLog: keyLog, into: monitor, writing: page == nil ? [] : [output]
        ) {
            collected.take(monitor.takeEvents())
        }
        let report = monitor.finish(facts)
        collected.take(monitor.takeEvents())
        let setting = ReportPage.Setting(
            version: TLSMonCommand.configuration.version, filter: choice.filter, capture: facts,
            made: Present.nanoseconds, hasKeys: !keyLog.isEmpty)
        let content = ReportPage(report, digests: [digest], collected: collected, setting: setting)
        guard let page else { return content.write { Output.write($0, to: STDOUT_FILENO) } }
        content.write { page.write($0) }
        try page.finish()
        complain("\(VerdictWords.name(of: report.wholeVerdict)): \(output) is written, for your eyes only (mode 0600)")
    }
}

/// Now.
enum Present {
    /// Since 1970.
    static var nanoseconds: Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
    }
}
