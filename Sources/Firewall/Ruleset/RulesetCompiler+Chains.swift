extension RulesetCompiler {
    private typealias Rule = FirewallChain.Rule

    /// ICMPv6 without which IPv6 does not work: listeners of multicast (RFC 2710, 3810), routers, neighbours and redirects (RFC 4861).
    static let neighbourTypes: [UInt8] = [130, 131, 132, 133, 134, 135, 136, 137, 143]

    /// Where inbound packets go that may come in: past the limits.
    var passName: String { rateLimit == nil ? named("passed") : named("pass") }

    private var usesFeeds: Bool { posture != .open }

    // MARK: Inbound

    /// By source, before connections are tracked: so live connections are cut, and floods cost no entry in that table.
    func prerouting() -> [FirewallChain] {
        let entry = FirewallChain(
            named("pre"),
            rules: [
                .init(.loopback(.source), .count(FirewallCounter.loopback.rawValue), .verdict(.accept)),
                .init(.family(.ipv4), .verdict(.goto(named("pre4")))),
                .init(.family(.ipv6), .verdict(.goto(named("pre6")))),
            ])
        return [entry]
            + AddressFamily.allCases.map { family in
                var rules: [Rule] = []
                let field = Statement.AddressField(.source, family)
                if hasList(.allow, family) {
                    rules.append(
                        .init(
                            .addressSet(field, listName(.allow, family)), .count(FirewallCounter.whitelist.rawValue),
                            .verdict(.accept)))
                }
                if hasList(.deny, family) {
                    rules.append(
                        .init(.addressSet(field, listName(.deny, family)), .verdict(.goto(named("drop_deny")))))
                }
                rules.append(
                    .init(
                        .addressSet(SharedSet.hostField(.source, family), SharedSet.ban(family).name),
                        .verdict(.goto(named("drop_ban")))))
                if usesFeeds { rules.append(.init(.verdict(.jump(Ruleset.feedIn)))) }
                return FirewallChain(named("pre\(family.digit)"), rules: rules)
            }
    }

    func input() -> FirewallChain {
        var rules: [Rule] = [.init(.loopback(.source), .verdict(.accept))]
        if posture == .lockdown {
            rules += whitelisted(.source) + relatedErrors()
        } else {
            rules += established(counting: true) + whitelisted(.source)
        }
        rules += essentials(client: .destination)
        if posture <= .closed {
            rules += authenticated(.source, goto: posture == .lockdown ? named("known_in") : named("rules_in"))
            rules.append(.init(.verdict(.goto(named("drop_posture")))))
        } else {
            rules.append(.init(.verdict(.goto(named("rules_in")))))
        }
        return FirewallChain(named("in"), rules: rules)
    }

    /// In lockdown, where connections that are there must not simply go on: those of authenticated hosts.
    func known() -> [FirewallChain] {
        guard posture == .lockdown else { return [] }
        return [
            FirewallChain(
                named("known_in"),
                rules: established(counting: true) + [.init(.verdict(.goto(named("rules_in"))))]),
            FirewallChain(
                named("known_out"),
                rules: established(counting: false) + [.init(.verdict(.goto(named("rules_out"))))]),
        ]
    }

    func inputRules(_ linear: [FirewallChain.Rule]) -> FirewallChain {
        let end: String =
            if policy.defaultAction == .block {
                named("drop_default")
            } else if posture == .guarded {
                named("drop_posture")
            } else {
                passName
            }
        return FirewallChain(named("rules_in"), rules: linear + [.init(.verdict(.goto(end)))])
    }

    /// The limits, which whom we know need not keep, and what is counted and sampled of what passed.
    func passing() -> [FirewallChain] {
        let sample = UInt32(clamping: policy.log.allowedSample)
        var passed: [Rule] = [.init(.count(FirewallCounter.passed.rawValue))]
        if sample > 0 {
            passed.append(
                .init(
                    .sample(oneIn: sample),
                    .log(prefix: "cfw:pass", group: policy.log.allowedGroup, bytes: 96, together: 16)))
        }
        passed.append(.init(.verdict(.accept)))
        let last = FirewallChain(named("passed"), rules: passed)
        guard let limit = rateLimit else { return [last] }
        var rules = authenticated(.source, goto: last.name)
        for family in AddressFamily.allCases {
            let prefix = family == .ipv6 ? max(1, min(limit.ipv6Prefix, 128)) : 32
            rules.append(
                .init(
                    .first,
                    .meter(
                        .init(.source, family, prefix: prefix), set: Self.rateSet(limit, family).name,
                        allowed: UInt32(clamping: limit.connections)),
                    .verdict(.goto(named("drop_rate")))))
        }
        rules.append(
            .init(
                .first,
                .above(
                    perSecond: UInt64(max(1, limit.globalPerSecond)), burst: UInt32(clamping: limit.globalPerSecond)),
                .verdict(.goto(named("drop_global")))))
        rules.append(.init(.verdict(.goto(last.name))))
        return [FirewallChain(named("pass"), rules: rules), last]
    }

    // MARK: Outbound and through

    func output() -> FirewallChain {
        var rules: [Rule] = [.init(.loopback(.destination), .verdict(.accept))]
        rules += whitelisted(.destination) + refusedDestinations()
        if posture == .lockdown {
            rules += relatedErrors()
        } else {
            rules += established(counting: false)
        }
        rules += essentials(client: .source)
        if posture == .lockdown {
            rules += authenticated(.destination, goto: named("known_out"))
            rules.append(.init(.verdict(.goto(named("reject_posture")))))
        } else {
            rules.append(.init(.verdict(.goto(named("rules_out")))))
        }
        return FirewallChain(named("out"), rules: rules)
    }

    func outputRules(_ linear: [FirewallChain.Rule]) -> FirewallChain {
        FirewallChain(
            named("rules_out"),
            rules: linear + [.init(.count(FirewallCounter.passedOut.rawValue), .verdict(.accept))])
    }

    /// What goes through, as to and from containers. Its sources were judged in prerouting.
    func forward() -> FirewallChain {
        var rules: [Rule] = whitelisted(.source) + whitelisted(.destination) + refusedDestinations()
        if posture == .lockdown {
            for side in [Statement.Side.source, .destination] {
                for family in AddressFamily.allCases {
                    rules.append(
                        .init(
                            .addressSet(SharedSet.hostField(side, family), SharedSet.authenticated(family).name),
                            .verdict(.accept)))
                }
            }
            rules.append(.init(.verdict(.goto(named("reject_posture")))))
        } else {
            rules.append(.init(.verdict(.accept)))
        }
        return FirewallChain(named("fwd"), rules: rules)
    }

    // MARK: Parts of chains

    /// What is known to be part of a connection; and what must be, as it opens none, while connections may be older than the table.
    private func established(counting: Bool) -> [Rule] {
        let end: [Statement] = (counting ? [.count(FirewallCounter.established.rawValue)] : []) + [.verdict(.accept)]
        return [.init([.connection([.established, .related])] + end), .init([.connection([.new]), .older] + end)]
    }

    private func whitelisted(_ side: Statement.Side) -> [Rule] {
        AddressFamily.allCases.filter { hasList(.allow, $0) }.map { family in
            .init(.addressSet(.init(side, family), listName(.allow, family)), .verdict(.accept))
        }
    }

    private func refusedDestinations() -> [Rule] {
        var rules: [Rule] = AddressFamily.allCases.filter { hasList(.deny, $0) }.map { family in
            .init(
                .addressSet(.init(.destination, family), listName(.deny, family)),
                .verdict(.goto(named("reject_deny"))))
        }
        if usesFeeds { rules.append(.init(.verdict(.jump(Ruleset.feedOut)))) }
        return rules
    }

    private func authenticated(_ side: Statement.Side, goto chain: String) -> [Rule] {
        AddressFamily.allCases.map { family in
            .init(
                .addressSet(SharedSet.hostField(side, family), SharedSet.authenticated(family).name),
                .verdict(.goto(chain)))
        }
    }

    /// Errors about connections that are there, as path MTU discovery needs them: they come from routers, whom nobody whitelists.
    private func relatedErrors() -> [Rule] {
        [(AddressFamily.ipv4, UInt8(1)), (.ipv6, 58)].map { family, transport in
            .init(.family(family), .transport(transport), .connection([.related]), .verdict(.accept))
        }
    }

    /// Neighbour discovery, and what DHCP servers answer (inbound: to this machine's port, `client` being the destination) or are asked.
    private func essentials(client: Statement.Side) -> [Rule] {
        let server: Statement.Side = client == .source ? .destination : .source
        let end: [Statement] = [.count(FirewallCounter.essential.rawValue), .verdict(.accept)]
        let linkLocal = IPPrefix(IPAddress(ipv6: 0xFE80 << 112), length: 10)
        return [
            .init([.family(.ipv6), .transport(58), .icmpTypes(Self.neighbourTypes)] + end),
            .init([.family(.ipv4), .transport(17), .port(server, 67...67), .port(client, 68...68)] + end),
            .init(
                [
                    .family(.ipv6), .address(.init(.source, .ipv6), in: linkLocal), .transport(17),
                    .port(client, 546...546),
                ] + end),
        ]
    }
}
