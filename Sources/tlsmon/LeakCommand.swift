import ArgumentParser
import Glibc
import MonitorViews
import PacketCapture
import TLSMonitor

/// `tlsmon leak -r FILE`
struct LeakCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "leak",
        abstract: "Measure what sizes and times tell of what is said, and what padding would change.",
        usage: "tlsmon leak [-r] <file> [<filter> ...] [--keylog <file>] [-T json]")

    @OptionGroup var choice: CaptureChoice
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "What is looked for") var analysis: AnalysisOptions

    func validate() throws {
        _ = try choice.requiredPath()
        if output.format == .fields { throw ValidationError("leak has a table of its own: use -T text or -T json") }
    }

    func run() throws {
        let keyLog = try analysis.keyLog()
        let monitor = TrafficMonitor(reportsRecords: true, keyLog: keyLog)
        monitor.opensTunnels = analysis.opensTunnels
        var meter = LeakMeter()
        let path = try choice.requiredPath()
        let (facts, _) = try Session.read(
            path, filter: choice.filter, keyLog: keyLog, into: monitor,
            progress: ReadProgress(path, output, showsLines: false)
        ) {
            for event in monitor.takeEvents() { meter.see(event) }
        }
        _ = monitor.finish(facts)
        for event in monitor.takeEvents() { meter.see(event) }
        let views = LeakViews(meter.report())
        if output.format == .json {
            var writer = JSONWriter()
            views.write(to: &writer)
            Output.write(writer.text, to: STDOUT_FILENO)
        } else {
            let lines = views.lines(hasColours: output.hasColours, isVerbose: output.verbose)
            Output.write(lines.map { $0 + "\n" }.joined(), to: STDOUT_FILENO)
        }
    }
}
