import Firewall
import FirewallStore
import NFTables
import Settings

/// The firewall as it runs: what is in force, who is banned, what is answered. One thread uses it.
final class Engine {
    /// A change that waits for somebody to confirm it.
    struct Pending {
        var policy: Policy
        var posture: Posture
        /// What is written to the rules file when it is confirmed; `nil`: the file says it already.
        var text: String?
        var subject: String
        /// Milliseconds of the steady clock, and since 1970.
        var until: BanTime
    }

    let options: ServiceOptions
    let enforcement: Enforcement
    let store: FirewallStore
    let feeds: FeedDesk
    let since: BanTime

    var policy: Policy
    var state: ServiceState
    var pending: Pending?
    var bans: BanBook
    /// Who has authenticated, and until when by the steady clock.
    var authenticated: [IPAddress: Int64] = [:]
    /// What is wrong and stays so until somebody does something, by what it is about.
    var problems: [String: String] = [:]

    var statistics = StatisticsDesk()
    /// Whether ``keepOffenders(_:)`` has something to write.
    var hasNewOffenders = false
    private var lastFeedLook = Int64.min / 2
    private let storeIsNew = RaisedFlag()
    private var healings = HealingPace()
    private var nextHealing = Int64.min
    private var nextExemptions = Int64.min
    /// Another program has changed tables: the inventory does not tell what is in sets.
    private var areBansDoubtful = false
    private let boot: String

    /// Puts the policy in force.
    /// - Throws: with words and the exit status. What an earlier process left in the kernel then stays as it is.
    init(_ options: ServiceOptions, now: BanTime, wake: @escaping @Sendable () -> Void) throws(ProgramError) {
        self.options = options
        since = now
        boot =
            (try? WholeFile.read("/proc/sys/kernel/random/boot_id", limit: 128)).map {
                String(decoding: $0, as: UTF8.self)
            } ?? ""
        state = try ServiceState(path: options.statePath)
        let loaded = try PolicyFiles.load(options)
        policy = loaded.policy
        bans = BanBook()
        do throws(NFTablesError) {
            enforcement = try Enforcement()
            try enforcement.look()
        } catch {
            throw .init(error)
        }
        do throws(FirewallStoreError) {
            store = try FirewallStore(
                path: options.databasePath, limits: StoreLimits(policy.log), now: { ServiceClock.wall },
                notice: { [storeIsNew] notice in
                    ServiceLog.warning("\(notice)")
                    if case .setAside = notice { storeIsNew.raise() }
                })
        } catch {
            throw .unavailable("\(error)")
        }
        feeds = FeedDesk(enforcement.kernel, folder: options.feeds, wake: wake)
        if let warning = loaded.warning { problems["policy"] = warning }
        restoreBans(now)
        if state.isOff {
            ServiceLog.notice("The firewall is off since somebody said so; conclave-firewall apply turns it on.")
            // What is left if that was cut off.
            do throws(NFTablesError) { try enforcement.remove() } catch { throw .init(error) }
        } else {
            try begin(now)
        }
        guard !loaded.isKept else { return }
        do throws(ProgramError) {
            try PolicyFiles.keep(policy, options)
        } catch {
            problems["copy"] = "The copy of the policy could not be kept: \(error)"
        }
    }

    private func begin(_ now: BanTime) throws(ProgramError) {
        do throws(NFTablesError) {
            try enforcement.begin(
                compile(policy, state.posture, now), isProtected: policy.safety.isProtected, bans: remainingBans(now))
        } catch {
            throw .init(error)
        }
        readAuthenticated(now)
        loadFeeds(.always, now)
    }

    func compile(_ policy: Policy, _ posture: Posture, _ now: BanTime) -> PolicyGeneration {
        RulesetCompiler(policy: policy, posture: posture, generation: enforcement.nextGeneration(), now: now.wall)
            .compile()
    }

    /// What the machine lives on now.
    func facts(_ connection: SSHConnection? = nil) -> HostFacts {
        HostFactsReader().read(connection)
    }

    // MARK: As time goes by

    /// Milliseconds until ``tick(_:)`` has something to do at the latest.
    func wait(_ now: BanTime) -> Int64 {
        var wait = min(statistics.wait(now, seconds: policy.statisticsSeconds), FeedDesk.pause)
        if let pending { wait = min(wait, pending.until.steady - now.steady) }
        if let next = bans.wait(now) { wait = min(wait, next) }
        return max(0, wait)
    }

    func tick(_ now: BanTime) {
        endTrial(now)
        for ban in bans.expire(now) { ServiceLog.info("The ban of \(ban.words) has ended.") }
        authenticated = authenticated.filter { $0.value > now.steady }
        if statistics.isDue(now, seconds: policy.statisticsSeconds) {
            record(now)
            keepOffenders(now)
            exempt(now)
            retryBans(now)
        }
        fillNewStore(now)
        if now.steady - lastFeedLook >= FeedDesk.pause {
            lastFeedLook = now.steady
            loadFeeds(.changed, now)
        }
        takeFeeds(now)
    }

