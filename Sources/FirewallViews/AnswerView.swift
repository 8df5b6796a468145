package import Firewall
import Terminal

extension ViewStyle {
    /// Any answer. Those of which several follow one another are better shown by ``PacketLines``.
    package func lines(_ answer: ControlAnswer) -> [String] {
        switch answer {
        case .status(let answer): lines(answer)
        case .rules(let answer): lines(answer)
        case .list(let answer): lines(answer)
        case .bans(let answer): lines(answer)
        case .logs(let rows):
            {
                var lines = PacketLines(self)
                return lines.first(rows)
            }()
        case .statistics(let answer): lines(answer)
        case .threats(let answer): lines(answer)
        case .why(let answer): wrapped(lines(answer))
        case .posture(let answer): lines(answer)
        case .check(let answer): lines(answer)
        case .change(let answer): wrapped(lines(answer))
        case .banned(let answer): wrapped(lines(answer))
        case .done(let words): wrapped([SafeText.of(words)])
        case .failure(let answer): lines(answer)
        }
    }

    /// For standard error.
    package func lines(_ failure: ControlFailure) -> [String] {
        wrapped(["conclave-firewall: " + SafeText.of(failure.message, most: 2_000)])
            + failure.reasons.flatMap { hanging("  " + paint("✗", .bad) + " ", 4, SafeText.of($0)) }
    }

    /// Broken between words.
    func wrapped(_ lines: [String]) -> [String] {
        guard let columns else { return lines }
        return lines.flatMap { LineWrap.wrap($0, columns: columns) }
    }

    /// Text behind a head, broken between words; all lines begin below the first.
    /// - Parameters:
    ///   - head: in colours or not; `width` columns wide, at least 2.
    func hanging(_ head: String, _ width: Int, _ text: String) -> [String] {
        guard let columns else { return [head + text] }
        // What LineWrap indents by, the first line has too, so that all are as wide.
        let lines = LineWrap.wrap("  " + text, columns: columns - width + 2)
        let space = String(repeating: " ", count: max(0, width - 2))
        return [head + (lines.first?.dropFirst(2) ?? "")] + lines.dropFirst().map { space + $0 }
    }
}
