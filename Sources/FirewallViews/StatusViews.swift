package import Firewall

/// How the firewall is, and what it counted.
extension ViewStyle {
    package func lines(_ answer: StatusAnswer) -> [String] {
        let state =
            switch answer.state {
            case .on: paint("ON", .good)
            case .trial: paint("ON TRIAL", .open)
            case .off: paint("OFF", .bad)
            }
        var facts = [
            fact(
                "state",
                state + (answer.state == .off ? "  nothing is blocked. Turn it on: conclave-firewall apply" : "")),
            fact("posture", posture(answer.posture)),
            fact("policy", SafeText.of(answer.policy) + paint("  generation \(answer.generation)", .dim)),
            fact("rules", number(answer.rules)), fact("bans", number(answer.bans)),
            fact("threats", number(answer.feedEntries)),
            fact("protected", answer.isProtected ? "yes: no other program can change the table" : "no"),
            fact("running", isPlain ? "since " + moment(answer.since) : "for " + age(answer.since)),
        ]
        if let until = answer.trialUntil {
            let end = isPlain ? "ends \(moment(until))" : "ends in \(rest(until)). Keep it: conclave-firewall confirm"
            facts.insert(fact("trial", end), at: 1)
        }
        facts += answer.problems.map { fact("problem", paint(SafeText.of($0), .bad)) }
        return facts.flatMap(\.self)
    }

    package func posture(_ posture: Posture) -> String {
        "\(posture.rawValue) " + paint(posture.name, posture.tone) + paint("  \(posture.words)", .dim)
    }

    /// All five, and which it is.
    package func lines(_ posture: Posture) -> [String] {
        if isPlain { return ["\(posture.rawValue)\t\(posture.name)"] }
        return Posture.allCases.sorted(by: >).flatMap { each in
            let name = each.name + String(repeating: " ", count: max(0, 10 - each.name.count))
            let head = (each == posture ? paint("→ ", .bold) : "  ") + "\(each.rawValue) " + paint(name, each.tone)
            return hanging(head, 14, paint(each.words, .dim))
        }
    }

    /// A name, and beside it what is said of it.
    private func fact(_ name: String, _ value: String, width: Int = 11) -> [String] {
        if isPlain { return ["\(name)\t\(value)"] }
        let head = name + String(repeating: " ", count: max(0, width - name.count))
        return hanging(paint(head, .dim), max(width, name.count), value)
    }

    package func lines(_ answer: StatisticsAnswer) -> [String] {
        var table = ViewTable(
            [
                .init(title: "COUNTER", least: 12), .init(title: "PACKETS", isRight: true),
                .init(title: "BYTES", isRight: true), .init(title: "PER SECOND", isRight: true),
            ], style: self)
        for counter in sorted(answer.counters) {
            let tone: Tone = counter.packets == 0 ? .dim : counter.perSecond > 0 ? .bold : .plain
            table.add([
                .init(counterWords(counter.name), tone), .init(number(counter.packets), tone),
                .init(isPlain ? "\(counter.bytes)" : counter.bytes.size, tone),
                .init(counter.perSecond.tenths, tone),
            ])
        }
        func statistic(_ name: String, _ value: String) -> [String] { fact(name, value, width: 15) }
        let facts = [
            statistic("counted", isPlain ? "since " + moment(answer.since) : "for " + age(answer.since)),
            statistic("bans", number(answer.bans)),
            statistic(
                "authenticated",
                number(answer.authenticated)
                    + (isPlain ? "" : paint("  addresses from which somebody logged in to the chat", .dim))),
            statistic("threats", number(answer.feedEntries)),
            statistic(
                "log",
                isPlain
                    ? "\(answer.blockedRows)\t\(answer.allowedRows)\t\(answer.storeBytes)"
                    : "\(answer.blockedRows.grouped) blocked, \(answer.allowedRows.grouped) allowed, \(answer.storeBytes.size)"
            ),
            statistic(
                "lost",
                number(answer.lost)
                    + (isPlain ? "" : paint("  packets of which the log has no line; counters have all", .dim))),
            statistic("memory", isPlain ? "\(answer.memory)" : answer.memory.size),
        ]
        return table.lines() + (isPlain ? [] : [""]) + facts.flatMap(\.self)
    }

    /// What a counter counts, in words; in a pipe its name. `rule_3` is `rule 3` in both.
    private func counterWords(_ name: String) -> String {
        if name.hasPrefix("rule_") { return "rule " + name.dropFirst(5) }
        return isPlain ? name : Self.counters.first { $0.name == name }?.words ?? name
    }

    /// In the order in which they are shown on a terminal; rules follow.
    private static let counters: [(name: String, words: String)] = [
        ("lo", "passed: this machine with itself"), ("allow", "passed: whitelist"),
        ("est", "passed: connections that are there"), ("essential", "passed: what networks need"),
        ("pass", "passed: new connections"), ("out", "passed: going out"), ("deny", "blocked: blacklist"),
        ("deny_out", "blocked: blacklist, going out"), ("ban", "blocked: bans"), ("feed", "blocked: threat lists"),
        ("c2", "blocked: threat lists, going out"), ("rate", "blocked: rate limit"),
        ("global", "blocked: limit of all together"), ("posture", "blocked: posture"),
        ("default", "blocked: no rule allows it"),
    ]

    private func sorted(_ counters: [StatisticsAnswer.Counter]) -> [StatisticsAnswer.Counter] {
        if isPlain { return counters }
        func place(_ counter: StatisticsAnswer.Counter) -> Int {
            Self.counters.firstIndex { $0.name == counter.name } ?? Self.counters.count
        }
        return counters.enumerated().sorted { (place($0.element), $0.offset) < (place($1.element), $1.offset) }
            .map(\.element)
    }
}
