package import JSONText

/// Why kept bans cannot be read.
package struct BanStateError: Error, Hashable, Sendable, CustomStringConvertible {
    package var description: String

    init(_ description: String) { self.description = description }
}

extension BanState {
    /// `{"version":1,"time":{"wall":…,"steady":…},"boot":"…","bans":[…],"offenders":[…]}`.
    package var json: JSON {
        var fields = JSONFields([("version", .int(1))])
        if let time {
            fields.append("time", ["wall": .integer(time.wall), "steady": .integer(time.steady)])
        }
        fields.append("boot", .string(boot))
        fields.append("bans", .array(bans.map(Self.json)))
        fields.append(
            "offenders",
            .array(
                offenders.map {
                    ["target": .string("\($0.target)"), "offences": .int($0.offences), "since": .integer($0.since)]
                }))
        return .object(fields)
    }

    /// - Throws: ``BanStateError`` for what ``json`` would not write. Nothing of it is taken then.
    package init(json node: JSONNode) throws(BanStateError) {
        try Self.only(["version", "time", "boot", "bans", "offenders"], in: node)
        guard node["version"]?.int == 1 else { throw Self.wrong("version", node, "1") }
        if let clock = node["time"] {
            try Self.only(["wall", "steady"], in: clock)
            time = BanTime(wall: try Self.moment("wall", clock), steady: try Self.moment("steady", clock))
        }
        guard let boot = node["boot"]?.string else { throw Self.wrong("boot", node, "a string") }
        self.boot = boot
        var bans: [Ban] = []
        for row in try Self.rows("bans", node) { bans.append(try Self.ban(row)) }
        self.bans = bans
        var offenders: [Offender] = []
        for row in try Self.rows("offenders", node) { offenders.append(try Self.offender(row)) }
        self.offenders = offenders
    }

    private static func json(_ ban: Ban) -> JSON {
        [
            "targets": .array(ban.targets.map { .string("\($0)") }), "since": .integer(ban.since),
            "until": .integer(ban.until), "kind": .string(ban.kind.rawValue), "detail": .string(ban.detail),
            "offence": .int(ban.offence),
        ]
    }

    private static func ban(_ row: JSONNode) throws(BanStateError) -> Ban {
        try only(["targets", "since", "until", "kind", "detail", "offence"], in: row)
        var targets: [IPPrefix] = []
        for node in try rows("targets", row).prefix(BanLimits.targetsOfHost) { targets.append(try prefix(node)) }
        guard let kind = row["kind"]?.string.flatMap({ Report.Kind(rawValue: $0) }) else {
            throw wrong("kind", row, "a kind of report")
        }
        guard let detail = row["detail"]?.string else { throw wrong("detail", row, "a string") }
        return Ban(
            targets: targets, since: try moment("since", row), until: try moment("until", row), kind: kind,
            detail: Report.printable(detail), offence: try count("offence", row))
    }

    private static func offender(_ row: JSONNode) throws(BanStateError) -> Offender {
        try only(["target", "offences", "since"], in: row)
        guard let target = row["target"] else { throw wrong("target", row, "an address") }
        return Offender(
            target: try prefix(target), offences: try count("offences", row), since: try moment("since", row))
    }

    // MARK: Fields

    private static func rows(_ name: String, _ node: JSONNode) throws(BanStateError) -> [JSONNode] {
        guard let rows = node[name]?.array else { throw wrong(name, node, "an array") }
        guard rows.count <= 1 << 18 else { throw wrong(name, node, "at most \(1 << 18) entries") }
        return rows
    }

    private static func prefix(_ node: JSONNode) throws(BanStateError) -> IPPrefix {
        guard let text = node.string, let prefix = IPPrefix(text) else {
            throw BanStateError("line \(node.line), column \(node.column): an address is expected here")
        }
        return prefix
    }

    private static func moment(_ name: String, _ node: JSONNode) throws(BanStateError) -> Int64 {
        guard let value = node[name]?.int else { throw wrong(name, node, "a time in milliseconds") }
        return Int64(value)
    }

    private static func count(_ name: String, _ node: JSONNode) throws(BanStateError) -> Int {
        guard let value = node[name]?.int, (0...1_000).contains(value) else { throw wrong(name, node, "0 to 1000") }
        return value
    }

    private static func only(_ names: Set<String>, in node: JSONNode) throws(BanStateError) {
        guard let members = node.members else {
            throw BanStateError("line \(node.line), column \(node.column): an object is expected here")
        }
        if let other = members.first(where: { !names.contains($0.name) }) {
            throw BanStateError(
                "line \(other.nameLine), column \(other.nameColumn): \"\(other.name)\" is not known here")
        }
    }

    private static func wrong(_ name: String, _ node: JSONNode, _ what: String) -> BanStateError {
        let place = node[name] ?? node
        return BanStateError("line \(place.line), column \(place.column): \"\(name)\" has to be \(what)")
    }
}
