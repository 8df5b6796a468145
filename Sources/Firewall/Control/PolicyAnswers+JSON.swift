import JSONText

extension JSON {
    /// Texts, one after the other: no more and no longer ones than ``ControlFields/texts(_:most:)`` takes.
    static func texts(_ texts: [String], most: Int = 1_000) -> JSON {
        let isWhole = texts.count <= most
        let shown = isWhole ? texts[...] : texts.prefix(most - 1) + ["… and \(texts.count - most + 1) more"]
        return .array(shown.map { .string(clipped($0)) })
    }

    private static func clipped(_ text: String) -> String {
        guard text.utf8.count > ControlFields.longestOfTexts else { return text }
        var start = String.UnicodeScalarView()
        var bytes = "…".utf8.count
        for scalar in text.unicodeScalars {
            bytes += UTF8.width(scalar)
            guard bytes <= ControlFields.longestOfTexts else { break }
            start.append(scalar)
        }
        return String(start) + "…"
    }
}

extension StatusAnswer {
    var fields: [(String, JSON)] {
        [
            ("state", .string(state.rawValue)), ("posture", .int(posture.rawValue)),
            ("generation", .int(generation)), ("trialUntil", .integer(trialUntil)), ("since", .integer(since)),
            ("rules", .int(rules)), ("bans", .int(bans)), ("feedEntries", .int(feedEntries)),
            ("protected", .bool(isProtected)), ("policy", .string(policy)), ("problems", .texts(problems)),
        ]
    }

    init(_ fields: ControlFields) throws(ControlFailure) {
        self.init(
            state: try fields.choice("state"), posture: try Posture(control: fields),
            generation: try fields.int("generation"), trialUntil: try fields.optionalTime("trialUntil"),
            since: try fields.time("since"), rules: try fields.int("rules"), bans: try fields.int("bans"),
            feedEntries: try fields.int("feedEntries"), isProtected: try fields.bool("protected"),
            policy: try fields.text("policy", most: 4_096), problems: try fields.texts("problems"))
    }
}

extension RulesAnswer {
    var fields: [(String, JSON)] {
        [
            ("defaultAction", .string(defaultAction.rawValue)), ("trialUntil", .integer(trialUntil)),
            ("rules", .array(rows.map(\.json))),
        ]
    }

    init(_ fields: ControlFields) throws(ControlFailure) {
        self.init(
            try fields.array("rules", most: ControlAnswer.mostRows, RuleRow.init),
            defaultAction: try fields.choice("defaultAction"), trialUntil: try fields.optionalTime("trialUntil"))
    }
}

extension RuleRow {
    var json: JSON { ["rule": rule.json, "packets": .int(packets), "bytes": .int(bytes)] }

    init(_ node: JSONNode?) throws(ControlFailure) {
        let fields = try ControlFields(node, "a row")
        self.init(
            try FirewallRule(control: try fields.fields("rule")), packets: try fields.int("packets"),
            bytes: try fields.int("bytes"))
    }
}

extension ListAnswer {
    var fields: [(String, JSON)] {
        [
            ("list", .string(kind.rawValue)),
            (
                "entries",
                .array(
                    entries.map { entry in
                        [
                            "address": .string("\(entry.prefix)"),
                            "until": .integer(entry.until.map { Self.milliseconds($0) }), "note": .string(entry.note),
                        ]
                    })
            ),
        ]
    }

    private static func milliseconds(_ seconds: Int64) -> Int64 {
        let (product, isTooLarge) = seconds.multipliedReportingOverflow(by: 1_000)
        return isTooLarge
            ? Int64(ControlFields.times.upperBound) : min(max(product, 0), Int64(ControlFields.times.upperBound))
    }

    init(_ fields: ControlFields) throws(ControlFailure) {
        self.init(
            try fields.choice("list"),
            try fields.array("entries", most: 100_000) { node throws(ControlFailure) in
                let fields = try ControlFields(node, "an entry")
                return ListEntry(
                    try fields.prefix("address"), until: try fields.optionalTime("until").map { $0 / 1_000 },
                    note: try fields.optionalText("note") ?? "")
            })
    }
}

extension CheckAnswer {
    var fields: [(String, JSON)] {
        [
            ("refusals", .texts(refusals)), ("warnings", .texts(warnings, most: 10_000)),
            ("changes", .texts(changes, most: 10_000)),
        ]
    }

    init(_ fields: ControlFields) throws(ControlFailure) {
        self.init(
            refusals: try fields.texts("refusals"), warnings: try fields.texts("warnings", most: 10_000),
            changes: try fields.texts("changes", most: 10_000))
    }
}

extension ChangeAnswer {
    var fields: [(String, JSON)] {
        [
            ("subject", .string(subject)), ("trialUntil", .integer(trialUntil)), ("rule", .integer(rule)),
            ("changes", .texts(changes, most: 10_000)), ("warnings", .texts(warnings, most: 10_000)),
        ]
    }

    init(_ fields: ControlFields) throws(ControlFailure) {
        self.init(
            try fields.text("subject"), trialUntil: try fields.optionalTime("trialUntil"),
            rule: try fields.optionalInt("rule", 0...Int.max), changes: try fields.texts("changes", most: 10_000),
            warnings: try fields.texts("warnings", most: 10_000))
    }
}
