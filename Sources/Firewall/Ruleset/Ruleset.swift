/// What is, or shall be, in the kernel: one table `inet conclave` with its counters, sets and chains.
package struct Ruleset: Hashable, Sendable {
    /// The one table that is ours.
    package static let table = "conclave"
    /// The set of families (``NamedSet/Key/family``) for which the policy on trial is in force; its elements go by themselves.
    package static let trialSet = "trial"
    /// The set of families for which connections may still be older than the table: the kernel has not tracked them, and takes their next packet for a new one.
    package static let olderSet = "older"
    /// The chain that asks the inbound feed sets; it ends in ``dropFeed``.
    package static let feedIn = "feed_in"
    /// The chain that asks the outbound feed sets; it ends in ``dropFeedOut``.
    package static let feedOut = "feed_out"
    package static let dropFeed = "drop_feed"
    package static let dropFeedOut = "reject_c2"

    package var counters: [String]
    package var sets: [NamedSet]
    package var chains: [FirewallChain]

    package init(counters: [String] = [], sets: [NamedSet] = [], chains: [FirewallChain] = []) {
        self.counters = counters
        self.sets = sets
        self.chains = chains
    }
}
