import Firewall
import NFTables

/// What of ours is in the kernel, and every way to change it. Whatever throws has changed nothing.
final class Enforcement {
    /// A generation that counts until then, unless somebody confirms it.
    struct Trial {
        var generation: PolicyGeneration
        /// Milliseconds of the steady clock.
        var until: Int64
    }

    let kernel: NFTables
    /// In force, or what the kernel goes back to; `nil`: nothing of ours is in the kernel.
    private(set) var current: PolicyGeneration?
    private(set) var trial: Trial?
    private(set) var feeds: FeedGeneration?
    private(set) var isProtected = false

    /// How our table looks as long as nobody else touches it.
    private var expected: KernelInventory?
    /// Feed sets that an earlier process has left in the kernel.
    private var foundFeeds: [String] = []
    private var lastGeneration = 0
    private var lastFeeds = 0

    /// Of the network namespace in which the calling thread is.
    init() throws(NFTablesError) { kernel = try NFTables() }

    var isOn: Bool { current != nil }

    /// A number that no generation in the kernel has.
    func nextGeneration() -> Int {
        lastGeneration += 1
        return lastGeneration
    }

    func nextFeeds() -> Int {
        lastFeeds += 1
        return lastFeeds
    }

    // MARK: From the start to the end

    /// Looks at what an earlier process has left, so that numbers are new.
    func look() throws(NFTablesError) {
        guard let found = try kernel.inventory() else { return }
        expected = found
        lastGeneration = found.generations.max() ?? 0
        lastFeeds = found.feedGenerations.max() ?? 0
    }

    /// Puts a policy in force; over what an earlier process has left, whose bans, counters and feeds stay.
    func begin(
        _ generation: PolicyGeneration, isProtected: Bool, bans: [(target: IPPrefix, milliseconds: UInt64)]
    ) throws(NFTablesError) {
        if let found = expected, found.hasShared, found.isProtected == isProtected {
            do {
                let previous = found.generation(besides: generation)
                var transaction = RulesetPlan.replace(previous, with: generation)
                transaction.operations.insert(.addTable(isProtected: isProtected), at: 0)
                transaction.operations.append(.flushSet(Ruleset.trialSet))
                try kernel.commit(transaction)
                foundFeeds = found.feedSets
                took(generation, isProtected: isProtected)
                try renew(bans)
                return
            } catch .refused {
                // An earlier version's table, or a damaged one.
            }
        }
        try install(generation, isProtected: isProtected, bans: bans, authenticated: [])
    }

    /// Makes all anew, in one moment; of feeds the sets are empty.
    func install(
        _ generation: PolicyGeneration, isProtected: Bool, bans: [(target: IPPrefix, milliseconds: UInt64)],
        authenticated: [(address: IPAddress, milliseconds: UInt64)]
    ) throws(NFTablesError) {
        let isThere = try kernel.inventory() != nil
        try kernel.commit(
            RulesetPlan.install(
                generation, isReplacing: isThere, bans: bans, authenticated: authenticated, isProtected: isProtected))
        feeds = nil
        foundFeeds = []
        took(generation, isProtected: isProtected)
    }

    /// Takes everything of ours out of the kernel.
    func remove() throws(NFTablesError) {
        if try kernel.inventory() != nil { try kernel.commit(RulesetPlan.removeAll()) }
        current = nil
        trial = nil
        feeds = nil
        foundFeeds = []
        expected = nil
    }

    private func took(_ generation: PolicyGeneration, isProtected: Bool) {
        current = generation
        trial = nil
        self.isProtected = isProtected
        remember()
    }

    /// After a change that was made. What cannot be read does not undo it: the next look makes the table anew.
    private func remember() {
        expected = (try? kernel.inventory()) ?? (try? kernel.inventory())
    }

    private func commit(_ transaction: KernelTransaction) throws(NFTablesError) {
        guard !transaction.operations.isEmpty else { return }
        try kernel.commit(transaction)
    }

    // MARK: Policies

    func replace(with generation: PolicyGeneration) throws(NFTablesError) {
        guard let current else { return }
        try commit(RulesetPlan.replace(current, with: generation))
        self.current = generation
        remember()
    }

    /// - Parameter now: milliseconds of the steady clock.
    func begin(trial generation: PolicyGeneration, seconds: Int, now: Int64) throws(NFTablesError) {
        guard let current else { return }
        try commit(RulesetPlan.trial(generation, over: current, seconds: seconds))
        trial = Trial(generation: generation, until: now + Int64(seconds) * 1_000)
        remember()
    }

    func confirm() throws(NFTablesError) {
        guard let current, let trial else { return }
        try commit(RulesetPlan.confirm(trial.generation, over: current))
        self.current = trial.generation
        self.trial = nil
        remember()
    }

    /// Ends a trial, or clears up after one that the kernel has ended.
    func revert() throws(NFTablesError) {
        guard let current, let trial else { return }
        try commit(RulesetPlan.revert(trial.generation, to: current))
        self.trial = nil
        remember()
    }

    /// Whether our table is as we left it.
    func isUntouched() throws(NFTablesError) -> Bool {
        guard isOn else { return true }
        guard var expected, let found = try kernel.inventory() else { return false }
        expected.generation = found.generation
        // Sets that are being filled, or that nobody took.
        let newest = feeds?.number ?? 0
        func isOurs(_ name: String) -> Bool { KernelInventory.feedGeneration(of: name).map { $0 <= newest } ?? true }
        return expected.filtered(isOurs) == found.filtered(isOurs)
    }

    // MARK: Hosts

    func ban(_ targets: [IPPrefix], milliseconds: UInt64) throws(NFTablesError) {
        guard isOn else { return }
        try commit(RulesetPlan.ban(targets, milliseconds: milliseconds))
    }

    /// Bans that are there, or should be.
    func renew(_ bans: [(target: IPPrefix, milliseconds: UInt64)]) throws(NFTablesError) {
        guard isOn else { return }
        for begin in stride(from: 0, to: bans.count, by: 512) {
            try commit(RulesetPlan.ban(Array(bans[begin..<min(begin + 512, bans.count)])))
        }
    }

    /// Whether the kernel bans this host.
    func isBanned(_ prefix: IPPrefix) throws(NFTablesError) -> Bool {
        guard isOn, let key = SharedSet.hostKey(prefix) else { return false }
        return try kernel.element(set: SharedSet.ban(prefix.family), key: key.bytes) != nil
    }

    func unban(_ targets: [IPPrefix]) throws(NFTablesError) {
        guard isOn else { return }
        try commit(RulesetPlan.unban(targets))
    }

    func authenticate(_ addresses: [IPAddress], milliseconds: UInt64) throws(NFTablesError) {
        guard isOn else { return }
        try commit(RulesetPlan.authenticate(addresses, milliseconds: milliseconds))
    }

    // MARK: Feeds

    /// Lets rules ask sets that were filled, and deletes those before.
    func activate(_ new: FeedGeneration?) throws(NFTablesError) {
        guard isOn else { return }
        var transaction = RulesetPlan.activateFeeds(new, over: feeds)
        transaction.operations += foundFeeds.map { .deleteSet($0) }
        try commit(transaction)
        foundFeeds = []
        feeds = new
        remember()
    }

    // MARK: Questions

    /// What is in the kernel, as one value.
    var ruleset: Ruleset? { current.map { Ruleset(current: $0, trial: trial?.generation, feeds: feeds) } }

    func counters() throws(NFTablesError) -> [String: CounterAmount] {
        try kernel.counters().mapValues { CounterAmount(packets: $0.packets, bytes: $0.bytes) }
    }

}
