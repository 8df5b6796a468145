import Firewall
import FirewallStore
import NFTables
import Settings

/// Changes of the policy and of the posture: checked, on trial, confirmed.
extension Engine {
    /// What somebody wants in force.
    private struct Wish {
        var policy: Policy
        var posture: Posture
        var text: String?
        var subject: String
        var rule: Int?
        /// Whether it is in force at once for good where nobody asked for a trial.
        var isDirect = false
        /// Whether it ends an `off`; edits of rules and lists do not.
        var turnsOn = true
    }

    func change(_ request: ControlRequest, _ now: BanTime) throws(ControlFailure) -> ControlAnswer {
        switch request {
        case .addRule(let rule, let position, let change):
            let place: Int? = if case .place(let place) = position { place } else { nil }
            return try edit(change, now) { (policy) throws(PolicyError) in
                let id = policy.nextRuleID
                return (try policy.adding(rule, at: place.map { min($0, policy.rules.count + 1) }), "Rule \(id)", id)
            }
        case .removeRule(let id, let change):
            return try edit(change, now) { (policy) throws(PolicyError) in
                (try policy.removing(id), "The removal of rule \(id)", id)
            }
        case .toggleRule(let id, let change):
            return try edit(change, now) { (policy) throws(PolicyError) in
                let new = try policy.toggling(id)
                let isOn = new.rules.first { $0.id == id }?.isEnabled ?? false
                return (new, "Rule \(id) (now \(isOn ? "on" : "off"))", id)
            }
        case .addToList(let list, let prefix, let seconds, let note, let change):
            return try edit(change, now, isDirect: true) { (policy) throws(PolicyError) in
                let until = seconds.map { now.wall / 1_000 + Int64($0) }
                let entry = ListEntry(prefix, until: until, note: note)
                return (
                    try policy.adding(entry, to: list, now: now.wall / 1_000), "\(prefix) on the \(list.rawValue)", nil
                )
            }
        case .removeFromList(let list, let prefix, let change):
            return try edit(change, now, isDirect: true) { (policy) throws(PolicyError) in
                (try policy.removing(prefix, from: list), "\(prefix) off the \(list.rawValue)", nil)
            }
        case .apply(let text, let change):
            let (policy, _) = try parse(text)
            return try bring(
                Wish(policy: policy, posture: state.posture, text: text, subject: "The policy"), change, now)
        case .setPosture(let posture, let change):
            return try bring(
                Wish(policy: policy, posture: posture, text: nil, subject: "Posture \(posture.rawValue)"), change, now)
        case .confirm: return try confirm(now)
        case .revert: return try revert(now)
        case .off: return try off(now)
        default: throw ControlFailure(.usage, "that is no change")
        }
    }

    /// What a policy would do, without doing it.
    func check(text: String?, _ connection: SSHConnection?, _ now: BanTime) throws(ControlFailure) -> CheckAnswer {
        let (new, _) = try parse(text)
        let findings = findings(new, state.posture, connection, now)
        return CheckAnswer(
            refusals: findings.filter { $0.severity == .refusal }.map(\.words),
            warnings: findings.filter { $0.severity == .notice }.map(\.words)
                + new.lint(now: now.wall / 1_000).map(\.description),
            changes: policy.changes(to: new))
    }

    // MARK: Making a change

    private func edit(
        _ change: PolicyChange, _ now: BanTime, isDirect: Bool = false,
        _ body: (Policy) throws(PolicyError) -> (Policy, String, Int?)
    ) throws(ControlFailure) -> ControlAnswer {
        try refuseBesideHandwork()
        let (new, subject, rule): (Policy, String, Int?)
        do throws(PolicyError) {
            (new, subject, rule) = try body(policy)
        } catch {
            throw ControlFailure(.usage, "\(error)")
        }
        let purged = new.purged(now: now.wall / 1_000).policy
        let text: String
        do throws(PolicyError) { text = try purged.written() } catch { throw ControlFailure(error) }
        return try bring(
            Wish(
                policy: purged, posture: state.posture, text: text, subject: subject, rule: rule,
                isDirect: isDirect, turnsOn: false), change, now)
    }

    /// An edit writes the whole file: what somebody has changed in it by hand would be lost.
    private func refuseBesideHandwork() throws(ControlFailure) {
        guard let onDisk = try? PolicyFiles.parse(options.policyPath), onDisk == policy else {
            if (try? WholeFile.read(options.policyPath, limit: PolicyLimits.fileBytes)) == nil { return }
            throw ControlFailure(
                .configuration,
                "\(options.policyPath) was changed by hand and is not in force; run conclave-firewall apply first, or put back \(options.policyPath).old"
            )
        }
    }

