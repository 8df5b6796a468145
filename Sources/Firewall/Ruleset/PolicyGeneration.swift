/// All that one policy in one posture makes in the kernel. The names end in the generation's number, so that two can be there at once: the one in force and the one on trial.
package struct PolicyGeneration: Hashable, Sendable {
    package var number: Int
    /// All that it counts with; shared with other generations by name.
    package var counters: [String]
    /// Sets of sources for the rate limit. Their names tell their parameters, so that generations with the same limit share them with what is in them.
    package var rateSets: [NamedSet]
    /// Its own sets and maps, with their elements.
    package var sets: [NamedSet]
    /// Its own chains.
    package var chains: [FirewallChain]
    /// The bodies of ``Ruleset/dropFeed`` and ``Ruleset/dropFeedOut``: shared chains that follow the policy in force.
    package var feedVerdicts: [FirewallChain]

    package init(
        number: Int, counters: [String] = [], rateSets: [NamedSet] = [], sets: [NamedSet] = [],
        chains: [FirewallChain] = [], feedVerdicts: [FirewallChain] = []
    ) {
        self.number = number
        self.counters = counters
        self.rateSets = rateSets
        self.sets = sets
        self.chains = chains
        self.feedVerdicts = feedVerdicts
    }

    /// The chain into which a hook's base chain goes: `pre_3`.
    package func entry(_ hook: FirewallChain.Hook) -> String { "\(Self.entryName(hook))_\(number)" }

    static func entryName(_ hook: FirewallChain.Hook) -> String {
        switch hook {
        case .prerouting: "pre"
        case .input: "in"
        case .forward: "fwd"
        case .output: "out"
        }
    }
}
