package import Firewall

/// The rules, the two lists, and what a change of them did.
extension ViewStyle {
    package func lines(_ answer: RulesAnswer) -> [String] {
        if answer.rows.isEmpty, !isPlain {
            return [
                "There are no rules. Add one: conclave-firewall add \"Block Telnet\" block --protocol tcp --ports 23"
            ]
                + footer(answer)
        }
        var table = ViewTable(
            [
                .init(title: "ID", isRight: true), .init(title: "STATE"), .init(title: "ACTION"),
                .init(title: "PROTO"), .init(title: "PORTS", least: 11, isOptional: true),
                .init(title: "DIR", rank: isUniform(answer) ? 2 : 0), .init(title: "HITS", isRight: true),
                .init(title: "BYTES", isRight: true, rank: 3), .init(title: "NAME", least: 12),
            ] + places, style: self)
        for row in answer.rows {
            let rule = row.rule
            let tone: Tone = rule.isEnabled ? .plain : .dim
            let cells: [ViewTable.Cell] = [
                .init("\(rule.id)", tone), rule.isEnabled ? .init("on", .good) : .init("off", .dim),
                .init(rule.action.rawValue, !rule.isEnabled ? .dim : rule.action == .block ? .bad : .good),
                .init(rule.transport.rawValue, tone), .init(RuleWords.ports(rule), tone),
                .init(rule.direction.rawValue, tone), .init(number(row.packets), tone),
                .init(isPlain ? "\(row.bytes)" : row.bytes.size, tone), .init(rule.name, tone),
            ]
            table.add(cells + places(rule).map { .init($0, tone) })
        }
        return table.lines() + (isPlain ? [] : footer(answer))
    }

    /// Where from, where to and over which card: in a pipe each for itself; on a terminal together, as few rules have any.
    private var places: [ViewTable.Column] {
        if isPlain { return [.init(title: "FROM"), .init(title: "TO"), .init(title: "CARD")] }
        return [.init(title: "WHERE", least: 12, isOptional: true)]
    }

    private func places(_ rule: FirewallRule) -> [String] {
        let sources = RuleWords.prefixes(rule.sources)
        let destinations = RuleWords.prefixes(rule.destinations)
        if isPlain { return [sources, destinations, rule.interface ?? ""] }
        let parts = [("from ", sources), ("to ", destinations), ("on ", rule.interface ?? "")]
        return [parts.filter { !$0.1.isEmpty }.map { $0.0 + $0.1 }.joined(separator: " ")]
    }

    /// Whether all rules are about what comes in, so that their direction says little.
    private func isUniform(_ answer: RulesAnswer) -> Bool { answer.rows.allSatisfy { $0.rule.direction == .in } }

    private func footer(_ answer: RulesAnswer) -> [String] {
        let end =
            answer.defaultAction == .allow
            ? "What no rule decides is allowed." : "New inbound connections that no rule decides are blocked."
        return wrapped([paint(end, .dim)] + trial(answer.trialUntil))
    }

    private func trial(_ until: Int64?) -> [String] {
        guard let until else { return [] }
        return [
            paint("On trial", .open)
                + " until \(timeOfDay(until)) (\(rest(until)) left). Keep it: conclave-firewall confirm"
        ]
    }

    package func lines(_ answer: ListAnswer) -> [String] {
        if answer.entries.isEmpty, !isPlain {
            return ["The \(answer.kind) is empty. Add to it: conclave-firewall \(answer.kind) add ADDRESS"]
        }
        var table = ViewTable(
            [.init(title: "ADDRESS"), .init(title: isPlain ? "UNTIL" : "ENDS IN"), .init(title: "NOTE", least: 12)],
            style: self)
        for entry in answer.entries {
            let tone: Tone = answer.kind == .whitelist ? .good : .bad
            let until = entry.until.map { $0.multipliedReportingOverflow(by: 1_000) }
            table.add([
                .init("\(entry.prefix)", tone), .init(rest(until.map { $0.overflow ? .max : $0.partialValue })),
                .init(entry.note),
            ])
        }
        return table.lines()
    }

    /// - Parameter isTakenBack: the answer is that to `revert`.
    package func lines(_ answer: ChangeAnswer, isTakenBack: Bool = false) -> [String] {
        let subject = SafeText.of(answer.subject)
        let changes = answer.changes.map { "  " + SafeText.of($0) }
        let warnings = answer.warnings.map { paint("Warning:", .open) + " " + SafeText.of($0) }
        guard let until = answer.trialUntil else {
            return ["\(subject) is \(isTakenBack ? "taken back" : "in force")."] + changes + warnings
        }
        return ["\(subject) is on \(paint("trial", .open)) for \(trialWords(until)). Run: conclave-firewall confirm"]
            + changes + warnings
    }

    private func trialWords(_ until: Int64) -> String {
        // Rounded, as the daemon's clock is a little ahead of this moment.
        let (left, isTooLarge) = until.subtractingReportingOverflow(now)
        return isTooLarge || left < 0 ? "0 s" : "\((left + 500) / 1_000) s"
    }

    package func lines(_ answer: CheckAnswer) -> [String] {
        var lines: [String] = []
        if answer.refusals.isEmpty {
            lines.append(paint("OK", .good) + "  Nobody who must get in is locked out.")
        } else {
            lines.append(paint("REFUSED", .bad) + "  The policy would lock out:")
            lines += answer.refusals.flatMap { hanging("  " + paint("✗", .bad) + " ", 4, SafeText.of($0)) }
        }
        lines += answer.warnings.flatMap { hanging("  " + paint("!", .open) + " ", 4, SafeText.of($0)) }
        if !answer.changes.isEmpty {
            lines.append("Changes against what is in force:")
            lines += answer.changes.flatMap { hanging("  ", 2, SafeText.of($0)) }
        }
        return lines
    }
}
