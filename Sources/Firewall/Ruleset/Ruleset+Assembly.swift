extension Ruleset {
    /// The base chains, in the order of their hooks.
    package static let hooks: [FirewallChain.Hook] = [.prerouting, .input, .forward, .output]

    /// The hook's chain, without its rules. Sources are judged before connections are tracked, all else before other programs' filters.
    package static func baseChain(_ hook: FirewallChain.Hook) -> FirewallChain {
        switch hook {
        case .prerouting: FirewallChain("prerouting", base: .init(hook, priority: -300))
        case .input: FirewallChain("input", base: .init(hook, priority: -10))
        case .forward: FirewallChain("forward", base: .init(hook, priority: -10))
        case .output: FirewallChain("output", base: .init(hook, priority: -10))
        }
    }

    /// What a hook's base chain holds: the way into the generation on trial, as long as the trial lasts, and into the one in force.
    package static func baseRules(
        _ hook: FirewallChain.Hook, current: PolicyGeneration, trial: PolicyGeneration?
    ) -> [FirewallChain.Rule] {
        var rules: [FirewallChain.Rule] = []
        if let trial { rules.append(.init(.trial, .verdict(.goto(trial.entry(hook))))) }
        rules.append(.init(.verdict(.goto(current.entry(hook)))))
        return rules
    }

    /// All that is in the kernel when `current` is in force: what the plans lead to, as one value. Sets whose elements come at run time
    /// (bans, feeds, …) are there without them.
    package init(current: PolicyGeneration, trial: PolicyGeneration? = nil, feeds: FeedGeneration? = nil) {
        let generations = [current] + (trial.map { [$0] } ?? [])
        var counters: [String] = []
        var rateSets: [NamedSet] = []
        for generation in generations {
            for counter in generation.counters where !counters.contains(counter) { counters.append(counter) }
            for set in generation.rateSets where !rateSets.contains(set) { rateSets.append(set) }
        }
        let bases = Self.hooks.map { hook -> FirewallChain in
            var chain = Self.baseChain(hook)
            chain.rules = Self.baseRules(hook, current: current, trial: trial)
            return chain
        }
        let feedChains = [
            FirewallChain(Self.feedIn, rules: feeds?.rules(.source) ?? []),
            FirewallChain(Self.feedOut, rules: feeds?.rules(.destination) ?? []),
        ]
        self.init(
            counters: counters,
            sets: SharedSet.all + rateSets + (feeds?.sets ?? []) + generations.flatMap(\.sets),
            chains: bases + feedChains + current.feedVerdicts + generations.flatMap(\.chains))
    }
}
