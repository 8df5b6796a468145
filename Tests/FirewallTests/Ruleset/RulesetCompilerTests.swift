import Firewall
import Testing

@Suite("what policies become")
struct RulesetCompilerTests {
    private func chain(_ name: String, _ generation: PolicyGeneration) -> [FirewallChain.Rule] {
        generation.chains.first { $0.name == name }?.rules ?? []
    }

    private func evaluator(_ policy: Policy, _ posture: Posture = .normal) -> RulesetEvaluator {
        RulesetEvaluator(Ruleset(current: RulesetSamples.generation(policy, posture)))
    }

    @Test("a thousand rules about ports cost one look-up a protocol")
    func manyPorts() {
        var policy = Policy()
        policy.rules = (1...1_000).map {
            FirewallRule(id: $0, name: "Rule \($0)", action: .block, ports: [UInt16($0)...UInt16($0)])
        }
        let generation = RulesetSamples.generation(policy)
        #expect(chain("rules_in_1", generation).count == 3)
        #expect(generation.sets.map(\.elements.count) == [1_000, 1_000])
    }

    @Test("a rule with an address between two about ports keeps its place")
    func order() {
        let generation = RulesetSamples.generation(RulesetSamples.full)
        #expect(chain("rules_in_1", generation).flatMap(\.sets) == ["tcp_in0_1", "udp_in0_1", "src4_4_1", "tcp_in1_1"])
    }

    @Test("a rule whose sources are of one family and destinations of the other fits nothing")
    func families() {
        var policy = Policy()
        policy.rules = [
            FirewallRule(
                id: 1, name: "Never", action: .block, ports: [1...2, 4...5], direction: .both,
                sources: [RulesetSamples.prefix("192.0.2.0/24")], destinations: [RulesetSamples.prefix("2001:db8::/32")]
            )
        ]
        let generation = RulesetSamples.generation(policy)
        #expect(generation.sets.isEmpty)
        #expect(chain("rules_in_1", generation).count == 1)
        #expect(generation.counters.contains("rule_1"))
    }

    @Test("entries of lists that have ended are left out, and sets of nothing do not exist")
    func ended() {
        var policy = Policy()
        policy.whitelist = [ListEntry(RulesetSamples.prefix("192.0.2.1"), until: RulesetSamples.now / 1_000)]
        policy.blacklist = [ListEntry(RulesetSamples.prefix("192.0.2.1"), until: .min)]
        #expect(RulesetSamples.generation(policy).sets.isEmpty)
        policy.blacklist = [ListEntry(RulesetSamples.prefix("192.0.2.1"), until: RulesetSamples.now / 1_000 + 1)]
        let sets = RulesetSamples.generation(policy).sets
        #expect(sets.map(\.name) == ["deny4_1"])
        #expect(sets.flatMap(\.elements).map(\.timeout) == [1_000])
    }

    @Test(
        "what IPv6 and DHCP need passes whatever the rules, the default and the posture are",
        arguments: Posture.allCases)
    func essentials(posture: Posture) {
        var policy = Policy()
        policy.defaultAction = .block
        policy.rules = [FirewallRule(id: 1, name: "Nothing", action: .block, direction: .both)]
        let evaluator = evaluator(policy, posture)
        let (here, there) = (RulesetSamples.address("fe80::2"), RulesetSamples.address("fe80::1"))
        for path in [PacketFacts.Path.input, .output] {
            for type in [UInt8(133), 134, 135, 136, 137, 130, 131, 132, 143] {
                let packet = PacketFacts(path, from: there, to: here, transport: 58, icmpType: type)
                #expect(evaluator.decide(packet).reason == .essential)
            }
            let echo = PacketFacts(path, from: there, to: here, transport: 58, icmpType: 128)
            #expect(evaluator.decide(echo).outcome != .accept)
        }
        let any = RulesetSamples.address("255.255.255.255")
        let server = RulesetSamples.address("192.0.2.1")
        let offer = PacketFacts(
            .input, from: server, to: any, transport: 17, sourcePort: 67, destinationPort: 68)
        let request = PacketFacts(
            .output, from: RulesetSamples.address("0.0.0.0"), to: any, transport: 17, sourcePort: 68,
            destinationPort: 67)
        #expect(evaluator.decide(offer).reason == .essential)
        #expect(evaluator.decide(request).reason == .essential)
        var other = offer
        other.sourcePort = 53
        #expect(evaluator.decide(other).outcome == .drop)
    }