    private func parse(_ text: String?) throws(ControlFailure) -> (Policy, String?) {
        guard let text else {
            do { return (try PolicyFiles.parse(options.policyPath), nil) } catch { throw ControlFailure(error) }
        }
        do throws(PolicyError) { return (try Policy(parsing: text.utf8, name: "policy.json"), text) } catch {
            throw ControlFailure(error)
        }
    }

    private func bring(_ wish: Wish, _ change: PolicyChange, _ now: BanTime) throws(ControlFailure) -> ControlAnswer {
        if let pending {
            throw ControlFailure(
                .runtime, "\(pending.subject) is on trial; run conclave-firewall confirm or revert first")
        }
        let findings = findings(wish.policy, wish.posture, change.connection, now)
        let refusals = findings.filter { $0.severity == .refusal }.map(\.words)
        guard refusals.isEmpty || change.isForced else {
            throw ControlFailure(
                .refused,
                "This would cut off what the machine lives on, and nothing was changed; --force does it all the same.",
                reasons: refusals)
        }
        let warnings =
            refusals + findings.filter { $0.severity == .notice }.map(\.words)
            + wish.policy.lint(now: now.wall / 1_000).map(\.description)
        var answer = ChangeAnswer(
            wish.subject, rule: wish.rule, changes: policy.changes(to: wish.policy), warnings: warnings)
        if wish.posture != state.posture {
            answer.changes.append(
                "the posture becomes \(wish.posture.rawValue), \(wish.posture), from \(state.posture.rawValue)")
        }
        if enforcement.isOn, wish.policy == policy, wish.posture == state.posture {
            if let text = wish.text, (try? PolicyFiles.parse(options.policyPath)) != policy {
                try keep(wish.policy, wish.posture, isOff: false, text: text)
            }
            lookAtFile()
            return .change(answer)
        }
        guard enforcement.isOn else {
            if wish.turnsOn {
                try turnOn(wish, now)
            } else {
                try keep(wish.policy, wish.posture, isOff: state.isOff, text: wish.text)
                took(wish.policy, wish.posture, now)
                answer.warnings.append(
                    "The firewall is off, and this is in force once conclave-firewall apply turns it on.")
            }
            return .change(answer)
        }
        if let seconds = trialSeconds(wish, change) {
            answer.trialUntil = try begin(wish, seconds: seconds, now)
        } else {
            try bringForGood(wish, now)
        }
        return .change(answer)
    }

    private func begin(_ wish: Wish, seconds: Int, _ now: BanTime) throws(ControlFailure) -> Int64 {
        do throws(NFTablesError) {
            try enforcement.begin(trial: compile(wish.policy, wish.posture, now), seconds: seconds, now: now.steady)
        } catch {
            throw ControlFailure(error)
        }
        let until = BanTime(wall: now.wall + Int64(seconds) * 1_000, steady: now.steady + Int64(seconds) * 1_000)
        pending = Pending(
            policy: wish.policy, posture: wish.posture, text: wish.text, subject: wish.subject, until: until)
        ServiceLog.notice("\(wish.subject) is on trial for \(seconds) s.")
        return until.wall
    }

    private func bringForGood(_ wish: Wish, _ now: BanTime) throws(ControlFailure) {
        try keep(wish.policy, wish.posture, isOff: false, text: wish.text)
        do throws(NFTablesError) {
            let generation = compile(wish.policy, wish.posture, now)
            if wish.policy.safety.isProtected == enforcement.isProtected {
                try enforcement.replace(with: generation)
            } else {
                try remake(generation, isProtected: wish.policy.safety.isProtected, now)
            }
        } catch {
            putBack(text: wish.text)
            throw ControlFailure(error)
        }
        took(wish.policy, wish.posture, now)
        ServiceLog.notice("\(wish.subject) is in force.")
    }

    private func trialSeconds(_ wish: Wish, _ change: PolicyChange) -> Int? {
        switch change.trial {
        case .none: nil
        case .seconds(let seconds): max(5, min(seconds, 3_600))
        case .standard: wish.isDirect ? nil : wish.policy.safety.confirmSeconds
        }
    }

    /// After `off`: at once and for good, as what was there before is nothing.
    private func turnOn(_ wish: Wish, _ now: BanTime) throws(ControlFailure) {
        try keep(wish.policy, wish.posture, isOff: false, text: wish.text)
        do throws(NFTablesError) {
            try remake(compile(wish.policy, wish.posture, now), isProtected: wish.policy.safety.isProtected, now)
        } catch {
            putBack(text: wish.text)
            throw ControlFailure(error)
        }
        state.isOff = false
        took(wish.policy, wish.posture, now)
        ServiceLog.notice("The firewall is on again.")
    }

    // MARK: The end of a trial

