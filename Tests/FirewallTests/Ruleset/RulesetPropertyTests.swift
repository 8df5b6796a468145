import Firewall
import Testing

@Suite("rulesets, held against the words of the policy")
struct RulesetPropertyTests {
    /// The bans, feeds and authenticated sources of a reading, as a kernel would have them in its sets.
    private func isMember(_ reading: PolicyReading, _ feeds: FeedGeneration) -> (String, IPAddress) -> Bool {
        { set, address in
            switch set {
            case "ban4", "ban6": reading.banned.contains { SharedSet.hostKey($0) == address }
            case "auth4", "auth6":
                reading.authenticated.contains { SharedSet.hostKey(IPPrefix($0)) == address }
            case feeds.name(.init(.in, .ranges4)), feeds.name(.init(.in, .ranges6)):
                reading.feedIn.contains { $0.contains(address) }
            case feeds.name(.init(.out, .ranges4)), feeds.name(.init(.out, .ranges6)):
                reading.feedOut.contains { $0.contains(address) }
            default: false
            }
        }
    }

    private let feeds = FeedGeneration(
        number: 1,
        counts: [.init(.in, .ranges4): 5, .init(.in, .ranges6): 5, .init(.out, .ranges4): 5, .init(.out, .ranges6): 5])

    private func compiled(_ reading: PolicyReading, _ number: Int) -> PolicyGeneration {
        RulesetCompiler(policy: reading.policy, posture: reading.posture, generation: number, now: reading.now)
            .compile()
    }

    @Test("decide as the policy says, whatever the policy and the packet", arguments: 0..<8)
    func decideAsRead(seed: UInt64) {
        var random = RandomPolicies(seed: seed)
        for _ in 0..<60 {
            let reading = random.reading()
            let evaluator = RulesetEvaluator(Ruleset(current: compiled(reading, 1), feeds: feeds))
            for _ in 0..<60 {
                let packet = random.packet()
                let decision = evaluator.decide(packet, isMember: isMember(reading, feeds))
                let found = PolicyReading.Meaning(
                    outcome: decision.outcome, reason: decision.reason, isLimited: !decision.limits.isEmpty)
                #expect(found == reading.meaning(packet), "\(reading) \(packet) \(decision)")
                if found != reading.meaning(packet) { return }
            }
        }
    }

    @Test("decide by the policy on trial while it lasts, and by the one in force after", arguments: 0..<4)
    func decideOnTrial(seed: UInt64) {
        var random = RandomPolicies(seed: seed &+ 1_000)
        for _ in 0..<30 {
            let current = random.reading()
            let next = random.reading()
            let evaluator = RulesetEvaluator(
                Ruleset(current: compiled(current, 1), trial: compiled(next, 2), feeds: feeds))
            for _ in 0..<60 {
                var packet = random.packet()
                for (isTrial, reading) in [(false, current), (true, next)] {
                    packet.isTrial = isTrial
                    let decision = evaluator.decide(packet, isMember: isMember(reading, feeds))
                    let found = PolicyReading.Meaning(
                        outcome: decision.outcome, reason: decision.reason, isLimited: !decision.limits.isEmpty)
                    #expect(found == reading.meaning(packet), "\(reading) \(packet) \(decision)")
                }
            }
        }
    }

    @Test("let whitelisted hosts pass every way, in every posture, whatever else names them", arguments: 0..<4)
    func whitelistWins(seed: UInt64) {
        var random = RandomPolicies(seed: seed &+ 2_000)
        for _ in 0..<40 {
            var reading = random.reading()
            let host = random.address()
            reading.policy.whitelist.append(ListEntry(IPPrefix(host)))
            let evaluator = RulesetEvaluator(Ruleset(current: compiled(reading, 1), feeds: feeds))
            for _ in 0..<40 {
                var packet = random.packet()
                if packet.path == .output {
                    packet.destination = host
                    packet.source = host
                } else {
                    packet.source = host
                    packet.destination = host
                }
                let decision = evaluator.decide(packet) { set, _ in !set.hasPrefix("allow") }
                #expect(decision.outcome == .accept, "\(reading) \(packet) \(decision)")
                #expect(decision.limits.isEmpty)
            }
        }
    }

    @Test("are what a kernel takes, and leave nothing behind when they go", arguments: 0..<6)
    func kernelTakesThem(seed: UInt64) throws {
        var random = RandomPolicies(seed: seed &+ 3_000)
        for _ in 0..<30 {
            var kernel = KernelModel()
            var current = compiled(random.reading(), 1)
            var active: FeedGeneration?
            try kernel.commit(RulesetPlan.install(current, feeds: active))
            for number in 2..<8 {
                let next = compiled(random.reading(), number)
                switch random.number(0...3) {
                case 0:
                    try kernel.commit(RulesetPlan.replace(current, with: next))
                    current = next
                case 1:
                    try kernel.commit(RulesetPlan.trial(next, over: current, seconds: 60))
                    expect(kernel, is: Ruleset(current: current, trial: next, feeds: active))
                    try kernel.commit(RulesetPlan.confirm(next, over: current))
                    current = next
                case 2:
                    try kernel.commit(RulesetPlan.trial(next, over: current, seconds: 60))
                    try kernel.commit(RulesetPlan.revert(next, to: current))
                default:
                    let other = FeedGeneration(number: number, counts: feeds.counts)
                    try kernel.commit(RulesetPlan.prepareFeeds(other))
                    try kernel.commit(RulesetPlan.activateFeeds(other, over: active))
                    active = other
                }
                expect(kernel, is: Ruleset(current: current, feeds: active))
            }
            try kernel.commit(RulesetPlan.removeAll())
            #expect(kernel.ruleset == Ruleset())
        }
    }

    private func expect(_ kernel: KernelModel, is expected: Ruleset) {
        let found = kernel.ruleset
        #expect(Set(found.counters) == Set(expected.counters))
        #expect(found.chains == expected.chains.sorted { $0.name < $1.name })
        let shared = Set(SharedSet.all.map(\.name))
        let sets = found.sets.map { set -> NamedSet in
            var set = set
            if shared.contains(set.name) { set.elements = [] }
            return set
        }
        #expect(sets == expected.sets.sorted { $0.name < $1.name })
    }
}
