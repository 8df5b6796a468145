import ArgumentParser
import Glibc
import MonitorViews
import PacketCapture
import TLSMonitor

/// `tlsmon conform -r FILE`
struct ConformCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conform",
        abstract: "Check what can be checked from outside of the rules of TLS, one by one.",
        usage: "tlsmon conform [-r] <file> [<filter> ...] [--keylog <file>] [-T json]",
        discussion: "Exit status: 0 if no rule is broken, 1 if one is, 3 if it could not run.")

    @OptionGroup var choice: CaptureChoice
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "What is looked for") var analysis: AnalysisOptions

    func validate() throws {
        _ = try choice.requiredPath()
        if output.format == .fields { throw ValidationError("conform has a table of its own: use -T text or -T json") }
    }

    func run() throws {
        let keyLog = try analysis.keyLog()
        let monitor = TrafficMonitor(reportsRecords: true, keyLog: keyLog)
        monitor.opensTunnels = analysis.opensTunnels
        var table = ConformanceTable()
        let (facts, _) = try Session.read(
            try choice.requiredPath(), filter: choice.filter, keyLog: keyLog, into: monitor,
            progress: ReadProgress(try choice.requiredPath(), output, showsLines: false)
        ) {
            for event in monitor.takeEvents() { table.take(event) }
        }
        _ = monitor.finish(facts)
        for event in monitor.takeEvents() { table.take(event) }
        if output.format == .json {
            var writer = JSONWriter()
            table.write(to: &writer)
            Output.write(writer.text, to: STDOUT_FILENO)
        } else if !output.quiet {
            let lines = table.lines(hasColours: output.hasColours, isVerbose: output.verbose)
            Output.write(lines.map { $0 + "\n" }.joined(), to: STDOUT_FILENO)
        }
        if table.hasBroken { throw ExitCode(1) }
    }
}