    @Test("the machine itself is reached in every posture", arguments: Posture.allCases)
    func loopback(posture: Posture) {
        var policy = Policy()
        policy.defaultAction = .block
        policy.blacklist = [ListEntry(RulesetSamples.prefix("0.0.0.0/0")), ListEntry(RulesetSamples.prefix("::/0"))]
        let evaluator = evaluator(policy, posture)
        for host in ["127.0.0.1", "::1", "192.0.2.10"].map(RulesetSamples.address) {
            for path in [PacketFacts.Path.input, .output] {
                let packet = PacketFacts(
                    path, from: host, to: host, transport: 6, sourcePort: 1, destinationPort: 23,
                    inputInterface: path == .input ? "lo" : nil, outputInterface: path == .output ? "lo" : nil)
                #expect(evaluator.decide(packet) { _, _ in true }.reason == .loopback)
            }
        }
    }

    @Test("the limit is a quarter when guarded, at least one, and none when open")
    func limits() {
        var policy = Policy()
        policy.rateLimit?.connections = 3
        policy.rateLimit?.ipv6Prefix = 48
        #expect(RulesetSamples.generation(policy).rateSets.map(\.name) == ["rate4_3_10", "rate6_3_10_48"])
        #expect(RulesetSamples.generation(policy, .guarded).rateSets.map(\.name) == ["rate4_1_10", "rate6_1_10_48"])
        #expect(RulesetSamples.generation(policy, .open).rateSets.isEmpty)
        policy.rateLimit = nil
        #expect(RulesetSamples.generation(policy).rateSets.isEmpty)
    }

    @Test("live connections go on when a rule blocks their port, and end when their host is blacklisted")
    func live() {
        var policy = Policy()
        policy.rules = [FirewallRule(id: 1, name: "All", action: .block, direction: .both)]
        let host = RulesetSamples.address("192.0.2.7")
        let packet = PacketFacts(
            .input, from: host, to: RulesetSamples.address("192.0.2.1"), transport: 6, sourcePort: 1,
            destinationPort: 2, connection: .established)
        #expect(evaluator(policy).decide(packet).reason == .established)
        #expect(evaluator(policy, .lockdown).decide(packet).reason == .posture)
        policy.blacklist = [ListEntry(IPPrefix(host))]
        #expect(evaluator(policy).decide(packet).reason == .blacklist)
    }

    @Test("names stay in what the kernel takes, with large ids and numbers")
    func names() throws {
        var policy = RulesetSamples.full
        for index in policy.rules.indices { policy.rules[index].id += 99_999_000 }
        var kernel = KernelModel()
        try kernel.commit(RulesetPlan.install(RulesetSamples.generation(policy, number: 999_999_999)))
    }

    @Test("numbers far out of range trap nowhere")
    func extremes() throws {
        var policy = RulesetSamples.full
        policy.rateLimit?.connections = .max
        policy.rateLimit?.seconds = .max
        policy.rateLimit?.globalPerSecond = .max
        policy.log.blockedPerSecond = .max
        policy.log.allowedSample = .max
        for posture in Posture.allCases {
            let generation = RulesetSamples.generation(policy, posture, number: 2)
            #expect(!generation.chains.isEmpty)
            let trial = RulesetPlan.trial(generation, over: RulesetSamples.generation(policy), seconds: .max)
            #expect(!trial.operations.isEmpty)
        }
    }
}
