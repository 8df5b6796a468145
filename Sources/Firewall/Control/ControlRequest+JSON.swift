package import JSONText

extension ControlRequest {
    /// The most bytes of a request; a policy's text is the longest.
    package static let limit = 16 << 20

    /// JSON values of a request: a rule with all its ports and addresses has fewer.
    private static let mostValues = 8_192

    /// What the line says that it is: the value of `op`.
    private enum Operation: String, CaseIterable {
        case status, rules, list, bans, logs, stats, threats, why, posture, check
        case add, remove, toggle
        case listAdd = "list-add"
        case listRemove = "list-remove"
        case apply
        case setPosture = "set-posture"
        case confirm, revert, off, ban, unban
        case acceptThreats = "accept-threats"
        case report, authenticated
    }

    // MARK: Writing

    /// One line, without its end.
    package var line: String { json.compact }

    package var json: JSON {
        var fields = JSONFields([("op", .string(operation.rawValue))])
        switch self {
        case .list(let kind): fields.append("list", .string(kind.rawValue))
        case .logs(let query): query.write(to: &fields)
        case .why(let question): question.write(to: &fields)
        case .check(let text, let connection):
            fields.append("policy", .string(text))
            fields.append("ssh", .string(connection?.description))
        case .addRule(let rule, let position, let change):
            fields.append("rule", rule.json)
            if case .place(let place) = position { fields.append("position", .int(place)) }
            change.write(to: &fields)
        case .removeRule(let id, let change), .toggleRule(let id, let change):
            fields.append("id", .int(id))
            change.write(to: &fields)
        case .addToList(let kind, let prefix, let seconds, let note, let change):
            fields.append("list", .string(kind.rawValue))
            fields.append("address", .string("\(prefix)"))
            if let seconds { fields.append("seconds", .int(seconds)) }
            fields.append("note", .string(note))
            change.write(to: &fields)
        case .removeFromList(let kind, let prefix, let change):
            fields.append("list", .string(kind.rawValue))
            fields.append("address", .string("\(prefix)"))
            change.write(to: &fields)
        case .apply(let text, let change):
            fields.append("policy", .string(text))
            change.write(to: &fields)
        case .setPosture(let posture, let change):
            fields.append("posture", .int(posture.rawValue))
            change.write(to: &fields)
        case .ban(let addresses, let seconds, let detail):
            fields.append("addresses", .array(addresses.map { .string("\($0)") }))
            if let seconds { fields.append("seconds", .int(seconds)) }
            fields.append("detail", .string(detail))
        case .unban(let prefix): fields.append("address", .string("\(prefix)"))
        case .acceptThreats(let feed): fields.append("feed", .string(feed))
        case .report(let report): report.writeControl(to: &fields)
        case .authenticated(let addresses):
            fields.append("addresses", .array(addresses.map { .string("\($0)") }))
        case .status, .rules, .bans, .statistics, .threats, .posture, .confirm, .revert, .off: break
        }
        return .object(fields)
    }

    /// What its line has as `op`.
    package var operationName: String { operation.rawValue }

    private var operation: Operation {
        switch self {
        case .status: .status
        case .rules: .rules
        case .list: .list
        case .bans: .bans
        case .logs: .logs
        case .statistics: .stats
        case .threats: .threats
        case .why: .why
        case .posture: .posture
        case .check: .check
        case .addRule: .add
        case .removeRule: .remove
        case .toggleRule: .toggle
        case .addToList: .listAdd
        case .removeFromList: .listRemove
        case .apply: .apply
        case .setPosture: .setPosture
        case .confirm: .confirm
        case .revert: .revert
        case .off: .off
        case .ban: .ban
        case .unban: .unban
        case .acceptThreats: .acceptThreats
        case .report: .report
        case .authenticated: .authenticated
        }
    }

    // MARK: Reading

