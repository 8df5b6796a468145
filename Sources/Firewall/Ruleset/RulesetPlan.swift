/// Which changes lead from one state of the kernel to another. Each plan is one transaction: for every packet either the old state holds or the new one.
///
/// What the kernel asks is kept: what is named exists before it is named, and what is deleted is named by nothing any more.
package enum RulesetPlan {
    /// Makes everything anew. Bans and authenticated sources are there from the first moment on; feeds are empty sets until they are loaded.
    /// - Parameters:
    ///   - isReplacing: Whether a table of ours is there now. It goes in the same moment, with all it counted.
    ///   - bans: What is banned, with the milliseconds that are left.
    package static func install(
        _ generation: PolicyGeneration, isReplacing: Bool = false,
        bans: [(target: IPPrefix, milliseconds: UInt64)] = [],
        authenticated: [(address: IPAddress, milliseconds: UInt64)] = [], feeds: FeedGeneration? = nil,
        isProtected: Bool = false
    ) -> KernelTransaction {
        var operations: [KernelOperation] = isReplacing ? [.deleteTable] : []
        operations.append(.addTable(isProtected: isProtected))
        operations += SharedSet.all.map { .addSet($0) }
        operations += (feeds?.sets ?? []).map { .addSet($0) }
        operations += (Ruleset.hooks.map { Ruleset.baseChain($0) }).map { .addChain($0) }
        operations += [Ruleset.feedIn, Ruleset.feedOut].map { .addChain(FirewallChain($0)) }
        operations += generation.feedVerdicts.map { .addChain(FirewallChain($0.name)) }
        operations += adding(generation)
        operations += generation.feedVerdicts.flatMap { filling($0.name, $0.rules) }
        operations += filling(Ruleset.feedIn, feeds?.rules(.source) ?? [])
        operations += filling(Ruleset.feedOut, feeds?.rules(.destination) ?? [])
        operations += bases(current: generation, trial: nil)
        operations.append(.addElements(set: SharedSet.older, families(SharedSet.olderTime)))
        operations += adding(bans, to: SharedSet.ban)
        operations += adding(authenticated.map { (IPPrefix($0.address), $0.milliseconds) }, to: SharedSet.authenticated)
        return KernelTransaction(operations)
    }

    /// Puts `generation` in force for so many seconds. Unless it is confirmed, the kernel itself then goes back to `current`.
    package static func trial(
        _ generation: PolicyGeneration, over current: PolicyGeneration, seconds: Int
    ) -> KernelTransaction {
        let milliseconds = UInt64(max(1, min(seconds, 86_400))) * 1_000
        return KernelTransaction(
            adding(generation) + bases(current: current, trial: generation) + [
                .flushSet(Ruleset.trialSet),
                .addElements(set: SharedSet.trial, families(milliseconds)),
            ])
    }

    /// Makes the generation on trial the one in force for good, and deletes the one before.
    package static func confirm(_ generation: PolicyGeneration, over previous: PolicyGeneration) -> KernelTransaction {
        KernelTransaction(
            bases(current: generation, trial: nil) + refillingVerdicts(of: generation)
                + [.flushSet(Ruleset.trialSet)] + removing(previous, keeping: generation))
    }

    /// Ends a trial, or clears up after one that ended by itself.
    package static func revert(_ generation: PolicyGeneration, to current: PolicyGeneration) -> KernelTransaction {
        KernelTransaction(
            bases(current: current, trial: nil) + [.flushSet(Ruleset.trialSet)]
                + removing(generation, keeping: current))
    }

    /// Puts a generation in force without a trial, in place of the one before.
    package static func replace(_ previous: PolicyGeneration, with generation: PolicyGeneration) -> KernelTransaction {
        KernelTransaction(
            adding(generation) + bases(current: generation, trial: nil) + refillingVerdicts(of: generation)
                + removing(previous, keeping: generation))
    }

    /// Bans hosts, or gives those that are banned a new time. Networks larger than a host (of IPv6: than 64 bits) are left out.
    package static func ban(_ targets: [IPPrefix], milliseconds: UInt64) -> KernelTransaction {
        renewing(targets.map { ($0, milliseconds) }, in: SharedSet.ban)
    }

    /// The same, for bans that end at different times.
    package static func ban(_ bans: [(target: IPPrefix, milliseconds: UInt64)]) -> KernelTransaction {
        renewing(bans, in: SharedSet.ban)
    }

    /// Ends bans; those that are none any more are no error.
    package static func unban(_ targets: [IPPrefix]) -> KernelTransaction { dropping(targets, from: SharedSet.ban) }

    /// Counts sources (of IPv6: networks of 64 bits) as authenticated for a while from now.
    package static func authenticate(_ addresses: [IPAddress], milliseconds: UInt64) -> KernelTransaction {
        renewing(addresses.map { (IPPrefix($0), milliseconds) }, in: SharedSet.authenticated)
    }

    package static func deauthenticate(_ addresses: [IPAddress]) -> KernelTransaction {
        dropping(addresses.map { IPPrefix($0) }, from: SharedSet.authenticated)
    }

    /// Creates a feed generation's sets, which are then loaded, in as many transactions as is convenient, before any rule asks them.
    package static func prepareFeeds(_ feeds: FeedGeneration) -> KernelTransaction {
        KernelTransaction(feeds.sets.map { .addSet($0) })
    }

    /// Lets the rules ask the sets of `feeds`, and deletes those before. `nil`: no feeds.
    package static func activateFeeds(_ feeds: FeedGeneration?, over previous: FeedGeneration?) -> KernelTransaction {
        KernelTransaction(
            [.flushChain(Ruleset.feedIn), .flushChain(Ruleset.feedOut)]
                + filling(Ruleset.feedIn, feeds?.rules(.source) ?? [])
                + filling(Ruleset.feedOut, feeds?.rules(.destination) ?? [])
                + (previous?.sets ?? []).map { .deleteSet($0.name) })
    }

    /// Deletes sets that were prepared and never asked.
    package static func discardFeeds(_ feeds: FeedGeneration) -> KernelTransaction {
        KernelTransaction(feeds.sets.map { .deleteSet($0.name) })
    }

    /// Deletes all that is ours. Fails where there is nothing.
    package static func removeAll() -> KernelTransaction { KernelTransaction([.deleteTable]) }
}

