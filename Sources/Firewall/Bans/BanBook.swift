/// Makes bans of reports: who is kept out, for how long, and who never is. A pure value, to which the time is told.
///
/// - Evidence with a finished TCP handshake behind it gives strikes that fade. At ``BanLimits/threshold`` points the host is banned, for twice as long each time.
/// - Evidence that can be forged is counted apart, earns 2 minutes at most, is no offence, changes no other ban, and counts for nothing against an address of a member.
/// - An address from which somebody authenticated within a day needs twice the points: there may be several people behind it.
/// - One ban covers all the addresses of a host, IPv6 by 64 bits. A later report that names more addresses of a banned host adds them.
/// - What it keeps is bounded; see ``BanLimits/hosts``.
package struct BanBook: Sendable {
    struct Entry: Sendable {
        var targets: [BanTarget]
        /// By the steady clock.
        var since: Int64
        var until: Int64
        var kind: Report.Kind
        var detail: String
        var offence: Int

        var isForgeable: Bool { offence == 0 && kind != .manual }
    }

    struct Offences: Sendable {
        var count: Int
        /// The end of the last ban, by the steady clock.
        var since: Int64
    }

    package let limits: BanLimits
    package var exemptions: BanExemptions

    var strikes: StrikeTable
    var glances: StrikeTable
    var entries: [Int: Entry] = [:]
    var holders: [BanTarget: Int] = [:]
    var offences: [BanTarget: Offences] = [:]
    /// When somebody authenticated from there, by the steady clock.
    var trusted: [BanTarget: Int64] = [:]
    private var lastID = 0
    private static let many = 1_024
    /// No ban ends earlier.
    var nextEnd = Int64.max
    private var latest = Int64.min

    package init(limits: BanLimits = BanLimits(), exemptions: BanExemptions = BanExemptions()) {
        self.limits = limits
        self.exemptions = exemptions
        strikes = StrikeTable(capacity: limits.hosts, halfLife: limits.halfLife)
        glances = StrikeTable(capacity: limits.forgeableHosts, halfLife: limits.halfLife)
    }

    /// Bans that are in force, the ones that end first in front.
    package func active(_ now: BanTime) -> [Ban] {
        entries.values.filter { $0.until > now.steady }.map { ban($0, now) }
            .sorted { $0.until == $1.until ? $0.targets.lexicographicallyPrecedes($1.targets) : $0.until < $1.until }
    }

    /// The ban that keeps this address out.
    package func ban(of address: IPAddress, _ now: BanTime) -> Ban? {
        guard let id = holders[BanTarget(address)], let entry = entries[id], entry.until > now.steady else {
            return nil
        }
        return ban(entry, now)
    }

    /// Ends bans whose time is over.
    /// - Returns: these.
    package mutating func expire(_ now: BanTime) -> [Ban] {
        let now = forward(now)
        guard now.steady >= nextEnd else { return [] }
        let over = entries.filter { $0.value.until <= now.steady }
        for id in over.keys { remove(id) }
        nextEnd = entries.values.reduce(.max) { min($0, $1.until) }
        // Where there are many bans, all of them are looked through ten times a second at most.
        if entries.count > Self.many, nextEnd != .max { nextEnd = max(nextEnd, now.steady.plus(100)) }
        return over.values.map { ban($0, now) }.sorted { $0.until < $1.until }
    }

    /// Milliseconds until ``expire(_:)`` has something to do; `nil`: nothing is banned.
    package func wait(_ now: BanTime) -> Int64? {
        nextEnd == .max ? nil : max(0, nextEnd.minus(now.steady))
    }

    // MARK: What the parts share

    /// The steady clock never goes back; should it, the latest time goes on counting.
    mutating func forward(_ now: BanTime) -> BanTime {
        latest = max(latest, now.steady)
        return BanTime(wall: now.wall, steady: latest)
    }

    func ban(_ entry: Entry, _ now: BanTime) -> Ban {
        Ban(
            targets: entry.targets.map(\.prefix).sorted(), since: now.wall.minus(now.steady.minus(entry.since)),
            until: now.wall.plus(entry.until.minus(now.steady)), kind: entry.kind, detail: entry.detail,
            offence: entry.offence)
    }

    /// Puts a ban in force, instead of others of the same targets.
    mutating func insert(_ entry: Entry) {
        for target in entry.targets { release(target) }
        if entries.count >= limits.hosts { makeRoom() }
        lastID += 1
        entries[lastID] = entry
        for target in entry.targets { holders[target] = lastID }
        nextEnd = min(nextEnd, entry.until)
    }

    mutating func remove(_ id: Int) {
        guard let entry = entries.removeValue(forKey: id) else { return }
        for target in entry.targets where holders[target] == id { holders[target] = nil }
    }

    /// Takes a target out of the ban that holds it.
    mutating func release(_ target: BanTarget) {
        guard let id = holders.removeValue(forKey: target), var entry = entries[id] else { return }
        entry.targets.removeAll { $0 == target }
        entries[id] = entry.targets.isEmpty ? nil : entry
    }

    /// Forgets a sixteenth of the bans: what could be forged first, then what ends first; an administrator's last. The kernel keeps them to their end.
    private mutating func makeRoom() {
        func rank(_ entry: Entry) -> Int { entry.isForgeable ? 0 : entry.kind == .manual ? 2 : 1 }
        let weakest = entries.sorted {
            rank($0.value) == rank($1.value) ? $0.value.until < $1.value.until : rank($0.value) < rank($1.value)
        }
        for (id, _) in weakest.prefix(max(1, limits.hosts / 16)) { remove(id) }
    }
}
