import Firewall

/// Says in words what an evaluator found.
struct DecisionTeller {
    var policy: Policy
    var posture: Posture
    var ban: Ban?
    /// The feeds that list the address.
    var feeds: String?
    var now: BanTime

    func answer(_ question: WhyQuestion, _ decision: Decision) -> WhyAnswer {
        let outcome: WhyAnswer.Outcome =
            switch decision.outcome {
            case .accept: .allowed
            case .drop: .blocked
            case .reject: .rejected
            }
        let (by, words) = reason(question, decision)
        return WhyAnswer(question, outcome: outcome, by: by, words: words, path: path(decision))
    }

    private func reason(_ question: WhyQuestion, _ decision: Decision) -> (String, String) {
        let address = question.address
        let isAllowed = decision.outcome == .accept
        switch decision.reason {
        case .loopback: return ("loopback", "The machine may always talk with itself.")
        case .established: return ("established", "It belongs to a connection that is already there.")
        case .essential: return ("essential", "The network does not work without it.")
        case .whitelist:
            return (
                "whitelist", "\(address) is on the whitelist\(entry(policy.whitelist, address)), which always wins."
            )
        case .blacklist: return ("blacklist", "\(address) is on the blacklist\(entry(policy.blacklist, address)).")
        case .ban:
            guard let ban else { return ("ban", "\(address) is banned.") }
            let left = TimeSpan(seconds: max(0, ban.until - now.wall) / 1_000).words
            return (
                "ban",
                "\(address) is banned for another \(left): \(ban.kind.rawValue)\(ban.detail.isEmpty ? "" : ", \(ban.detail)")."
            )
        case .feed: return ("feed \(feeds ?? "")", "\(address) is on a threat feed\(feeds.map { ": \($0)" } ?? "").")
        case .posture:
            return (
                "posture \(posture.rawValue)",
                isAllowed
                    ? "\(address) has authenticated with the chat server, and is welcome in posture \(posture.rawValue) (\(posture))."
                    : "Posture \(posture.rawValue) (\(posture)) lets in whom the whitelist names and who has authenticated."
            )
        case .rule(let id):
            let name = policy.rules.first { $0.id == id }?.name ?? ""
            return ("rule \(id)", "Rule \(id) “\(name)” \(isAllowed ? "allows" : "blocks") it.")
        case .byDefault:
            return (
                "default", isAllowed ? "No rule is against it." : "No rule allows it, and the policy blocks by default."
            )
        }
    }

    private func entry(_ list: [ListEntry], _ address: IPAddress) -> String {
        guard let entry = list.first(where: { $0.prefix.contains(address) && !$0.isExpired(at: now.wall / 1_000) })
        else { return "" }
        let until = entry.until.map { ", until \(UTCTime(seconds: $0))" } ?? ""
        return " (\(entry.prefix)\(until)\(entry.note.isEmpty ? "" : ", \(entry.note)"))"
    }

    private func path(_ decision: Decision) -> [String] {
        var asked: [String] = []
        for lookup in decision.lookups {
            let words = "\(lookup.address) is \(lookup.isMember ? "" : "not ")in \(Self.words(set: lookup.set))"
            if !asked.contains(words) { asked.append(words) }
        }
        return asked
            + decision.limits.map { limit in
                switch limit {
                case .perSource(_, let allowed):
                    "as long as its source opens no more than \(allowed) connections in \(policy.rateLimit?.seconds ?? 0) s"
                case .global(let rate): "as long as all together open no more than \(rate) connections a second"
                }
            } + ["decided in the chain \(decision.chain)"]
    }

    private static func words(set: String) -> String {
        switch set {
        case _ where set.hasPrefix("allow"): "the whitelist"
        case _ where set.hasPrefix("deny"): "the blacklist"
        case _ where set.hasPrefix("ban"): "the bans"
        case _ where set.hasPrefix("auth"): "those who have authenticated"
        case _ where set.hasPrefix("f"): "the threat feeds (\(set))"
        default: set
        }
    }
}