// MARK: - Parts of plans

extension RulesetPlan {
    private typealias Timed = (target: IPPrefix, milliseconds: UInt64)

    /// `NFPROTO_IPV4` and `NFPROTO_IPV6`, for a time.
    private static func families(_ milliseconds: UInt64) -> [NamedSet.Element] {
        [.init([2], timeout: milliseconds), .init([10], timeout: milliseconds)]
    }

    /// Counters, empty chains, sets whose elements name the chains, and then the rules, which name all of these.
    private static func adding(_ generation: PolicyGeneration) -> [KernelOperation] {
        generation.counters.map { .addCounter($0) }
            + generation.chains.map { .addChain(FirewallChain($0.name)) }
            + (generation.rateSets + generation.sets).map { .addSet($0) }
            + generation.chains.flatMap { filling($0.name, $0.rules) }
    }

    private static func filling(_ chain: String, _ rules: [FirewallChain.Rule]) -> [KernelOperation] {
        rules.map { .addRule(chain: chain, $0) }
    }

    private static func bases(current: PolicyGeneration, trial: PolicyGeneration?) -> [KernelOperation] {
        Ruleset.hooks.flatMap { hook -> [KernelOperation] in
            let name = Ruleset.baseChain(hook).name
            return [.flushChain(name)]
                + filling(name, Ruleset.baseRules(hook, current: current, trial: trial))
        }
    }

    private static func refillingVerdicts(of generation: PolicyGeneration) -> [KernelOperation] {
        generation.feedVerdicts.flatMap { [.flushChain($0.name)] + filling($0.name, $0.rules) }
    }

    /// First all rules, then maps with what they name, then chains, then counters.
    private static func removing(
        _ generation: PolicyGeneration, keeping other: PolicyGeneration
    ) -> [KernelOperation] {
        var operations = generation.chains.map { KernelOperation.flushChain($0.name) }
        operations += generation.sets.filter(\.isMap).map { .flushSet($0.name) }
        operations += (generation.sets + generation.rateSets.filter { !other.rateSets.contains($0) })
            .map { .deleteSet($0.name) }
        operations += generation.chains.map { .deleteChain($0.name) }
        operations += generation.counters.filter { !other.counters.contains($0) }.map { .deleteCounter($0) }
        return operations
    }

    /// The elements by family, each once; of two with the same key the longer time.
    private static func elements(_ targets: [Timed]) -> [(AddressFamily, [NamedSet.Element])] {
        var times: [IPAddress: UInt64] = [:]
        for (target, milliseconds) in targets where milliseconds > 0 {
            guard let key = SharedSet.hostKey(target) else { continue }
            times[key] = max(times[key] ?? 0, milliseconds)
        }
        let keys = times.keys.sorted()
        return AddressFamily.allCases.compactMap { family in
            let elements = keys.filter { $0.family == family }.map { NamedSet.Element($0, timeout: times[$0]) }
            return elements.isEmpty ? nil : (family, elements)
        }
    }

    private static func adding(_ targets: [Timed], to set: (AddressFamily) -> NamedSet) -> [KernelOperation] {
        elements(targets).map { .addElements(set: set($0.0), $0.1) }
    }

    /// Add, delete, add: see ``KernelOperation/addElements(set:_:)``.
    private static func renewing(_ targets: [Timed], in set: (AddressFamily) -> NamedSet) -> KernelTransaction {
        KernelTransaction(
            elements(targets.map { ($0.target, max(1, $0.milliseconds)) }).flatMap {
                family, elements -> [KernelOperation] in
                let set = set(family)
                return [
                    .addElements(set: set, elements), .deleteElements(set: set, elements),
                    .addElements(set: set, elements),
                ]
            })
    }

    private static func dropping(_ targets: [IPPrefix], from set: (AddressFamily) -> NamedSet) -> KernelTransaction {
        KernelTransaction(
            elements(targets.map { ($0, 60_000) }).flatMap { family, elements -> [KernelOperation] in
                let set = set(family)
                return [.addElements(set: set, elements), .deleteElements(set: set, elements)]
            })
    }
}