    private func confirm(_ now: BanTime) throws(ControlFailure) -> ControlAnswer {
        guard let pending else {
            throw ControlFailure(.runtime, "nothing is on trial; a trial that nobody confirms ends by itself")
        }
        guard pending.until.steady > now.steady else {
            tick(now)
            throw ControlFailure(.runtime, "the trial of \(pending.subject) is over; make the change again")
        }
        try keep(pending.policy, pending.posture, isOff: false, text: pending.text)
        do throws(NFTablesError) {
            // Whether a table is protected is decided when it is made.
            if pending.policy.safety.isProtected == enforcement.isProtected {
                try enforcement.confirm()
            } else {
                let generation = compile(pending.policy, pending.posture, now)
                try remake(generation, isProtected: pending.policy.safety.isProtected, now)
            }
        } catch {
            putBack(text: pending.text)
            throw ControlFailure(error)
        }
        let changes = policy.changes(to: pending.policy)
        self.pending = nil
        took(pending.policy, pending.posture, now)
        ServiceLog.notice("\(pending.subject) is confirmed.")
        return .change(ChangeAnswer(pending.subject, changes: changes))
    }

    private func revert(_ now: BanTime) throws(ControlFailure) -> ControlAnswer {
        guard let pending else { throw ControlFailure(.runtime, "nothing is on trial") }
        do throws(NFTablesError) { try enforcement.revert() } catch { throw ControlFailure(error) }
        self.pending = nil
        ServiceLog.notice("\(pending.subject) is taken back.")
        return .change(ChangeAnswer(pending.subject, changes: pending.policy.changes(to: policy)))
    }

    private func off(_ now: BanTime) throws(ControlFailure) -> ControlAnswer {
        state.isOff = true
        try writeState()
        do throws(NFTablesError) {
            try enforcement.remove()
        } catch {
            state.isOff = false
            try? writeState()
            throw ControlFailure(error)
        }
        pending = nil
        statistics.countersBeganAnew()
        ServiceLog.notice("The firewall is off.")
        return .done(
            "The firewall is off: nothing of it is in the kernel. conclave-firewall apply turns it on again; bans go on then."
        )
    }

    // MARK: What is kept

    /// Before the kernel: what cannot be kept does not come into force, and what is kept is what is in force.
    private func keep(_ new: Policy, _ posture: Posture, isOff: Bool, text: String?) throws(ControlFailure) {
        var next = state
        next.posture = posture
        next.isOff = isOff
        do throws(ProgramError) {
            if next != state { try next.write(to: options.statePath) }
            if text != nil || new != policy || problems["copy"] != nil {
                try PolicyFiles.write(new, text: text, options)
            }
            problems["copy"] = nil
        } catch {
            if next != state { try? state.write(to: options.statePath) }
            if new != policy { try? PolicyFiles.keep(policy, options) }
            throw ControlFailure(error)
        }
    }

    /// What was kept, and then did not come into force.
    private func putBack(text: String?) {
        try? state.write(to: options.statePath)
        try? PolicyFiles.write(policy, text: text == nil ? nil : policy.json, options)
    }

    /// What is wrong with the rules file is said until it says what is in force.
    private func lookAtFile() {
        guard problems["policy"] != nil else { return }
        if (try? PolicyFiles.parse(options.policyPath)) == policy { problems["policy"] = nil }
    }

    private func writeState() throws(ControlFailure) {
        do throws(ProgramError) { try state.write(to: options.statePath) } catch { throw ControlFailure(error) }
    }

    private func took(_ new: Policy, _ posture: Posture, _ now: BanTime) {
        let isStandardChanged = new.log != policy.log
        policy = new
        state.posture = posture
        lookAtFile()
        if isStandardChanged { store.setLimits(StoreLimits(new.log)) }
        exempt(now)
        loadFeeds(.changed, now)
    }

    // MARK: Looking before

    private func findings(
        _ new: Policy, _ posture: Posture, _ connection: SSHConnection?, _ now: BanTime
    ) -> [LockoutCheck.Finding] {
        let generation = RulesetCompiler(policy: new, posture: posture, generation: 1, now: now.wall).compile()
        let evaluator = RulesetEvaluator(Ruleset(current: generation, feeds: enforcement.feeds))
        let kernel = enforcement.kernel
        return LockoutCheck(evaluator, facts: facts(connection), policy: new) { set, address in
            (try? kernel.element(set: Self.sharedSet(set, address.family), key: address.bytes)) != nil
        }.findings()
    }

    /// A set that is asked for an element, by its name.
    static func sharedSet(_ name: String, _ family: AddressFamily) -> NamedSet {
        SharedSet.all.first { $0.name == name }
            ?? NamedSet(name, key: .address(family), isInterval: name.hasSuffix("n"))
    }
}

extension LockoutCheck.Finding {
    fileprivate var words: String { "\(problem) \(remedy)" }
}