    /// Reads one line, without its end.
    /// - Throws: `.usage` for whatever is no request; nothing is guessed, and no member too many is passed over.
    package init(parsing line: some Collection<UInt8>) throws(ControlFailure) {
        let fields = try ControlFields(line: line, limit: Self.limit, values: Self.mostValues, "the request")
        switch try fields.choice("op", Operation.self) {
        case .status: self = try Self.bare(.status, fields)
        case .rules: self = try Self.bare(.rules, fields)
        case .bans: self = try Self.bare(.bans, fields)
        case .stats: self = try Self.bare(.statistics, fields)
        case .threats: self = try Self.bare(.threats, fields)
        case .posture: self = try Self.bare(.posture, fields)
        case .confirm: self = try Self.bare(.confirm, fields)
        case .revert: self = try Self.bare(.revert, fields)
        case .off: self = try Self.bare(.off, fields)
        case .list: self = try Self.list(fields)
        case .logs: self = .logs(try LogQuery(fields))
        case .why: self = .why(try WhyQuestion(fields))
        case .check: self = try Self.check(fields)
        case .add: self = try Self.addRule(fields)
        case .remove: self = .removeRule(try Self.id(fields), try PolicyChange(fields))
        case .toggle: self = .toggleRule(try Self.id(fields), try PolicyChange(fields))
        case .listAdd: self = try Self.addToList(fields)
        case .listRemove: self = try Self.removeFromList(fields)
        case .apply: self = try Self.apply(fields)
        case .setPosture: self = try Self.setPosture(fields)
        case .ban: self = try Self.ban(fields)
        case .unban: self = try Self.unban(fields)
        case .acceptThreats: self = try Self.acceptThreats(fields)
        case .report: self = .report(try Report(control: fields))
        case .authenticated:
            try fields.only(["op", "addresses"])
            self = .authenticated(try fields.addresses("addresses", most: 64))
        }
    }

    private static func bare(_ request: ControlRequest, _ fields: ControlFields) throws(ControlFailure) -> Self {
        try fields.only(["op"])
        return request
    }

    private static func list(_ fields: ControlFields) throws(ControlFailure) -> Self {
        try fields.only(["op", "list"])
        return .list(try fields.choice("list"))
    }

    private static func check(_ fields: ControlFields) throws(ControlFailure) -> Self {
        try fields.only(["op", "policy", "ssh"])
        return .check(text: try fields.optionalText("policy", most: limit), try SSHConnection(fields))
    }

    private static func addRule(_ fields: ControlFields) throws(ControlFailure) -> Self {
        try fields.only(["op", "rule", "position"] + PolicyChange.names)
        let place = try fields.optionalInt("position", 1...1_000_000)
        return .addRule(
            try FirewallRule(control: try fields.fields("rule")), place.map { .place($0) } ?? .end,
            try PolicyChange(fields))
    }

    private static func id(_ fields: ControlFields) throws(ControlFailure) -> Int {
        try fields.only(["op", "id"] + PolicyChange.names)
        return try fields.int("id", 1...Int(Int32.max))
    }

    private static func addToList(_ fields: ControlFields) throws(ControlFailure) -> Self {
        try fields.only(["op", "list", "address", "seconds", "note"] + PolicyChange.names)
        return .addToList(
            try fields.choice("list"), try fields.prefix("address"), seconds: try fields.optionalInt("seconds", spans),
            note: try fields.optionalText("note") ?? "", try PolicyChange(fields))
    }

    private static func removeFromList(_ fields: ControlFields) throws(ControlFailure) -> Self {
        try fields.only(["op", "list", "address"] + PolicyChange.names)
        return .removeFromList(try fields.choice("list"), try fields.prefix("address"), try PolicyChange(fields))
    }

    private static func apply(_ fields: ControlFields) throws(ControlFailure) -> Self {
        try fields.only(["op", "policy"] + PolicyChange.names)
        return .apply(text: try fields.optionalText("policy", most: limit), try PolicyChange(fields))
    }

    private static func setPosture(_ fields: ControlFields) throws(ControlFailure) -> Self {
        try fields.only(["op", "posture"] + PolicyChange.names)
        guard let posture = Posture(rawValue: try fields.int("posture", 1...5)) else {
            throw ControlFields.failure("“posture” is no whole number from 1 to 5")
        }
        return .setPosture(posture, try PolicyChange(fields))
    }

    private static func ban(_ fields: ControlFields) throws(ControlFailure) -> Self {
        try fields.only(["op", "addresses", "seconds", "detail"])
        return .ban(
            try fields.addresses("addresses", most: 8), seconds: try fields.optionalInt("seconds", spans),
            detail: try fields.optionalText("detail") ?? "")
    }

    private static func unban(_ fields: ControlFields) throws(ControlFailure) -> Self {
        try fields.only(["op", "address"])
        return .unban(try fields.prefix("address"))
    }

    private static func acceptThreats(_ fields: ControlFields) throws(ControlFailure) -> Self {
        try fields.only(["op", "feed"])
        return .acceptThreats(feed: try fields.text("feed", most: 32))
    }

    /// Seconds for which something may be asked: up to ten years.
    package static let spans = 1...Int(TimeSpan.longest)
}
