extension BanBook {
    /// Counts what somebody saw, and bans when it is enough.
    package mutating func report(_ report: Report, _ now: BanTime) -> BanOutcome {
        let now = forward(now)
        _ = expire(now)
        let targets: [BanTarget]
        switch allowed(report.addresses, now) {
        case .success(let found): targets = found
        case .failure(let refused): return .refused(refused.reason)
        }
        let weight = max(1, min(report.weight, Report.weights.upperBound))
        return report.isForgeable
            ? glance(report, targets, weight, now) : strike(report, targets, weight, now)
    }

    /// Somebody proved who they are from these addresses: their strikes are forgotten, and so is what could be forged.
    package mutating func authenticated(_ addresses: [IPAddress], _ now: BanTime) -> BanAdmission {
        let now = forward(now)
        var lifted: [Int: Entry] = [:]
        for target in BanTarget.of(addresses.prefix(Report.addressLimit)) {
            strikes.forget(target)
            glances.forget(target)
            if trusted[target] == nil, trusted.count >= limits.hosts { forgetTrust(now) }
            trusted[target] = now.steady
            if let id = holders[target], let entry = entries[id], entry.isForgeable { lifted[id] = entry }
        }
        for id in lifted.keys { remove(id) }
        return BanAdmission(
            addresses: Array(addresses.prefix(Report.addressLimit)), lifetime: limits.trust,
            lifted: lifted.values.filter { $0.until > now.steady }.map { ban($0, now) })
    }

    /// An administrator's wish.
    /// - Parameter length: milliseconds, at most ``BanLimits/longestManual``; `nil`: as long as the host's next offence lasts, and counted as one.
    package mutating func ban(_ addresses: [IPAddress], for length: Int64?, detail: String, _ now: BanTime)
        -> BanOutcome
    {
        let now = forward(now)
        _ = expire(now)
        switch allowed(addresses, now) {
        case .failure(let refused): return .refused(refused.reason)
        case .success(let targets):
            let offence = length == nil ? nextOffence(of: targets, now) : 0
            let length = length.map { max(1, min($0, BanLimits.longestManual)) } ?? limits.length(ofOffence: offence)
            return .banned(begin(targets, .manual, detail, offence: offence, length: length, now))
        }
    }

    /// Lifts every ban of a host in this network, and forgives: offences and strikes of these hosts are forgotten.
    /// - Returns: what was lifted.
    package mutating func unban(_ prefix: IPPrefix, _ now: BanTime) -> [Ban] {
        let now = forward(now)
        _ = expire(now)
        let found = entries.filter { $0.value.targets.contains { $0.prefix.overlaps(prefix) } }
        for (id, entry) in found {
            remove(id)
            for target in entry.targets { forgive(target) }
        }
        for target in offences.keys.filter({ $0.prefix.overlaps(prefix) }) { forgive(target) }
        strikes.forget { $0.prefix.overlaps(prefix) }
        glances.forget { $0.prefix.overlaps(prefix) }
        return found.values.map { ban($0, now) }.sorted { $0.until < $1.until }
    }

    /// Lifts what the exemptions of now no longer allow, such as bans of somebody who came onto the whitelist.
    package mutating func liftExempt(_ now: BanTime) -> [Ban] {
        let now = forward(now)
        let found = entries.filter { _, entry in
            entry.targets.contains { exemptions.covers($0, wall: now.wall) }
        }
        for id in found.keys { remove(id) }
        return found.values.map { ban($0, now) }.sorted { $0.until < $1.until }
    }

    // MARK: Evidence

    private mutating func strike(
        _ report: Report, _ targets: [BanTarget], _ weight: Int, _ now: BanTime
    ) -> BanOutcome {
        let standing = targets.compactMap { holders[$0] }.first { entries[$0].map { !$0.isForgeable } ?? false }
        if let standing { return extend(standing, by: targets, now) }
        let points = targets.reduce(0) { max($0, strikes.add(weight, to: $1, at: now.steady)) }
        let isTrusted = targets.contains { trusts($0, now) }
        let needed = limits.threshold * 1_000 * (isTrusted ? limits.trustFactor : 1)
        guard points >= needed else { return .strike(points: points, needed: needed) }
        for target in targets { strikes.forget(target) }
        let offence = nextOffence(of: targets, now)
        let length = limits.length(ofOffence: offence)
        return .banned(begin(targets, report.kind, report.detail, offence: offence, length: length, now))
    }

