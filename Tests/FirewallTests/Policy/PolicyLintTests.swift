import Firewall
import Testing

@Suite("what a policy probably does not mean")
struct PolicyLintTests {
    private func warnings(_ rules: FirewallRule..., default action: FirewallRule.Action = .allow) -> [String] {
        var policy = Policy()
        policy.defaultAction = action
        policy.rules = rules
        return policy.lint.map { "\($0.kind.rawValue) \($0)" }
    }

    private func net(_ text: String) throws -> IPPrefix { try IPPrefix(parsing: text) }

    private func block(_ id: Int, _ change: (inout FirewallRule) -> Void = { _ in }) -> FirewallRule {
        var rule = FirewallRule(id: id, name: "rule", action: .block, transport: .tcp, ports: [80...89])
        change(&rule)
        return rule
    }

    @Test("a rule of which an earlier one decides every packet never fits")
    func neverFits() throws {
        let remove = ["never-fits rules[1]: rule 2 never fits, as rule 1 before it decides the same packets; remove it"]
        let move = [
            "never-fits rules[1]: rule 2 never fits, as rule 1 before it decides the same packets; move it before that one"
        ]
        #expect(warnings(block(1), block(2)) == remove)
        #expect(warnings(block(1), block(2) { $0.ports = [85...85] }) == remove)
        #expect(warnings(block(1), block(2) { $0.action = .allow }) == move)
        #expect(warnings(block(1) { $0.transport = .any }, block(2) { $0.transport = .udp }) == remove)
        #expect(warnings(block(1) { $0.direction = .both }, block(2) { $0.direction = .out }) == remove)
        #expect(warnings(block(1) { $0.ports = [80...84, 85...90] }, block(2)) == remove)
        let net = try net("192.0.2.0/24")
        let host = try self.net("192.0.2.7")
        #expect(warnings(block(1), block(2) { $0.sources = [host] }) == remove)
        #expect(warnings(block(1) { $0.sources = [net] }, block(2) { $0.sources = [host] }) == remove)
        #expect(warnings(block(1) { $0.interface = "eth*" }, block(2) { $0.interface = "eth0" }) == remove)
        #expect(warnings(block(1) { $0.ports = [] }, block(2)) == remove)
        let everything = warnings(
            block(1) { ($0.transport, $0.ports) = (.any, []) }, block(2) { ($0.transport, $0.ports) = (.icmp, []) })
        #expect(everything.count == 2 && everything[0].hasPrefix("blocks-everything") && [everything[1]] == remove)
    }

