import Firewall
import Testing

@Suite("rulesets in nft's words")
struct GoldenRulesetTests {
    @Test("of a fresh installation")
    func fresh() {
        let ruleset = Ruleset(current: RulesetSamples.generation(RulesetSamples.fresh))
        #expect(ruleset.nftText == GoldenRulesets.fresh)
    }

    @Test("with something of everything, and feeds")
    func full() {
        #expect(RulesetSamples.fullRuleset.nftText == GoldenRulesets.full)
    }

    @Test("in each posture: the chains that differ", arguments: [Posture.open, .guarded, .closed, .lockdown])
    func postures(posture: Posture) {
        #expect(RulesetSamples.chains(in: posture).nftText == GoldenRulesets.postures[posture])
    }

    @Test("in the normal posture hold the same chains as those that the postures change")
    func normal() {
        let normal = RulesetSamples.chains(in: .normal).nftText
        for line in normal.split(separator: "\n") { #expect(GoldenRulesets.fresh.contains(line)) }
    }

    @Test("on trial: the base chains lead to the new policy first")
    func trial() {
        let current = RulesetSamples.generation(RulesetSamples.fresh)
        let trial = RulesetSamples.generation(RulesetSamples.full, number: 2)
        let ruleset = Ruleset(current: current, trial: trial)
        #expect(Ruleset(chains: ruleset.chains.filter { $0.base != nil }).nftText == GoldenRulesets.trial)
    }

    @Test("differ only by the generation's number")
    func numbers() {
        let first = Ruleset(current: RulesetSamples.generation(RulesetSamples.fresh, number: 1)).nftText
        let second = Ruleset(current: RulesetSamples.generation(RulesetSamples.fresh, number: 2)).nftText
        #expect(first != second)
        let names = first.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.filter { $0.hasSuffix("_1") }
        var renamed = first
        for name in Set(names) where !name.hasPrefix("rule_") && !name.hasPrefix("rate") {
            renamed = renamed.replacing(name, with: "\(name.dropLast(2))_2")
        }
        #expect(renamed == second)
    }

    @Test("name no log where none is wanted")
    func silent() {
        var policy = RulesetSamples.full
        policy.log.blockedPerSecond = 0
        policy.log.allowedSample = 0
        let text = Ruleset(current: RulesetSamples.generation(policy, .lockdown)).nftText
        #expect(!text.contains("log"))
        #expect(!text.contains("numgen"))
        #expect(text.contains("counter name \"c_deny\"\n"))
    }
}
