import ArgumentParser
import Glibc
import MonitorViews
import PacketCapture
import TLSMonitor

/// `tlsmon fp -r FILE`
struct FingerprintCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fp", abstract: "Show the fingerprints of who offers what: JA4, JA3 and JA3S, with their numbers.",
        usage: "tlsmon fp [-r] <file> [<filter> ...] [-T json]")

    @OptionGroup var choice: CaptureChoice
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
        _ = try choice.requiredPath()
        if output.format == .fields { throw ValidationError("fp has a table of its own: use -T text or -T json") }
    }

    func run() throws {
        let monitor = TrafficMonitor(reportsRecords: true)
        var table = FingerprintTable()
        let (facts, _) = try Session.read(
            try choice.requiredPath(), filter: choice.filter, keyLog: KeyLog(), into: monitor,
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
        } else {
            let lines = table.lines(hasColours: output.hasColours)
            Output.write(lines.map { $0 + "\n" }.joined(), to: STDOUT_FILENO)
        }
    }
}
