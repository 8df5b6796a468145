package import JSONText

extension ControlAnswer {
    /// The most bytes of an answer; all bans are the longest.
    package static let limit = 64 << 20

    /// What the line says that it is: the value of `answer`.
    private enum Kind: String, CaseIterable {
        case status, rules, list, bans, logs, stats, threats, why, posture, check, change, banned, done
    }

    // MARK: Writing

    /// One line, without its end.
    package var line: String { json.compact }

    package var json: JSON {
        switch self {
        case .status(let answer): Self.object(.status, answer.fields)
        case .rules(let answer): Self.object(.rules, answer.fields)
        case .list(let answer): Self.object(.list, answer.fields)
        case .bans(let rows): Self.object(.bans, [("bans", .array(rows.map(\.json)))])
        case .logs(let rows): Self.object(.logs, [("packets", .array(rows.map(\.json)))])
        case .statistics(let answer): Self.object(.stats, answer.fields)
        case .threats(let rows): Self.object(.threats, [("feeds", .array(rows.map(\.json)))])
        case .why(let answer): Self.object(.why, answer.fields)
        case .posture(let posture): Self.object(.posture, [("posture", .int(posture.rawValue))])
        case .check(let answer): Self.object(.check, answer.fields)
        case .change(let answer): Self.object(.change, answer.fields)
        case .banned(let row): Self.object(.banned, [("ban", row.json)])
        case .done(let words): Self.object(.done, [("words", .string(words))])
        case .failure(let failure): failure.json
        }
    }

    private static func object(_ kind: Kind, _ fields: [(String, JSON)]) -> JSON {
        .object(JSONFields([("ok", .bool(true)), ("answer", .string(kind.rawValue))] + fields))
    }

    // MARK: Reading

    /// Reads one line, without its end. Members that are not known are passed over, as the daemon may be younger than who asks.
    /// - Throws: `.usage` for whatever is no answer.
    package init(parsing line: some Collection<UInt8>) throws(ControlFailure) {
        let fields = try ControlFields(line: line, limit: Self.limit, values: 1 << 21, "the answer")
        guard try fields.bool("ok") else {
            self = .failure(try ControlFailure(fields))
            return
        }
        switch try fields.choice("answer", Kind.self) {
        case .status: self = .status(try StatusAnswer(fields))
        case .rules: self = .rules(try RulesAnswer(fields))
        case .list: self = .list(try ListAnswer(fields))
        case .bans: self = .bans(try fields.array("bans", most: Self.mostRows, BanRow.init))
        case .logs: self = .logs(try fields.array("packets", most: 10_000, PacketRow.init))
        case .stats: self = .statistics(try StatisticsAnswer(fields))
        case .threats: self = .threats(try fields.array("feeds", most: 1_000, FeedRow.init))
        case .why: self = .why(try WhyAnswer(fields))
        case .posture: self = .posture(try Posture(control: fields))
        case .check: self = .check(try CheckAnswer(fields))
        case .change: self = .change(try ChangeAnswer(fields))
        case .banned: self = .banned(try BanRow(fields.node("ban")))
        case .done: self = .done(try fields.text("words", most: 4_000))
        }
    }

    /// The most rows of an answer but the log's.
    package static let mostRows = 100_000
}

extension ControlFailure {
    /// One line, without its end.
    package var line: String { json.compact }

    package var json: JSON {
        var fields = JSONFields([("ok", false), ("status", .int(status.rawValue)), ("error", .string(message))])
        if !reasons.isEmpty { fields.append("reasons", .texts(reasons)) }
        return .object(fields)
    }

    init(_ fields: ControlFields) throws(ControlFailure) {
        // A status that is not known is that of whatever goes wrong.
        self.init(
            Status(rawValue: try fields.int("status", 1...255)) ?? .runtime, try fields.text("error", most: 16_000),
            reasons: try fields.texts("reasons"))
    }
}

extension Posture {
    init(control fields: ControlFields) throws(ControlFailure) {
        guard let posture = Posture(rawValue: try fields.int("posture", 1...5)) else {
            throw ControlFields.failure("“posture” is no whole number from 1 to 5")
        }
        self = posture
    }
}
