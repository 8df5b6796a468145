extension Policy {
    /// What becomes different with another policy, a sentence each, in the order of the file; none if nothing does.
    package func changes(to new: Policy) -> [String] {
        var changes: [String] = []
        if defaultAction != new.defaultAction {
            changes.append(
                "New connections from outside that no rule decides are \(new.defaultAction.past), no longer \(defaultAction.past)."
            )
        }
        changes += ruleChanges(to: new)
        for list in ListName.allCases { changes += Self.entryChanges(list, from: self[list], to: new[list]) }
        changes += rateChanges(to: new) + feedChanges(to: new) + logChanges(to: new)
        if safety.confirmSeconds != new.safety.confirmSeconds {
            changes.append(
                "Changes are on trial for \(new.safety.confirmSeconds) s, no longer \(safety.confirmSeconds) s.")
        }
        if safety.isProtected != new.safety.isProtected {
            changes.append(
                new.safety.isProtected
                    ? "Other programs may no longer touch the table." : "Other programs may touch the table.")
        }
        if statisticsSeconds != new.statisticsSeconds {
            changes.append(
                "Statistics are recorded every \(new.statisticsSeconds) s, no longer \(statisticsSeconds) s.")
        }
        return changes
    }

    // MARK: Rules

    private func ruleChanges(to new: Policy) -> [String] {
        let old = Dictionary(rules.map { ($0.id, $0) }) { one, _ in one }
        let later = Dictionary(new.rules.map { ($0.id, $0) }) { one, _ in one }
        var changes: [String] = []
        for rule in rules where later[rule.id] == nil { changes.append("Rule \(rule.title) goes: \(rule.sentence).") }
        for rule in new.rules {
            guard let before = old[rule.id] else {
                changes.append("Rule \(rule.title) comes: \(rule.sentence)\(rule.isEnabled ? "" : " (switched off)").")
                continue
            }
            changes += before.changes(to: rule)
        }
        let kept = rules.map(\.id).filter { later[$0] != nil }
        let order = new.rules.map(\.id).filter { old[$0] != nil }
        if kept != order {
            let shown = order.prefix(20).map { "\($0)" }.joined(separator: ", ")
            changes.append("Rules are asked in another order: \(shown)\(order.count > 20 ? ", …" : "").")
        }
        return changes
    }

    // MARK: Lists

    private static func entryChanges(_ list: ListName, from old: [ListEntry], to new: [ListEntry]) -> [String] {
        let before = Dictionary(old.map { ($0.prefix, $0) }) { one, _ in one }
        let after = Dictionary(new.map { ($0.prefix, $0) }) { one, _ in one }
        let gone = old.filter { after[$0.prefix] == nil }.map { "\($0.prefix) leaves the \(list.rawValue)." }
        let changed = new.compactMap { entry -> String? in
            let end = entry.until.map { " until \(UTCTime(seconds: $0))" } ?? ""
            guard let old = before[entry.prefix] else { return "\(entry.prefix) joins the \(list.rawValue)\(end)." }
            if old.until != entry.until {
                return "\(entry.prefix) stays in the \(list.rawValue)\(end.isEmpty ? " without an end" : end)."
            }
            return old.note == entry.note ? nil : "The note of \(entry.prefix) in the \(list.rawValue) changes."
        }
        let all = gone + changed
        return all.count <= 50 ? all : all.prefix(50) + ["The \(list.rawValue) has \(all.count - 50) more changes."]
    }

    // MARK: The rest

    private func rateChanges(to new: Policy) -> [String] {
        guard rateLimit != new.rateLimit else { return [] }
        guard let limit = new.rateLimit else { return ["New connections are no longer limited."] }
        return [
            "A source may open \(limit.connections) connections in \(limit.seconds) s (IPv6 by /\(limit.ipv6Prefix)), "
                + "all together \(limit.globalPerSecond) a second."
        ]
    }

    private func feedChanges(to new: Policy) -> [String] {
        let old = Dictionary(feeds.map { ($0.name, $0) }) { one, _ in one }
        let gone = feeds.filter { feed in !new.feeds.contains { $0.name == feed.name } }
        return gone.map { "The feed \($0.name) is no longer used." }
            + new.feeds.compactMap { feed in
                guard let before = old[feed.name] else { return "The feed \(feed.name) is used: \(feed.sentence)." }
                return before == feed ? nil : "The feed \(feed.name) changes: \(feed.sentence)."
            }
    }

    private func logChanges(to new: Policy) -> [String] {
        guard log != new.log else { return [] }
        let log = new.log
        let sample = log.allowedSample == 0 ? "nothing" : "one in \(log.allowedSample)"
        return [
            "The log keeps \(log.blockedPerSecond) lines a second for each reason and \(sample) of what passes, "
                + "for \(log.retainDays) days and \(log.maximumMiB) MiB, over the groups \(log.blockedGroup) and \(log.allowedGroup)."
        ]
    }
}

extension FirewallRule.Action {
    /// `blocked`, `allowed`.
    package var past: String { self == .block ? "blocked" : "allowed" }
}

extension FirewallRule {
    /// `3 (Block Telnet)`.
    fileprivate var title: String { "\(id) (\(name))" }

    /// What it does: `block tcp to port 23 in from 192.0.2.0/24 on eth0`.
    package var sentence: String {
        var words = [
            action.rawValue, transport == .any ? (ports.isEmpty ? "everything" : "tcp and udp") : transport.rawValue,
        ]
        if !ports.isEmpty {
            let isOne = ports.count == 1 && ports[0].count == 1
            words.append("to port\(isOne ? "" : "s") \(ports.map { PortText.text($0) }.joined(separator: ", "))")
        }
        words.append(direction == .both ? "in and out" : direction.rawValue)
        if !sources.isEmpty { words.append("from \(Self.list(sources))") }
        if !destinations.isEmpty { words.append("to \(Self.list(destinations))") }
        if let interface { words.append("on \(interface)") }
        return words.joined(separator: " ")
    }

    private static func list(_ prefixes: [IPPrefix]) -> String {
        let shown = prefixes.prefix(8).map(\.description).joined(separator: ", ")
        return prefixes.count > 8 ? "\(shown) and \(prefixes.count - 8) more" : shown
    }

    /// What becomes different, a sentence each.
    fileprivate func changes(to new: FirewallRule) -> [String] {
        guard self != new else { return [] }
        var changes: [String] = []
        if isEnabled != new.isEnabled {
            changes.append("Rule \(new.title) is switched \(new.isEnabled ? "on" : "off"): \(new.sentence).")
        }
        if sentence != new.sentence || sources != new.sources || destinations != new.destinations {
            changes.append("Rule \(new.title) changes: \(new.sentence), no longer \(sentence).")
        }
        if name != new.name { changes.append("Rule \(id) is called \(new.name), no longer \(name).") }
        if note != new.note { changes.append("The note of rule \(new.title) changes.") }
        return changes
    }
}

extension FeedSource {
    fileprivate var sentence: String {
        guard isEnabled else { return "switched off" }
        let way = direction == .both ? "in and out" : direction.rawValue
        let spans = [interval, maximumAge].map { TimeSpan(seconds: Int64($0)).description }
        return "\(url) as \(format.rawValue), blocks \(way), fetched every \(spans[0]), dropped after \(spans[1])"
    }
}
