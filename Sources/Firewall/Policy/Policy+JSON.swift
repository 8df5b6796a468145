package import JSONText

extension Policy {
    /// The file's text in its one form, which ``init(parsing:name:)`` reads back as the same policy. Ends with a line break.
    package var json: String { jsonValue.pretty + "\n" }

    /// The text for the file, when it is certain that it can be read again.
    /// - Throws: ``PolicyError`` for a value out of range, and for more text than a file may have.
    package func written() throws(PolicyError) -> String {
        let text = json
        guard try Policy(parsing: text, name: "the new policy") == self else {
            throw PolicyError(
                file: "the new policy", problem: "its text would be read as another one", remedy: "undo the last change"
            )
        }
        return text
    }

    /// The same as a value, for answers that contain it.
    package var jsonValue: JSON {
        [
            "version": .int(PolicyLimits.version),
            "defaultPolicy": .string(defaultAction.rawValue),
            "rules": .array(rules.map(\.json)),
            "whitelist": .array(whitelist.map(\.json)),
            "blacklist": .array(blacklist.map(\.json)),
            "rateLimit": rateLimit?.json ?? .null,
            "threatIntel": ["feeds": .array(feeds.map(\.json))],
            "log": log.json,
            "safety": ["confirmSeconds": .int(safety.confirmSeconds), "protect": .bool(safety.isProtected)],
            "statistics": ["seconds": .int(statisticsSeconds)],
        ]
    }
}

extension FirewallRule {
    /// As in the rules file; what is left at its default does not appear.
    package var json: JSON {
        var fields: JSONFields = [
            "id": .int(id), "name": .string(name), "action": .string(action.rawValue),
            "protocol": .string(transport.rawValue),
        ]
        if !ports.isEmpty { fields.append("ports", .array(ports.map { .string(PortText.text($0)) })) }
        fields.append("direction", .string(direction.rawValue))
        if !sources.isEmpty { fields.append("source", .array(sources.map { .string($0.description) })) }
        if !destinations.isEmpty { fields.append("destination", .array(destinations.map { .string($0.description) })) }
        if let interface { fields.append("interface", .string(interface)) }
        fields.append("enabled", .bool(isEnabled))
        if !note.isEmpty { fields.append("note", .string(note)) }
        return .object(fields)
    }
}

extension ListEntry {
    /// As in the rules file: the address alone where there is nothing else to say.
    package var json: JSON {
        guard until != nil || !note.isEmpty else { return .string(prefix.description) }
        var fields: JSONFields = ["addr": .string(prefix.description)]
        fields.append("until", until.map { .string(UTCTime(seconds: $0).description) } ?? .null)
        if !note.isEmpty { fields.append("note", .string(note)) }
        return .object(fields)
    }
}

extension RateLimit {
    package var json: JSON {
        [
            "connections": .int(connections), "seconds": .int(seconds), "ipv6Prefix": .int(ipv6Prefix),
            "globalPerSecond": .int(globalPerSecond),
        ]
    }
}

extension FeedSource {
    package var json: JSON {
        [
            "name": .string(name), "url": .string(url), "format": .string(format.rawValue),
            "direction": .string(direction.rawValue),
            "interval": .string(TimeSpan(seconds: Int64(interval)).description),
            "maximumAge": .string(TimeSpan(seconds: Int64(maximumAge)).description), "enabled": .bool(isEnabled),
        ]
    }
}

extension LogPolicy {
    package var json: JSON {
        [
            "blockedPerSecond": .int(blockedPerSecond), "allowedOneIn": .int(allowedSample),
            "retainDays": .int(retainDays), "maximumMiB": .int(maximumMiB), "blockedGroup": .int(Int(blockedGroup)),
            "allowedGroup": .int(Int(allowedGroup)),
        ]
    }
}
