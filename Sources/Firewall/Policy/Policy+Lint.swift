extension Policy {
    /// What probably is not meant; see ``lint(now:)``, without what depends on the time.
    package var lint: [PolicyWarning] { lint(now: nil) }

    /// What probably is not meant, in the order of the file: none of it is an error.
    /// - Parameter now: seconds since 1970, to find entries whose time is over.
    package func lint(now: Int64?) -> [PolicyWarning] {
        ruleWarnings() + whitelistWarnings() + entryWarnings(now: now)
    }

    // MARK: Rules

    /// Ranges that are compared in search of rules that never fit, or are for nothing: a fraction of a second. What 4,096 rules can hold would
    /// take minutes.
    private static let comparisons = 20_000_000

    private func ruleWarnings() -> [PolicyWarning] {
        var warnings: [PolicyWarning] = []
        var earlier: [RuleReach] = []
        let reaches = rules.map(RuleReach.init)
        var budget = Self.comparisons
        for (index, rule) in rules.enumerated() {
            func warn(_ kind: PolicyWarning.Kind, _ words: String) {
                warnings.append(PolicyWarning(kind, field: "rules[\(index)]", rule: rule.id, words))
            }
            guard rule.isEnabled else { continue }
            let reach = reaches[index]
            if reach.isEmpty {
                warn(.mixedFamilies, "rule \(rule.id) fits no packet: its sources and destinations share no family")
                continue
            }
            if rule.interface == "lo" {
                warn(.loopback, "rule \(rule.id) is about lo, where everything is allowed; remove it")
                continue
            }
            let cover = earlier.first {
                budget -= $0.cost(with: reach)
                return budget <= 0 || $0.covers(reach)
            }
            guard budget > 0 else {
                warn(.notCompared, "rule \(rule.id) and those behind it are too many to compare; put ports together")
                break
            }
            if let cover {
                let words = "rule \(rule.id) never fits, as rule \(cover.rule.id) before it decides the same packets"
                warn(
                    .neverFits, words + (cover.rule.action == rule.action ? "; remove it" : "; move it before that one")
                )
            } else if rule.action == .allow, isWithoutEffect(reach, before: reaches[(index + 1)...], &budget) {
                let but = rule.direction == .out ? "" : " but posture 3"
                warn(.noEffect, "rule \(rule.id) allows what nothing would block\(but); remove it, or block the rest")
            }
            if rule.action == .block, reach.isEverything {
                let way = rule.direction == .both ? "in and out" : rule.direction.rawValue
                warn(
                    .blocksEverything,
                    "rule \(rule.id) blocks everything \(way); name ports or addresses if not meant so")
            }
            earlier.append(reach)
        }
        return warnings
    }

    /// Whether no later rule, and not the default, would block what the rule allows. One with ports may be there for posture 3, in which
    /// all is closed that no rule opens.
    private func isWithoutEffect(_ reach: RuleReach, before later: ArraySlice<RuleReach>, _ budget: inout Int) -> Bool {
        guard defaultAction == .allow || reach.rule.direction == .out else { return false }
        if reach.rule.direction != .out, !reach.rule.ports.isEmpty { return false }
        for other in later where other.rule.isEnabled && other.rule.action == .block {
            budget -= other.cost(with: reach)
            guard budget > 0, !other.overlaps(reach) else { return false }
        }
        return true
    }

    // MARK: Lists

    private func whitelistWarnings() -> [PolicyWarning] {
        whitelist.enumerated().compactMap { index, entry in
            guard entry.prefix.length == 0 else { return nil }
            let words =
                "\(entry.prefix) lets everybody in by \(entry.prefix.family.name), whatever else is said; remove it"
            return PolicyWarning(.allowsEverything, field: "whitelist[\(index)]", words)
        }
    }

    private func entryWarnings(now: Int64?) -> [PolicyWarning] {
        let isLive = { (entry: ListEntry) in now.map { !entry.isExpired(at: $0) } ?? true }
        let allowed = AddressSet(whitelist.filter { isLive($0) && $0.until == nil }.map(\.prefix))
        var warnings: [PolicyWarning] = []
        for list in ListName.allCases {
            let cover = EntryCover(self[list].filter(isLive))
            for (index, entry) in self[list].enumerated() {
                func warn(_ kind: PolicyWarning.Kind, _ words: String) {
                    warnings.append(PolicyWarning(kind, field: "\(list.rawValue)[\(index)]", words))
                }
                if let now, let until = entry.until, entry.isExpired(at: now) {
                    warn(.expired, "\(entry.prefix) ended on \(UTCTime(seconds: until)); remove it")
                } else if list == .blacklist, allowed.contains(entry.prefix) {
                    warn(
                        .whitelisted,
                        "\(entry.prefix) is wholly in the whitelist, which wins; remove it from one of them")
                } else if list == .blacklist, entry.prefix.length == 0 {
                    let words = "\(entry.prefix) blocks everybody by \(entry.prefix.family.name), in and out"
                    warn(.blocksEverything, words + "; name networks if not meant so")
                } else if let other = cover.entry(around: entry) {
                    warn(.covered, "\(entry.prefix) lies within \(other.prefix), which lasts as long; remove it")
                }
            }
        }
        return warnings
    }
}

/// Finds, for an entry, a larger network in the list that lasts at least as long.
private struct EntryCover {
    private let entries: [IPPrefix: ListEntry]
    private let lengths: [AddressFamily: [Int]]

    init(_ entries: [ListEntry]) {
        self.entries = Dictionary(entries.map { ($0.prefix, $0) }) { one, _ in one }
        lengths = Dictionary(grouping: Set(entries.map { Length(family: $0.prefix.family, bits: $0.prefix.length) })) {
            $0.family
        }.mapValues { $0.map(\.bits).sorted() }
    }

    private struct Length: Hashable {
        var family: AddressFamily
        var bits: Int
    }

    func entry(around entry: ListEntry) -> ListEntry? {
        for bits in lengths[entry.prefix.family] ?? [] where bits < entry.prefix.length {
            guard let other = entries[IPPrefix(entry.prefix.first, length: bits)] else { continue }
            if (other.until ?? .max) >= (entry.until ?? .max) { return other }
        }
        return nil
    }
}