    /// What could be forged.
    private mutating func glance(
        _ report: Report, _ targets: [BanTarget], _ weight: Int, _ now: BanTime
    ) -> BanOutcome {
        if let entry = targets.compactMap({ holders[$0] }).compactMap({ entries[$0] }).first {
            return .standing(ban(entry, now))
        }
        if let address = report.addresses.first(where: { trusts(BanTarget($0), now) }) {
            return .refused(.trusted(address))
        }
        let points = targets.reduce(0) { max($0, glances.add(weight, to: $1, at: now.steady)) }
        let needed = limits.threshold * 1_000
        guard points >= needed else { return .strike(points: points, needed: needed) }
        for target in targets { glances.forget(target) }
        return .banned(begin(targets, report.kind, report.detail, offence: 0, length: limits.forgeable, now))
    }

    /// More addresses of a host that is banned.
    private mutating func extend(_ id: Int, by targets: [BanTarget], _ now: BanTime) -> BanOutcome {
        guard var entry = entries[id] else { return .refused(.noAddress) }
        let room = max(0, BanLimits.targetsOfHost - entry.targets.count)
        let more = targets.filter { target in
            guard let holder = holders[target], let other = entries[holder] else { return true }
            return holder != id && other.isForgeable
        }.prefix(room)
        guard !more.isEmpty else { return .standing(ban(entry, now)) }
        for target in more { release(target) }
        entry.targets += more
        entries[id] = entry
        for target in more {
            holders[target] = id
            if entry.offence > 0 { note(entry.offence, of: target, until: entry.until, now) }
        }
        return .banned(ban(entry, now))
    }

    private mutating func begin(
        _ targets: [BanTarget], _ kind: Report.Kind, _ detail: String, offence: Int, length: Int64, _ now: BanTime
    ) -> Ban {
        let until = now.steady.plus(max(1, length))
        let entry = Entry(
            targets: targets, since: now.steady, until: until, kind: kind, detail: Report.printable(detail),
            offence: offence)
        insert(entry)
        if offence > 0 { for target in targets { note(offence, of: target, until: until, now) } }
        return ban(entry, now)
    }

    // MARK: What is known of hosts

    private struct Refused: Error { let reason: BanRefusal }

    private func allowed(_ addresses: [IPAddress], _ now: BanTime) -> Result<[BanTarget], Refused> {
        let addresses = addresses.prefix(Report.addressLimit)
        guard !addresses.isEmpty else { return .failure(Refused(reason: .noAddress)) }
        for address in addresses {
            if let reason = exemptions.refusal(of: address, wall: now.wall) { return .failure(Refused(reason: reason)) }
        }
        return .success(BanTarget.of(addresses))
    }

    private func trusts(_ target: BanTarget, _ now: BanTime) -> Bool {
        trusted[target].map { now.steady.minus($0) < limits.trust } ?? false
    }

    private func nextOffence(of targets: [BanTarget], _ now: BanTime) -> Int {
        let before = targets.compactMap { offences[$0] }.filter { now.steady.minus($0.since) < limits.forgiveness }
        return min(before.reduce(0) { max($0, $1.count) } + 1, 1_000)
    }

    private mutating func note(_ count: Int, of target: BanTarget, until: Int64, _ now: BanTime) {
        if offences[target] == nil, offences.count >= limits.hosts { forgetOffences(now) }
        offences[target] = Offences(count: count, since: until)
    }

    private mutating func forgive(_ target: BanTarget) {
        offences[target] = nil
        strikes.forget(target)
        glances.forget(target)
    }

    /// The fewest offences go first, of equals the longest ago: many who came once push out nobody who comes again and again.
    private mutating func forgetOffences(_ now: BanTime) {
        offences = offences.filter { now.steady.minus($0.value.since) < limits.forgiveness }
        let kept = limits.hosts - limits.hosts / 4
        guard offences.count > kept else { return }
        let weakest = offences.sorted {
            $0.value.count == $1.value.count ? $0.value.since < $1.value.since : $0.value.count < $1.value.count
        }
        for (target, _) in weakest.prefix(offences.count - kept) { offences[target] = nil }
    }

    private mutating func forgetTrust(_ now: BanTime) {
        trusted = trusted.filter { now.steady.minus($0.value) < limits.trust }
        let kept = limits.hosts - limits.hosts / 4
        guard trusted.count > kept else { return }
        let oldest = trusted.sorted { $0.value < $1.value }
        for (target, _) in oldest.prefix(trusted.count - kept) { trusted[target] = nil }
    }
}
