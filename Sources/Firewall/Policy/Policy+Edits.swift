extension Policy {
    /// The id that a new rule gets: one more than the highest, so that counters and old log lines of a removed rule are not taken for its.
    package var nextRuleID: Int {
        let highest = rules.map(\.id).max() ?? 0
        if highest < PolicyLimits.ids.upperBound { return highest + 1 }
        let used = Set(rules.map(\.id))
        return PolicyLimits.ids.first { !used.contains($0) } ?? 1
    }

    /// With a new rule, which gets the id ``nextRuleID``: at a place counted from 1, or at the end.
    /// - Throws: ``PolicyError`` for a rule that cannot be, a place that there is not, and when there are too many.
    package func adding(_ rule: FirewallRule, at place: Int? = nil) throws(PolicyError) -> Policy {
        var (policy, rule) = (self, rule)
        rule.id = nextRuleID
        try rule.check()
        guard rules.count < PolicyLimits.rules else {
            throw PolicyError(
                problem: "there are \(rules.count) rules, and no more can be",
                remedy: "remove one, or put ports together")
        }
        let place = place ?? rules.count + 1
        guard (1...rules.count + 1).contains(place) else {
            throw PolicyError(
                problem: "there is no place \(place) among \(rules.count) rules",
                remedy: "choose one from 1 to \(rules.count + 1)")
        }
        policy.rules.insert(rule, at: place - 1)
        return policy
    }

    /// - Throws: ``PolicyError`` if there is none of that id.
    package func removing(_ id: Int) throws(PolicyError) -> Policy {
        var policy = self
        policy.rules.remove(at: try index(of: id))
        return policy
    }

    /// With a rule switched: on if it was off, or as `isEnabled` says.
    /// - Throws: ``PolicyError`` if there is none of that id.
    package func toggling(_ id: Int, isEnabled: Bool? = nil) throws(PolicyError) -> Policy {
        var policy = self
        let index = try index(of: id)
        policy.rules[index].isEnabled = isEnabled ?? !rules[index].isEnabled
        return policy
    }

    /// With a rule at another place, counted from 1.
    /// - Throws: ``PolicyError`` if there is none of that id, or no such place.
    package func moving(_ id: Int, to place: Int) throws(PolicyError) -> Policy {
        var policy = self
        let rule = policy.rules.remove(at: try index(of: id))
        guard (1...rules.count).contains(place) else {
            throw PolicyError(
                problem: "there is no place \(place) among \(rules.count) rules",
                remedy: "choose one from 1 to \(rules.count)")
        }
        policy.rules.insert(rule, at: place - 1)
        return policy
    }

    private func index(of id: Int) throws(PolicyError) -> Int {
        if let index = rules.firstIndex(where: { $0.id == id }) { return index }
        guard !rules.isEmpty else {
            throw PolicyError(problem: "there is no rule \(id), and none at all", remedy: "add one with `add`")
        }
        let ids = rules.map(\.id).sorted()
        let some = ids.prefix(20).map { "\($0)" }.joined(separator: ", ")
        throw PolicyError(
            problem: "there is no rule \(id)",
            remedy: ids.count > 20 ? "there are \(some) and \(ids.count - 20) more" : "there are \(some)")
    }
}

extension Policy {
    package subscript(list: ListName) -> [ListEntry] {
        get { list == .whitelist ? whitelist : blacklist }
        set { if list == .whitelist { whitelist = newValue } else { blacklist = newValue } }
    }

    /// With an entry at the end of a list; one of the same network gives way to it.
    /// - Throws: ``PolicyError`` if it has expired at `now` (seconds since 1970), cannot be, or is one too many.
    package func adding(_ entry: ListEntry, to list: ListName, now: Int64) throws(PolicyError) -> Policy {
        try entry.check()
        guard !entry.isExpired(at: now) else {
            throw PolicyError(
                problem: "\(entry.prefix) would have ended before it began", remedy: "choose an end that is to come")
        }
        var policy = self
        policy[list].removeAll { $0.prefix == entry.prefix }
        guard policy[list].count < PolicyLimits.entries else {
            throw PolicyError(
                problem: "the \(list.rawValue) has \(PolicyLimits.entries) entries, and no more can be",
                remedy: "remove some, put networks together, or publish the list as a feed of the format plain")
        }
        policy[list].append(entry)
        return policy
    }

    /// Without the entry of exactly that network.
    /// - Throws: ``PolicyError`` if there is none, naming those that lie around it or in it.
    package func removing(_ prefix: IPPrefix, from list: ListName) throws(PolicyError) -> Policy {
        var policy = self
        policy[list].removeAll { $0.prefix == prefix }
        guard policy[list].count < self[list].count else {
            let near = self[list].map(\.prefix).filter { $0.overlaps(prefix) }.prefix(5)
            throw PolicyError(
                problem: "\(prefix) is not in the \(list.rawValue)",
                remedy: near.isEmpty
                    ? "see what is with `\(list.rawValue) list`"
                    : "it overlaps \(near.map(\.description).joined(separator: ", ")): remove that")
        }
        return policy
    }

    /// Without the entries whose time is over at `now`, in seconds since 1970; and those.
    package func purged(now: Int64) -> (policy: Policy, expired: [(list: ListName, entry: ListEntry)]) {
        var policy = self
        var expired: [(ListName, ListEntry)] = []
        for list in ListName.allCases {
            expired += self[list].filter { $0.isExpired(at: now) }.map { (list, $0) }
            policy[list].removeAll { $0.isExpired(at: now) }
        }
        return (policy, expired)
    }
}