    @Test("a rule that an earlier one leaves something, or that is off, is no matter of a warning")
    func stillFits() throws {
        let (net, host) = (try net("192.0.2.0/24"), try net("192.0.2.7"))
        #expect(warnings(block(1) { $0.isEnabled = false }, block(2)).isEmpty)
        #expect(warnings(block(1), block(2) { $0.isEnabled = false }).isEmpty)
        #expect(warnings(block(1), block(2) { $0.ports = [85...90] }).isEmpty)
        #expect(warnings(block(1), block(2) { $0.transport = .udp }).isEmpty)
        #expect(warnings(block(1), block(2) { $0.transport = .any }).isEmpty)
        #expect(warnings(block(1), block(2) { $0.direction = .both }).isEmpty)
        #expect(warnings(block(1) { $0.sources = [host] }, block(2) { $0.sources = [net] }).isEmpty)
        #expect(warnings(block(1) { $0.destinations = [host] }, block(2)).isEmpty)
        #expect(warnings(block(1) { $0.interface = "eth0" }, block(2)).isEmpty)
        #expect(warnings(block(1) { $0.interface = "eth0" }, block(2) { $0.interface = "eth*" }).isEmpty)
        // TCP and UDP with ports are not every protocol.
        #expect(
            warnings(
                block(1) { ($0.transport, $0.ports) = (.any, [1...65535]) },
                block(2) { ($0.transport, $0.ports) = (.icmp, []) }
            ).isEmpty)
    }

    @Test("an allow rule after which nothing would block has no effect")
    func noEffect() throws {
        let host = try net("192.0.2.7")
        let allow = { (id: Int) in FirewallRule(id: id, name: "x", action: .allow, transport: .icmp, sources: [host]) }
        let expected = [
            "no-effect rules[0]: rule 1 allows what nothing would block but posture 3; remove it, or block the rest"
        ]
        #expect(warnings(allow(1)) == expected)
        #expect(warnings(allow(1), default: .block).isEmpty)
        #expect(warnings(allow(1), block(2)) == expected)
        #expect(warnings(allow(1), block(2) { ($0.transport, $0.ports) = (.icmp, []) }).isEmpty)
        #expect(
            warnings(allow(1), block(2) { ($0.transport, $0.ports, $0.isEnabled) = (.icmp, [], false) }) == expected)
        // Ports that an allow rule names stay open in posture 3.
        #expect(warnings(block(1) { $0.action = .allow }).isEmpty)
        // What goes out is never blocked by default.
        let out = block(1) { ($0.action, $0.direction) = (.allow, .out) }
        #expect(
            warnings(out, default: .block)
                == ["no-effect rules[0]: rule 1 allows what nothing would block; remove it, or block the rest"])
        #expect(warnings(out, block(2) { $0.direction = .both }).isEmpty)
    }

    @Test("a rule that blocks everything is pointed out, with its way")
    func everything() throws {
        let all = FirewallRule(id: 1, name: "x", action: .block)
        let expected = { (way: String) in
            ["blocks-everything rules[0]: rule 1 blocks everything \(way); name ports or addresses if not meant so"]
        }
        #expect(warnings(all) == expected("in"))
        var rule = all
        rule.direction = .both
        #expect(warnings(rule) == expected("in and out"))
        rule.direction = .out
        #expect(warnings(rule) == expected("out"))
        rule.sources = [try net("0.0.0.0/0"), try net("::/0")]
        #expect(warnings(rule) == expected("out"))
        for change in [
            { (rule: inout FirewallRule) in rule.sources = [IPPrefix(IPAddress(ipv4: 0), length: 0)] },
            { $0.interface = "eth0" }, { $0.transport = .tcp }, { $0.ports = [1...65535] }, { $0.isEnabled = false },
        ] {
            var other = all
            change(&other)
            #expect(warnings(other).isEmpty)
        }
    }

    @Test("a rule that no packet can fit, or about lo, is pointed out")
    func impossible() throws {
        let (four, six) = (try net("192.0.2.0/24"), try net("2001:db8::/32"))
        #expect(
            warnings(block(1) { ($0.sources, $0.destinations) = ([four], [six]) })
                == ["mixed-families rules[0]: rule 1 fits no packet: its sources and destinations share no family"])
        #expect(warnings(block(1) { ($0.sources, $0.destinations) = ([four, six], [six]) }).isEmpty)
        #expect(warnings(block(1) { $0.sources = [four, six] }).isEmpty)
        #expect(
            warnings(block(1) { $0.interface = "lo" })
                == ["loopback rules[0]: rule 1 is about lo, where everything is allowed; remove it"])
        #expect(warnings(block(1) { $0.interface = "lo0" }).isEmpty)
    }

    @Test("list entries that do nothing, or everything, are pointed out")
    func lists() throws {
        var policy = Policy()
        policy.whitelist = [ListEntry(try net("192.0.2.0/24")), ListEntry(try net("198.51.100.0/24"), until: 2_000)]
        policy.blacklist = [
            ListEntry(try net("192.0.2.7")), ListEntry(try net("192.0.2.0/23")), ListEntry(try net("198.51.100.7")),
            ListEntry(try net("203.0.113.0/24"), until: 1_000), ListEntry(try net("203.0.113.7")),
            ListEntry(try net("203.0.113.8"), until: 900), ListEntry(try net("203.0.113.9"), until: 500),
        ]
        let lines = { (now: Int64?) in policy.lint(now: now).map { "\($0.kind.rawValue) \($0)" } }
        let whitelisted =
            "whitelisted blacklist[0]: 192.0.2.7 is wholly in the whitelist, which wins; remove it from one of them"
        let covered = { (place: Int, host: String) in
            "covered blacklist[\(place)]: \(host) lies within 203.0.113.0/24, which lasts as long; remove it"
        }
        #expect(lines(499) == [whitelisted, covered(5, "203.0.113.8"), covered(6, "203.0.113.9")])
        #expect(policy.lint == policy.lint(now: 499))
        #expect(
            lines(500) == [
                whitelisted, covered(5, "203.0.113.8"),
                "expired blacklist[6]: 203.0.113.9 ended on 1970-01-01T00:08:20Z; remove it",
            ])
        #expect(
            lines(1_000).filter { $0.hasPrefix("expired") }.count == 3
                && lines(1_000).allSatisfy { !$0.hasPrefix("covered") })
        #expect(lines(2_000).filter { $0.hasPrefix("expired whitelist[1]") }.count == 1)
    }

    @Test("everybody in a list is pointed out")
    func everybody() throws {
        var policy = Policy()
        policy.whitelist = [ListEntry(try net("::/0"))]
        policy.blacklist = [ListEntry(try net("0.0.0.0/0")), ListEntry(try net("0.0.0.0/1"))]
        #expect(
            policy.lint.map { "\($0.kind.rawValue) \($0)" } == [
                "allows-everything whitelist[0]: ::/0 lets everybody in by IPv6, whatever else is said; remove it",
                "blocks-everything blacklist[0]: 0.0.0.0/0 blocks everybody by IPv4, in and out; name networks if not meant so",
                "covered blacklist[1]: 0.0.0.0/1 lies within 0.0.0.0/0, which lasts as long; remove it",
            ])
    }

    @Test("a rule that is said never to fit decides no packet, whatever packet it is")
    func agrees() {
        var random = PolicyRandom(12)
        var found = 0
        for _ in 0..<400 {
            var policy = Policy()
            policy.rules = (1...6).map { id in
                let transport = random.one(of: FirewallRule.TransportProtocol.allCases)
                let low = UInt16(1 + random.below(4))
                let hosts = [
                    IPPrefix(IPAddress(ipv4: 0), length: 31), IPPrefix(IPAddress(ipv4: 1)),
                    IPPrefix(IPAddress(ipv4: 0), length: 0),
                ]
                return FirewallRule(
                    id: id, name: "x", action: random.one(of: FirewallRule.Action.allCases), transport: transport,
                    ports: transport == .icmp || random.below(3) == 0 ? [] : [low...low + UInt16(random.below(3))],
                    direction: random.one(of: FirewallRule.Direction.allCases),
                    sources: random.below(2) == 0 ? [] : [random.one(of: hosts)],
                    interface: random.one(of: [nil, nil, "a*", "a1"]))
            }
            let never = Set(policy.lint.filter { $0.kind == .neverFits }.compactMap(\.rule))
            found += never.count
            for direction in [FirewallRule.Direction.in, .out] {
                for (transport, port) in [("tcp", 1), ("tcp", 3), ("udp", 2), ("udp", 6), ("icmp", 0), ("gre", 0)]
                    as [(String, UInt16)]
                {
                    for source in [0, 1, 9] as [UInt32] {
                        for card in ["a1", "a2", "b1"] {
                            let first = policy.rules.first {
                                fits($0, direction, transport, port, IPAddress(ipv4: source), card)
                            }
                            if let first { #expect(!never.contains(first.id)) }
                        }
                    }
                }
            }
        }
        #expect(found > 100)
    }

    /// What a rule means, said once more and as plainly as possible.
    private func fits(
        _ rule: FirewallRule, _ direction: FirewallRule.Direction, _ transport: String, _ port: UInt16,
        _ source: IPAddress, _ card: String
    ) -> Bool {
        guard rule.direction == .both || rule.direction == direction else { return false }
        guard rule.transport == .any || rule.transport.rawValue == transport else { return false }
        if !rule.ports.isEmpty {
            guard transport == "tcp" || transport == "udp", rule.ports.contains(where: { $0.contains(port) }) else {
                return false
            }
        }
        guard rule.sources.isEmpty || rule.sources.contains(where: { $0.contains(source) }) else { return false }
        switch rule.interface {
        case nil: return true
        case "a*"?: return card.hasPrefix("a")
        case let name?: return card == name
        }
    }
}