    private func endTrial(_ now: BanTime) {
        guard let pending, pending.until.steady <= now.steady else { return }
        do throws(NFTablesError) {
            // The kernel has gone back already; this clears up.
            try enforcement.revert()
            self.pending = nil
            ServiceLog.notice("\(pending.subject) was not confirmed; what was in force before is in force again.")
            loadFeeds(.changed, now)
        } catch {
            ServiceLog.error("\(error)")
            self.pending?.until.steady = now.steady + 5_000
        }
    }

    /// What is kept over a restart is written, and nothing in the kernel changes.
    func end(_ now: BanTime) {
        keepOffenders(now)
        record(now)
        store.flush()
        store.close()
        feeds.end()
    }

    // MARK: Others who change the kernel

    /// Somebody has changed tables: ours, if they are not as we left them, is made anew.
    func kernelChanged(_ who: String, _ now: BanTime) {
        guard enforcement.isOn else { return }
        do throws(NFTablesError) {
            guard try !enforcement.isUntouched() else {
                problems["kernel"] = nil
                areBansDoubtful = true
                return
            }
            guard healings.allows(now) else {
                problems["healing"] =
                    "\(who) changes our table again and again; it is restored a few times a minute. Stop that program, or set safety.protect"
                return
            }
            try restore(now)
            ServiceLog.warning("\(who) has changed our table; it is restored.")
        } catch {
            problems["kernel"] = "Our table was changed by \(who), and cannot be restored: \(error)"
            ServiceLog.error("Our table was changed by \(who), and cannot be restored: \(error)")
        }
    }

    private func restore(_ now: BanTime) throws(NFTablesError) {
        try remake(compile(policy, state.posture, now), isProtected: policy.safety.isProtected, now)
        problems["kernel"] = nil
        guard let pending else { return }
        ServiceLog.warning("\(pending.subject) was on trial, and is not any more.")
        self.pending = nil
    }

    /// Makes our table anew in one moment, with bans and authenticated sources; feeds follow.
    func remake(_ generation: PolicyGeneration, isProtected: Bool, _ now: BanTime) throws(NFTablesError) {
        try enforcement.install(
            generation, isProtected: isProtected, bans: remainingBans(now),
            authenticated: authenticated.filter { $0.value > now.steady }
                .map { ($0.key, UInt64($0.value - now.steady)) })
        statistics.countersBeganAnew()
        loadFeeds(.always, now)
    }

    /// Once a restoration had to wait, or could not be made.
    func retryHealing(_ now: BanTime) {
        guard problems["healing"] != nil || problems["kernel"] != nil, now.steady >= nextHealing else { return }
        nextHealing = now.steady + 1_000
        problems["healing"] = nil
        kernelChanged("another program", now)
    }

    // MARK: Bans over a restart

    /// Bans that could not be enforced, or that another program may have taken out of their set, are put into the kernel again.
    private func retryBans(_ now: BanTime) {
        let isFailing = problems["bans"] != nil
        guard isFailing || areBansDoubtful, (try? enforcement.renew(remainingBans(now))) != nil else { return }
        areBansDoubtful = false
        problems["bans"] = nil
        if isFailing { ServiceLog.notice("All bans are enforced again.") }
    }

    private func restoreBans(_ now: BanTime) {
        bans.exemptions = exemptions()
        guard let kept = try? store.reader().banState(at: now.wall) else { return }
        bans.restore(kept, now, boot: boot)
    }

    /// Who was banned how often.
    func keepOffenders(_ now: BanTime) {
        guard hasNewOffenders else { return }
        store.save(bans.state(now, boot: boot).offenders)
        hasNewOffenders = false
    }

    /// A damaged database was set aside: what is known goes into the new one.
    private func fillNewStore(_ now: BanTime) {
        guard storeIsNew.take() else { return }
        for ban in bans.active(now) { store.save(ban) }
        hasNewOffenders = true
        keepOffenders(now)
    }

    /// Whoever may not be banned is not, from now on. The machine's addresses, its gateway and its name servers come and go; at a start of the machine
    /// there are none yet.
    /// - Parameter isPressing: even if that was looked at less than a second ago.
    func exempt(_ now: BanTime, isPressing: Bool = true) {
        guard isPressing || now.steady >= nextExemptions else { return }
        nextExemptions = now.steady + 1_000
        let new = exemptions()
        guard new != bans.exemptions else { return }
        bans.exemptions = new
        for ban in bans.liftExempt(now) {
            lift(ban, now, because: "it is on the whitelist, or the machine lives on it")
        }
    }

    func exemptions() -> BanExemptions {
        let reader = HostFactsReader()
        return BanExemptions(
            whitelist: policy.whitelist, own: reader.ownAddresses(), gateways: reader.gateways(),
            nameServers: reader.dnsServers())
    }

    func remainingBans(_ now: BanTime) -> [(target: IPPrefix, milliseconds: UInt64)] {
        bans.active(now).flatMap { ban in
            ban.targets.map { ($0, UInt64(max(1, ban.until - now.wall))) }
        }
    }

    /// Who had authenticated when an earlier process ended.
    private func readAuthenticated(_ now: BanTime) {
        for set in [SharedSet.auth4, SharedSet.auth6] {
            for element in (try? enforcement.kernel.elements(of: set, limit: 65_536)) ?? [] {
                guard let address = IPAddress(bytes: element.first), let left = element.remaining else { continue }
                authenticated[address] = now.steady + Int64(clamping: left)
            }
        }
    }
}
