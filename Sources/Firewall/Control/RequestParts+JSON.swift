import JSONText

extension SSHConnection {
    /// `nil` when there is none.
    init?(_ fields: ControlFields) throws(ControlFailure) {
        guard let text = try fields.optionalText("ssh", most: 160) else { return nil }
        guard let connection = SSHConnection(text) else {
            throw ControlFields.failure("“ssh” is not of the form “192.0.2.7 51234 192.0.2.1 22”")
        }
        self = connection
    }
}

extension PolicyChange {
    static let names = ["trial", "force", "ssh"]

    func write(to fields: inout JSONFields) {
        switch trial {
        case .standard: break
        case .seconds(let seconds): fields.append("trial", .int(seconds))
        case .none: fields.append("trial", .int(0))
        }
        if isForced { fields.append("force", .bool(true)) }
        if let connection { fields.append("ssh", .string("\(connection)")) }
    }

    init(_ fields: ControlFields) throws(ControlFailure) {
        let seconds = try fields.optionalInt("trial", 0...3_600)
        switch seconds {
        case nil: trial = .standard
        case 0?: trial = .none
        case let seconds? where seconds >= 5: trial = .seconds(seconds)
        default: throw ControlFields.failure("“trial” is neither 0 nor a whole number from 5 to 3600")
        }
        isForced = try fields.bool("force")
        connection = try SSHConnection(fields)
    }
}

extension LogQuery {
    func write(to fields: inout JSONFields) {
        fields.append("type", .string(kind.rawValue))
        fields.append("limit", .int(limit))
        if let since { fields.append("since", .integer(since)) }
        if let source { fields.append("source", .string("\(source)")) }
        if let port { fields.append("port", .integer(port)) }
        if let reason { fields.append("reason", .string(reason)) }
        if let after { fields.append("after", .integer(after)) }
        if follows { fields.append("follow", .bool(true)) }
    }

    init(_ fields: ControlFields) throws(ControlFailure) {
        try fields.only(["op", "type", "limit", "since", "source", "port", "reason", "after", "follow"])
        self.init(
            try fields.optionalChoice("type") ?? .blocked, limit: try fields.optionalInt("limit", 1...10_000) ?? 50,
            since: try fields.optionalTime("since"), source: try fields.optionalPrefix("source"),
            port: try fields.optionalPort("port"), reason: try fields.optionalText("reason", most: 64),
            after: try fields.optionalInt("after", 0...Int.max).map(Int64.init), follows: try fields.bool("follow"))
    }
}

extension WhyQuestion {
    func write(to fields: inout JSONFields) {
        fields.append("address", .string("\(address)"))
        if let port { fields.append("port", .integer(port)) }
        fields.append("protocol", .string(transport.rawValue))
        fields.append("direction", .string(isOutbound ? "out" : "in"))
    }

    init(_ fields: ControlFields) throws(ControlFailure) {
        try fields.only(["op", "address", "port", "protocol", "direction"])
        let direction = try fields.optionalChoice("direction", FirewallRule.Direction.self) ?? .in
        guard direction != .both else { throw ControlFields.failure("“direction” is neither in nor out") }
        self.init(
            try fields.address("address"), port: try fields.optionalPort("port"),
            transport: try fields.optionalChoice("protocol") ?? .tcp, isOutbound: direction == .out)
    }
}

extension FirewallRule {
    /// As ``json`` writes it. Whether the rule makes sense is the policy's to say.
    init(control fields: ControlFields) throws(ControlFailure) {
        try fields.only([
            "id", "name", "action", "protocol", "ports", "direction", "source", "destination", "interface", "enabled",
            "note",
        ])
        self.init(
            id: try fields.optionalInt("id", 0...Int(Int32.max)) ?? 0, name: try fields.text("name", most: 256),
            action: try fields.choice("action"), transport: try fields.optionalChoice("protocol") ?? .any,
            ports: try fields.array("ports", most: 1_024) { node throws(ControlFailure) in
                guard let range = node.string.flatMap({ try? PortText.range($0) }) else {
                    throw ControlFields.failure("“ports” holds something else than ports such as “23” and “5900-5910”")
                }
                return range
            },
            direction: try fields.optionalChoice("direction") ?? .in,
            sources: try fields.prefixes("source", most: 1_024),
            destinations: try fields.prefixes("destination", most: 1_024),
            interface: try fields.optionalText("interface", most: 64),
            isEnabled: fields.node("enabled") == nil ? true : try fields.bool("enabled"),
            note: try fields.optionalText("note") ?? "")
    }
}
