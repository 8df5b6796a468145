extension BanBook {
    /// What has to be kept over a restart.
    /// - Parameter boot: which start of the machine this is; see ``BanState/boot``.
    package func state(_ now: BanTime, boot: String) -> BanState {
        let offenders = offences.filter { now.steady.minus($0.value.since) < limits.forgiveness }
            .map { target, it in
                BanState.Offender(
                    target: target.prefix, offences: it.count, since: now.wall.plus(it.since.minus(now.steady)))
            }
        return BanState(time: now, boot: boot, bans: active(now), offenders: offenders.sorted { $0.target < $1.target })
    }

    /// Goes on from what was kept.
    ///
    /// Within one start of the machine the steady clock tells how long ago that was, whatever happened to the wall's. After another start only the wall's
    /// clock can: one that is behind frees nobody and lengthens nothing, as no more is left of a ban than was left when the state was written.
    package mutating func restore(_ state: BanState, _ now: BanTime, boot: String) {
        let now = forward(now)
        for kept in state.bans {
            let targets = BanTarget.of(kept.targets.compactMap { BanTarget($0) }.map(\.prefix.first))
                .filter { !exemptions.covers($0, wall: now.wall) }
            let whole = max(0, min(kept.until.minus(kept.since), BanLimits.longestManual))
            let left = min(whole, remaining(until: kept.until, state, now, boot: boot))
            guard !targets.isEmpty, left > 0 else { continue }
            insert(
                Entry(
                    targets: Array(targets.prefix(BanLimits.targetsOfHost)), since: now.steady.minus(whole - left),
                    until: now.steady.plus(left), kind: kept.kind, detail: Report.printable(kept.detail),
                    offence: max(0, min(kept.offence, 1_000))))
        }
        for offender in state.offenders.prefix(limits.hosts) {
            guard let target = BanTarget(offender.target), offender.offences > 0 else { continue }
            let left = remaining(until: offender.since, state, now, boot: boot)
            offences[target] = Offences(
                count: min(offender.offences, 1_000),
                since: now.steady.plus(max(-limits.forgiveness, min(left, limits.longest))))
        }
        // Bans out of a database come without offenders.
        for (_, entry) in entries where entry.offence > 0 {
            for target in entry.targets where offences[target] == nil && offences.count < limits.hosts {
                offences[target] = Offences(count: entry.offence, since: entry.until)
            }
        }
    }

    /// Milliseconds from now to a moment of the state's wall clock; below 0 if it is over.
    private func remaining(until moment: Int64, _ state: BanState, _ now: BanTime, boot: String) -> Int64 {
        guard let time = state.time else { return moment.minus(now.wall) }
        let isSameStart = !boot.isEmpty && state.boot == boot && now.steady >= time.steady
        let passed = isSameStart ? now.steady.minus(time.steady) : max(0, now.wall.minus(time.wall))
        return moment.minus(time.wall).minus(passed)
    }
}
