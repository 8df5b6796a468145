import Firewall
import Testing

@Suite("plans of changes in the kernel")
struct RulesetPlanTests {
    private func generation(_ number: Int, _ change: (inout Policy) -> Void = { _ in }) -> PolicyGeneration {
        var policy = RulesetSamples.full
        change(&policy)
        return RulesetSamples.generation(policy, number: number)
    }

    private func installed(_ generation: PolicyGeneration) throws -> KernelModel {
        var kernel = KernelModel()
        try kernel.commit(RulesetPlan.install(generation))
        return kernel
    }

    @Test("install over nothing, and over what is there, but not twice without saying so")
    func install() throws {
        var kernel = KernelModel()
        #expect(throws: KernelModel.Refusal.self) {
            try kernel.commit(RulesetPlan.install(generation(1), isReplacing: true))
        }
        try kernel.commit(RulesetPlan.install(generation(1)))
        let first = kernel.ruleset
        try kernel.commit(RulesetPlan.install(generation(1), isReplacing: true))
        #expect(kernel.ruleset == first)
    }

    @Test("install bans and authenticated sources with the time they have left")
    func installBans() throws {
        var kernel = KernelModel()
        try kernel.commit(
            RulesetPlan.install(
                generation(1),
                bans: [
                    (RulesetSamples.prefix("203.0.113.9"), 5_000), (RulesetSamples.prefix("203.0.113.9"), 9_000),
                    (RulesetSamples.prefix("2001:db8:0:7::1"), 4_000), (RulesetSamples.prefix("203.0.113.0/24"), 4_000),
                    (RulesetSamples.prefix("203.0.113.10"), 0),
                ], authenticated: [(RulesetSamples.address("2001:db8:0:9::5"), 3_000)]))
        #expect(kernel.elements("ban4") == [.init(RulesetSamples.address("203.0.113.9"), timeout: 9_000)])
        #expect(kernel.elements("ban6") == [.init(RulesetSamples.address("2001:db8:0:7::"), timeout: 4_000)])
        #expect(kernel.elements("auth6") == [.init(RulesetSamples.address("2001:db8:0:9::"), timeout: 3_000)])
    }

    @Test("ban whether or not one is banned already, with the new time")
    func ban() throws {
        var kernel = try installed(generation(1))
        let host = RulesetSamples.prefix("203.0.113.9")
        try kernel.commit(RulesetPlan.ban([host], milliseconds: 60_000))
        try kernel.commit(RulesetPlan.ban([host, RulesetSamples.prefix("2001:db8::1/64")], milliseconds: 120_000))
        #expect(kernel.elements("ban4").map(\.timeout) == [120_000])
        #expect(kernel.elements("ban6").map(\.timeout) == [120_000])
        try kernel.commit(RulesetPlan.unban([host, host]))
        #expect(kernel.elements("ban4").isEmpty)
        try kernel.commit(RulesetPlan.unban([host]))
        #expect(kernel.elements("ban6").count == 1)
    }

    @Test("touch elements alone when they ban, authenticate and forgive")
    func elementsAlone() {
        let host = RulesetSamples.prefix("203.0.113.9")
        let transactions = [
            RulesetPlan.ban([host], milliseconds: 1), RulesetPlan.unban([host]),
            RulesetPlan.authenticate([host.first], milliseconds: 1), RulesetPlan.deauthenticate([host.first]),
        ]
        for operation in transactions.flatMap(\.operations) {
            switch operation {
            case .addElements, .deleteElements: continue
            default: Issue.record("\(operation)")
            }
        }
        #expect(RulesetPlan.ban([RulesetSamples.prefix("203.0.113.0/24")], milliseconds: 1).operations.isEmpty)
    }

    @Test("keep bans, what the rate limit has seen, and the counters of rules that stay, through every reload")
    func keeps() throws {
        let first = generation(1)
        var kernel = try installed(first)
        try kernel.commit(RulesetPlan.ban([RulesetSamples.prefix("203.0.113.9")], milliseconds: 60_000))
        let second = generation(2) { $0.rules.removeFirst() }
        for operation
            in (RulesetPlan.trial(second, over: first, seconds: 60).operations
            + RulesetPlan.confirm(second, over: first).operations)
        {
            switch operation {
            case .deleteSet(let name), .flushSet(let name):
                #expect(!name.hasPrefix("rate") && !name.hasPrefix("ban") && !name.hasPrefix("f1"), "\(name)")
            case .deleteCounter(let name): #expect(name == "rule_1")
            case .deleteTable: Issue.record("the table goes")
            default: continue
            }
        }
        try kernel.commit(RulesetPlan.trial(second, over: first, seconds: 60))
        try kernel.commit(RulesetPlan.confirm(second, over: first))
        #expect(kernel.elements("ban4").count == 1)
        #expect(!kernel.counters.contains("rule_1"))
        #expect(kernel.counters.contains("rule_8"))
    }

    @Test("give sets of the rate limit up when the limit changes, and not before the change is confirmed")
    func rateSets() throws {
        let first = generation(1)
        var kernel = try installed(first)
        let second = generation(2) { $0.rateLimit?.connections = 50 }
        try kernel.commit(RulesetPlan.trial(second, over: first, seconds: 60))
        #expect(kernel.sets["rate4_100_10"] != nil)
        #expect(kernel.sets["rate4_50_10"] != nil)
        var reverted = kernel
        try reverted.commit(RulesetPlan.revert(second, to: first))
        #expect(reverted.sets["rate4_100_10"] != nil)
        #expect(reverted.sets["rate4_50_10"] == nil)
        try kernel.commit(RulesetPlan.confirm(second, over: first))
        #expect(kernel.sets["rate4_100_10"] == nil)
        #expect(kernel.sets["rate4_50_10"] != nil)
    }

    @Test("put a trial in force for its time in both families, and end it at once when asked")
    func trial() throws {
        let first = generation(1)
        var kernel = try installed(first)
        let before = kernel.ruleset
        let second = generation(2)
        try kernel.commit(RulesetPlan.trial(second, over: first, seconds: 60))
        #expect(kernel.elements("trial") == [.init([2], timeout: 60_000), .init([10], timeout: 60_000)])
        // Another one in the same moment: the first is given up, the second begins anew.
        let third = generation(3)
        try kernel.commit(
            RulesetPlan.revert(second, to: first) + RulesetPlan.trial(third, over: first, seconds: 30))
        #expect(kernel.elements("trial").map(\.timeout) == [30_000, 30_000])
        #expect(!kernel.chains.keys.contains { $0.hasSuffix("_2") })
        try kernel.commit(RulesetPlan.revert(third, to: first))
        #expect(kernel.ruleset == before)
    }

    @Test("swap feeds in one small transaction that loads nothing")
    func feeds() throws {
        var kernel = try installed(generation(1))
        let before = kernel.ruleset
        let first = FeedGeneration(number: 1, counts: [.init(.out, .hosts4): 1_000_000, .init(.both, .ranges6): 1])
        let second = FeedGeneration(number: 2, counts: [.init(.in, .hosts6): 3, .init(.out, .ranges4): 0])
        try kernel.commit(RulesetPlan.prepareFeeds(first))
        #expect(kernel.chains["feed_out"]?.rules.isEmpty == true)
        try kernel.commit(RulesetPlan.activateFeeds(first, over: nil))
        #expect(kernel.sets["f1_out_4h"]?.size == 1_000_000)
        #expect(kernel.chains["feed_in"]?.rules.flatMap(\.sets) == ["f1_both_6n"])
        #expect(kernel.chains["feed_out"]?.rules.flatMap(\.sets) == ["f1_out_4h", "f1_both_6n"])
        try kernel.commit(RulesetPlan.prepareFeeds(second))
        let swap = RulesetPlan.activateFeeds(second, over: first)
        #expect(swap.operations.count < 12)
        try kernel.commit(swap)
        #expect(kernel.sets.keys.filter { $0.hasPrefix("f") } == ["f2_in_6h"])
        try kernel.commit(RulesetPlan.activateFeeds(nil, over: second))
        #expect(kernel.ruleset == before)
        try kernel.commit(RulesetPlan.prepareFeeds(first))
        try kernel.commit(RulesetPlan.discardFeeds(first))
        #expect(kernel.ruleset == before)
    }

    @Test("let the log of feeds follow the policy in force, and not one on trial")
    func feedVerdicts() throws {
        let first = generation(1)
        var kernel = try installed(first)
        let second = generation(2) { $0.log.blockedPerSecond = 0 }
        try kernel.commit(RulesetPlan.trial(second, over: first, seconds: 60))
        #expect(kernel.chains["drop_feed"]?.rules.count == 3)
        try kernel.commit(RulesetPlan.confirm(second, over: first))
        #expect(kernel.chains["drop_feed"]?.rules.count == 2)
    }
}
