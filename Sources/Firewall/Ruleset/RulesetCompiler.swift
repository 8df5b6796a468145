/// Makes of a policy in a posture what the kernel is to do. `docs/firewall-ruleset.md` has the picture.
package struct RulesetCompiler: Sendable {
    package var policy: Policy
    package var posture: Posture
    /// Distinguishes what is made from every other generation that is in the kernel at the same time; from 1.
    package var generation: Int
    /// Milliseconds since 1970: list entries that have ended are left out, others live as long as they have left.
    package var now: Int64

    package init(policy: Policy, posture: Posture, generation: Int, now: Int64) {
        self.policy = policy
        self.posture = posture
        self.generation = generation
        self.now = now
    }

    package func compile() -> PolicyGeneration {
        var result = PolicyGeneration(number: generation)
        result.counters =
            FirewallCounter.allCases.map(\.rawValue) + policy.rules.map { FirewallCounter.rule($0.id) }
        result.sets = AddressFamily.allCases.compactMap { listSet(.allow, $0) }
        result.sets += AddressFamily.allCases.compactMap { listSet(.deny, $0) }
        let inbound = rules(.in)
        let outbound = rules(.out)
        result.sets += addressSets() + inbound.maps + outbound.maps
        result.rateSets = rateLimit.map { limit in AddressFamily.allCases.map { Self.rateSet(limit, $0) } } ?? []
        result.chains =
            prerouting() + [input(), inputRules(inbound.linear)] + known() + passing() + [output()]
            + [outputRules(outbound.linear), forward()] + inbound.chains + outbound.chains + ends()
        result.feedVerdicts = [
            FirewallChain(Ruleset.dropFeed, rules: ending(.feed, "cfw:feed", .verdict(.drop))),
            FirewallChain(Ruleset.dropFeedOut, rules: ending(.feedOut, "cfw:c2", .reject)),
        ]
        return result
    }

    // MARK: Names

    /// The name with the generation's number behind it.
    func named(_ name: String) -> String { "\(name)_\(generation)" }

    enum List: String { case allow, deny }

    func hasList(_ list: List, _ family: AddressFamily) -> Bool {
        entries(list).contains { $0.prefix.family == family }
    }

    /// `allow4_3`.
    func listName(_ list: List, _ family: AddressFamily) -> String { named("\(list.rawValue)\(family.digit)") }

    // MARK: Lists

    /// Those that have not ended.
    private func entries(_ list: List) -> [ListEntry] {
        (list == .allow ? policy.whitelist : policy.blacklist).filter { entry in
            guard let until = entry.until else { return true }
            let (end, overflow) = until.multipliedReportingOverflow(by: 1_000)
            return overflow ? until > 0 : end > now
        }
    }

    private func listSet(_ list: List, _ family: AddressFamily) -> NamedSet? {
        let elements = AddressIntervals(entries(list), family: family).elements(now: now)
        guard !elements.isEmpty else { return nil }
        return NamedSet(
            listName(list, family), key: .address(family), isInterval: true,
            hasTimeouts: elements.contains { $0.timeout != nil }, elements: elements)
    }

    // MARK: Limits

    /// The limit in force: none in the open posture, a quarter in the guarded one.
    var rateLimit: RateLimit? {
        guard posture != .open, var limit = policy.rateLimit else { return nil }
        if posture <= .guarded {
            limit.connections = max(1, limit.connections / 4)
            limit.globalPerSecond = max(1, limit.globalPerSecond / 4)
        }
        return limit
    }

    /// `rate4_100_10`, `rate6_100_10_64`: a set's elements keep the limit with which they were made, so each limit has its own.
    static func rateSet(_ limit: RateLimit, _ family: AddressFamily) -> NamedSet {
        let prefix = family == .ipv6 ? "_\(limit.ipv6Prefix)" : ""
        return NamedSet(
            "rate\(family.digit)_\(limit.connections)_\(limit.seconds)\(prefix)", key: .address(family),
            hasTimeouts: true, isDynamic: true, timeout: UInt64(max(1, min(limit.seconds, 86_400))) * 1_000,
            size: 131_072)
    }

    // MARK: Ends

    /// The chains in which packets end that are refused; of those nothing leads to, none.
    private func ends() -> [FirewallChain] {
        var chains: [FirewallChain] = []
        func add(_ name: String, _ counter: FirewallCounter, _ prefix: String, _ verdict: Statement) {
            chains.append(FirewallChain(named(name), rules: ending(counter, prefix, verdict)))
        }
        if AddressFamily.allCases.contains(where: { hasList(.deny, $0) }) {
            add("drop_deny", .blacklist, "cfw:deny", .verdict(.drop))
            add("reject_deny", .blacklistOut, "cfw:deny", .reject)
        }
        add("drop_ban", .ban, "cfw:ban", .verdict(.drop))
        if rateLimit != nil {
            add("drop_rate", .rate, "cfw:rate", .verdict(.drop))
            add("drop_global", .global, "cfw:global", .verdict(.drop))
        }
        if policy.defaultAction == .block { add("drop_default", .defaultBlock, "cfw:default", .verdict(.drop)) }
        if posture <= .guarded { add("drop_posture", .posture, "cfw:posture", .verdict(.drop)) }
        if posture == .lockdown { add("reject_posture", .posture, "cfw:posture", .reject) }
        return chains
    }

    /// Counts all, writes some down, ends.
    func ending(_ counter: FirewallCounter, _ prefix: String, _ verdict: Statement) -> [FirewallChain.Rule] {
        ending(counter.rawValue, prefix, verdict)
    }

    func ending(_ counter: String, _ prefix: String, _ verdict: Statement) -> [FirewallChain.Rule] {
        var rules = [FirewallChain.Rule(.count(counter))]
        let lines = UInt32(max(0, min(policy.log.blockedPerSecond, 1_000_000)))
        if lines > 0 {
            rules.append(
                .init(
                    .below(perSecond: UInt64(lines), burst: lines * 2),
                    .log(prefix: prefix, group: policy.log.blockedGroup, bytes: 128, together: 16)))
        }
        rules.append(.init(verdict))
        return rules
    }
}

extension AddressFamily {
    /// As names of sets tell it: 4 or 6.
    var digit: Int { self == .ipv4 ? 4 : 6 }
}
