/// What a ruleset does with a packet, where, and why.
package struct Decision: Hashable, Sendable {
    package enum Outcome: String, Hashable, Sendable {
        case accept
        case drop
        /// Dropped, and the sender is told.
        case reject
    }

    package enum Reason: Hashable, Sendable {
        case loopback
        /// Part of a connection that is already there.
        case established
        case whitelist
        /// What the network needs to work at all.
        case essential
        case blacklist
        case ban
        case feed
        case posture
        /// A rule of the policy, by its id.
        case rule(Int)
        /// No rule fits.
        case byDefault
    }

    /// A limit that might still refuse the packet: it depends on what came before.
    package enum Limit: Hashable, Sendable {
        /// So many of one source in the set's window.
        case perSource(set: String, allowed: UInt32)
        /// So many of all sources together.
        case global(perSecond: UInt64)
    }

    /// A set that was asked.
    package struct Lookup: Hashable, Sendable {
        package var set: String
        package var address: IPAddress
        package var isMember: Bool
        /// The element that holds it, where the ruleset itself carries the elements.
        package var element: NamedSet.Element?

        package init(set: String, address: IPAddress, isMember: Bool, element: NamedSet.Element? = nil) {
            self.set = set
            self.address = address
            self.isMember = isMember
            self.element = element
        }
    }

    package var outcome: Outcome
    package var reason: Reason
    /// Where it was decided: the chain, and the rule's place in it, from 0; -1: behind the last.
    package var chain: String
    package var ruleIndex: Int
    /// All chains it went through, in order.
    package var chains: [String]
    /// All sets that were asked, in order.
    package var lookups: [Lookup]
    /// Limits on its way that count as not reached.
    package var limits: [Limit]

    package init(
        outcome: Outcome, reason: Reason, chain: String, ruleIndex: Int, chains: [String] = [],
        lookups: [Lookup] = [], limits: [Limit] = []
    ) {
        self.outcome = outcome
        self.reason = reason
        self.chain = chain
        self.ruleIndex = ruleIndex
        self.chains = chains
        self.lookups = lookups
        self.limits = limits
    }
}
