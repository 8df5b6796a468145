import Firewall
import Testing

@Suite("whom a new policy would lock out")
struct LockoutCheckTests {
    private let facts = HostFacts(
        ownAddresses: ["127.0.0.1", "::1", "192.0.2.10", "2001:db8::10"].map(RulesetSamples.address),
        gateways: ["192.0.2.1", "fe80::1"].map(RulesetSamples.address),
        dnsServers: ["127.0.0.53", "192.0.2.53"].map(RulesetSamples.address),
        connectedPeers: ["198.51.100.7", "203.0.113.80", "127.0.0.1"].map(RulesetSamples.address),
        ssh: .init(
            client: RulesetSamples.address("198.51.100.7"), clientPort: 50_000,
            server: RulesetSamples.address("192.0.2.10"), serverPort: 22),
        listeners: [.init(name: "sshd", port: 22), .init(name: "the chat server", port: 8_443)])

    private func findings(
        _ policy: Policy, _ posture: Posture = .normal, facts: HostFacts? = nil,
        isMember: @escaping @Sendable (String, IPAddress) -> Bool = { _, _ in false }
    ) -> [LockoutCheck.Finding] {
        let feeds = FeedGeneration(number: 1, counts: [.init(.both, .hosts4): 1])
        let evaluator = RulesetEvaluator(
            Ruleset(current: RulesetSamples.generation(policy, posture), feeds: feeds))
        return LockoutCheck(evaluator, facts: facts ?? self.facts, policy: policy, isMember: isMember).findings()
    }

    private func refusals(_ policy: Policy, _ posture: Posture = .normal) -> [String] {
        findings(policy, posture).filter { $0.severity == .refusal }.map(\.problem)
    }

    @Test("nobody, of a fresh installation")
    func fresh() {
        #expect(findings(RulesetSamples.fresh).isEmpty)
        #expect(findings(RulesetSamples.fresh, facts: HostFacts()).isEmpty)
    }

    @Test("refuses a rule that blocks the port of the SSH session, and names it")
    func sshRule() {
        var policy = Policy()
        policy.rules = [.init(id: 4, name: "No SSH", action: .block, transport: .tcp, ports: [22...22])]
        #expect(
            findings(policy).first
                == .init(
                    .refusal,
                    "Your SSH session goes on, but a new one from 198.51.100.7 to port 22 would be refused by rule 4, "
                        + "\"No SSH\".",
                    remedy:
                        "Run `conclave-firewall whitelist add 198.51.100.7` first, or add a rule that allows the port."
                ))
        policy.rules.insert(
            .init(
                id: 5, name: "Mine", action: .allow, transport: .tcp, ports: [22...22],
                sources: [RulesetSamples.prefix("198.51.100.0/24")]), at: 0)
        #expect(refusals(policy).isEmpty)
    }

    @Test("refuses to blacklist the SSH peer, the gateway, the DNS server and its own address, unless whitelisted")
    func blacklist() {
        for (prefix, words) in [
            ("198.51.100.0/24", "Your SSH session from 198.51.100.7 to port 22 would be cut by the blacklist."),
            ("fe80::/10", "The default gateway fe80::1 would be cut off by the blacklist."),
            ("192.0.2.53", "the DNS server 192.0.2.53 would be cut off by the blacklist."),
            ("192.0.2.10", "192.0.2.10 is this machine's own address, and would be refused by the blacklist."),
        ] {
            var policy = Policy()
            policy.blacklist = [ListEntry(RulesetSamples.prefix(prefix))]
            let found = refusals(policy)
            #expect(found.count == 1 && found.first?.hasSuffix(words) == true, "\(prefix): \(found)")
            policy.whitelist = policy.blacklist
            #expect(refusals(policy).isEmpty)
        }
    }

    @Test("refuses a rule that keeps queries from the DNS server, and takes one for a local server alone")
    func dns() {
        var policy = Policy()
        policy.rules = [
            .init(id: 1, name: "No DNS", action: .block, ports: [53...53], direction: .out)
        ]
        #expect(refusals(policy).count == 1)
        var local = facts
        local.dnsServers.removeLast()
        #expect(findings(policy, facts: local).isEmpty)
    }

    @Test("refuses to close the door behind the administrator, in every posture that would")
    func postures() {
        for posture in [Posture.closed, .lockdown, .guarded] {
            #expect(refusals(RulesetSamples.fresh, posture).count == 1)
            var policy = RulesetSamples.fresh
            policy.whitelist = [ListEntry(RulesetSamples.prefix("198.51.100.7"))]
            #expect(refusals(policy, posture).isEmpty)
        }
        #expect(findings(RulesetSamples.fresh, .open).isEmpty)
    }

    @Test("says, and does not refuse, what a lockdown cuts on purpose")
    func lockdown() {
        var policy = RulesetSamples.fresh
        policy.whitelist = [ListEntry(RulesetSamples.prefix("198.51.100.7"))]
        let found = findings(policy, .lockdown)
        #expect(found.allSatisfy { $0.severity == .notice })
        #expect(found.contains { $0.problem.contains("DNS server 192.0.2.53") })
        #expect(found.contains { $0.problem.contains("Connections with 203.0.113.80") })
        #expect(found.contains { $0.problem.contains("the chat server listens on TCP port 8443") })
    }

    @Test("knows who has authenticated, who is banned, and who is on a feed")
    func members() {
        let peer = RulesetSamples.address("198.51.100.7")
        let known = findings(RulesetSamples.fresh, .lockdown) { set, address in set == "auth4" && address == peer }
        #expect(known.allSatisfy { $0.severity == .notice })
        let banned = findings(RulesetSamples.fresh) { set, address in set == "ban4" && address == peer }
        #expect(banned.first?.problem.hasSuffix("would be cut by a ban.") == true)
        let listed = findings(RulesetSamples.fresh) { set, address in set == "f1_both_4h" && address == peer }
        #expect(listed.first?.problem.hasSuffix("would be cut by a threat feed.") == true)
    }

    @Test("refuses a default to block that no rule opens for SSH")
    func byDefault() {
        var policy = Policy()
        policy.defaultAction = .block
        #expect(refusals(policy).first?.hasSuffix("refused, as the default is to block and no rule allows it.") == true)
        policy.rules = [.init(id: 1, name: "SSH", action: .allow, transport: .tcp, ports: [22...22])]
        let found = findings(policy)
        #expect(found.map(\.severity) == [.notice])
        #expect(found.first?.problem.hasPrefix("the chat server listens") == true)
    }

    @Test("asks the policy on trial, where there is one")
    func trial() {
        var policy = Policy()
        policy.rules = [.init(id: 4, name: "No SSH", action: .block, transport: .tcp, ports: [22...22])]
        let evaluator = RulesetEvaluator(
            Ruleset(
                current: RulesetSamples.generation(RulesetSamples.fresh),
                trial: RulesetSamples.generation(policy, number: 2)))
        #expect(LockoutCheck(evaluator, facts: facts, policy: policy).findings().isEmpty)
        #expect(!LockoutCheck(evaluator, facts: facts, policy: policy, isTrial: true).findings().isEmpty)
    }
}
