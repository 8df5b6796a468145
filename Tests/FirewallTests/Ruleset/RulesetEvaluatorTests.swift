import Firewall
import Testing

@Suite("why a packet passes or not")
struct RulesetEvaluatorTests {
    private let evaluator = RulesetEvaluator(RulesetSamples.fullRuleset)

    private func inbound(_ source: String, port: UInt16, transport: UInt8 = 6) -> PacketFacts {
        let source = RulesetSamples.address(source)
        return PacketFacts(
            .input, from: source, to: RulesetSamples.address(source.family == .ipv4 ? "198.51.100.10" : "2001:db8::10"),
            transport: transport, sourcePort: 50_000, destinationPort: port, inputInterface: "eth0")
    }

    @Test("names the rule, the chain and the sets that decide")
    func rule() {
        let decision = evaluator.decide(inbound("198.18.0.1", port: 23))
        #expect(decision.outcome == .drop)
        #expect(decision.reason == .rule(1))
        #expect(decision.chain == "r1_in_1")
        #expect(decision.ruleIndex == 2)
        #expect(
            decision.chains == [
                "prerouting", "pre_1", "pre4_1", "feed_in", "input", "in_1", "rules_in_1", "r1_in_1",
            ])
        #expect(
            decision.lookups.map(\.set) == ["allow4_1", "deny4_1", "ban4", "f4_in_4h", "f4_both_4n", "allow4_1"])
        #expect(decision.lookups.allSatisfy { !$0.isMember })
        #expect(decision.limits.isEmpty)
    }

    @Test("names the element of a list that holds the address")
    func element() throws {
        let decision = evaluator.decide(inbound("203.0.113.44", port: 443))
        #expect(decision.reason == .blacklist)
        #expect(decision.chain == "drop_deny_1")
        let lookup = try #require(decision.lookups.last)
        #expect(lookup.element == NamedSet.Element(RulesetSamples.prefix("203.0.113.0/24")))
    }

    @Test("names the limits that might still refuse")
    func limits() {
        let four = evaluator.decide(inbound("198.18.0.1", port: 443))
        #expect(four.outcome == .accept)
        #expect(four.reason == .byDefault)
        #expect(four.limits == [.perSource(set: "rate4_100_10", allowed: 100), .global(perSecond: 5_000)])
        let six = evaluator.decide(inbound("2001:db8:1::5", port: 22))
        #expect(six.reason == .rule(4))
        #expect(six.limits == [.perSource(set: "rate6_100_10_64", allowed: 100), .global(perSecond: 5_000)])
    }

    @Test("asks for bans by address in IPv4 and by 64 bits in IPv6")
    func bans() {
        var asked: [String: IPAddress] = [:]
        _ = evaluator.decide(inbound("198.18.0.1", port: 1)) { set, address in
            asked[set] = address
            return false
        }
        #expect(asked["ban4"] == RulesetSamples.address("198.18.0.1"))
        let six = evaluator.decide(inbound("2001:db8:9:8:7:6:5:4", port: 1)) { set, address in
            set == "ban6" && address == RulesetSamples.address("2001:db8:9:8::")
        }
        #expect(six.outcome == .drop)
        #expect(six.reason == .ban)
    }

    @Test("gives on what the look-up throws")
    func failing() {
        struct Failure: Error {}
        #expect(throws: Failure.self) {
            try evaluator.decide(inbound("198.18.0.1", port: 1)) { _, _ in throw Failure() }
        }
    }

    @Test("comes back from chains that jump, and ends where chains go in circles")
    func ways() {
        let ruleset = Ruleset(chains: [
            FirewallChain("output", rules: [.init(.verdict(.jump("a"))), .init(.verdict(.drop))]),
            FirewallChain("a", rules: [.init(.verdict(.goto("b"))), .init(.verdict(.accept))]),
            FirewallChain("b", rules: [.init(.verdict(.return)), .init(.verdict(.accept))]),
        ])
        let packet = PacketFacts(
            .output, from: RulesetSamples.address("192.0.2.1"), to: RulesetSamples.address("192.0.2.2"), transport: 6)
        let decision = RulesetEvaluator(ruleset).decide(packet)
        #expect(decision.outcome == .drop)
        #expect(decision.chains == ["output", "a", "b"])
        let circle = Ruleset(chains: [FirewallChain("output", rules: [.init(.verdict(.goto("output")))])])
        #expect(RulesetEvaluator(circle).decide(packet).ruleIndex == -1)
    }

    @Test("lets all pass where there is no ruleset")
    func nothing() {
        #expect(RulesetEvaluator(Ruleset()).decide(inbound("198.18.0.1", port: 23)).outcome == .accept)
    }
}
