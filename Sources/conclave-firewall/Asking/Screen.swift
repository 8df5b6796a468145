import Firewall
import FirewallViews
import Glibc
import JSONText
import Terminal

/// Standard output: a terminal with its width and colours, or a pipe.
enum Screen {
    static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }

    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    static var style: ViewStyle {
        ViewStyle(
            columns: isTerminal ? TerminalDevice().columns : nil, hasColours: TerminalDevice.hasColours, now: now)
    }

    /// Standard error's.
    static var errorStyle: ViewStyle {
        let isTerminal = isatty(STDERR_FILENO) == 1
        return ViewStyle(
            columns: isTerminal ? TerminalDevice().columns : nil, hasColours: isTerminal && TerminalDevice.hasColours,
            now: now)
    }

    /// As people read it, or as one JSON object in a line.
    static func show(_ answer: ControlAnswer, json: Bool) {
        if json { return write(answer.line + "\n") }
        write(style.lines(answer))
    }

    /// The answer to `revert`.
    static func showReverted(_ answer: ControlAnswer, json: Bool) {
        guard !json, case .change(let change) = answer else { return show(answer, json: json) }
        write(style.lines(change, isTakenBack: true))
    }

    static func show(_ json: JSON) { write(json.compact + "\n") }

    static func write(_ lines: [String]) { write(lines.map { $0 + "\n" }.joined()) }

    /// Ends the program when nobody reads any more.
    static func write(_ text: String) {
        if !TerminalDevice.write(text, to: STDOUT_FILENO) { exit(0) }
    }
}
