import Firewall
import FirewallStore
import NFTables

/// Who is kept out, and who is welcome.
extension Engine {
    func report(_ report: Report, _ now: BanTime) -> ControlAnswer {
        switch bans.report(report, now) {
        case .banned(let ban):
            // The network may be another one than when it was looked at last; under attack that is not asked for each ban.
            exempt(now, isPressing: false)
            guard let target = ban.targets.first, bans.ban(of: target.first, now) != nil else {
                return .done("noted, and no ban: the machine lives on that address")
            }
            enforce(ban, now)
            return .banned(BanRow(ban))
        case .standing(let ban): return .banned(BanRow(ban))
        case .strike(let points, let needed): return .done("noted: \(points / 1_000) of \(needed / 1_000) points")
        case .refused(let reason): return .done("noted, and no ban: \(reason)")
        }
    }

    func authenticated(_ addresses: [IPAddress], _ now: BanTime) throws(ControlFailure) -> ControlAnswer {
        let admission = bans.authenticated(addresses, now)
        for ban in admission.lifted { lift(ban, now, because: "a member authenticated from there") }
        let keys = admission.addresses.compactMap { SharedSet.hostKey(IPPrefix($0)) }
        for key in keys where authenticated[key] != nil || authenticated.count < 65_536 {
            authenticated[key] = now.steady + admission.lifetime
        }
        do throws(NFTablesError) {
            try enforcement.authenticate(admission.addresses, milliseconds: UInt64(max(1, admission.lifetime)))
        } catch {
            throw ControlFailure(error)
        }
        return .done("welcome for \(TimeSpan(seconds: admission.lifetime / 1_000).words)")
    }

    func ban(_ addresses: [IPAddress], seconds: Int?, detail: String, _ now: BanTime) throws(ControlFailure)
        -> ControlAnswer
    {
        exempt(now)
        let length = seconds.map { Int64($0) &* 1_000 }
        switch bans.ban(addresses, for: length, detail: detail, now) {
        case .banned(let ban), .standing(let ban):
            enforce(ban, now)
            return .banned(BanRow(ban))
        case .refused(let reason): throw ControlFailure(.runtime, "nobody is banned: \(reason)")
        case .strike: throw ControlFailure(.runtime, "nobody is banned")
        }
    }

    func unban(_ prefix: IPPrefix, _ now: BanTime) throws(ControlFailure) -> ControlAnswer {
        let lifted = bans.unban(prefix, now)
        if lifted.isEmpty, (try? enforcement.isBanned(prefix)) == true { return try unbanForgotten(prefix) }
        guard !lifted.isEmpty else {
            throw ControlFailure(.runtime, "nobody in \(prefix) is banned; conclave-firewall bans lists who is")
        }
        for ban in lifted { lift(ban, now, because: "an administrator wants it") }
        return .done(lifted.map { "The ban of \($0.words) is ended." }.joined(separator: " "))
    }

    /// A ban that is in the kernel and not in the book: made just before an earlier process was killed, or by hand.
    private func unbanForgotten(_ prefix: IPPrefix) throws(ControlFailure) -> ControlAnswer {
        do throws(NFTablesError) { try enforcement.unban([prefix]) } catch { throw ControlFailure(error) }
        ServiceLog.notice("The ban of \(prefix), which was in the kernel alone, is lifted: an administrator wants it.")
        return .done("The ban of \(prefix) is ended.")
    }

    func banRows(_ now: BanTime) -> [BanRow] {
        bans.active(now).sorted { $0.until < $1.until }.map { BanRow($0) }
    }

    private func enforce(_ ban: Ban, _ now: BanTime) {
        store.save(ban)
        hasNewOffenders = hasNewOffenders || ban.offence > 0
        do throws(NFTablesError) {
            try enforcement.ban(ban.targets, milliseconds: UInt64(max(1, ban.until - now.wall)))
            ServiceLog.notice(
                "\(ban.words) is banned for \(TimeSpan(seconds: (ban.until - now.wall) / 1_000).words): \(ban.kind.rawValue) \(ban.detail)"
            )
        } catch {
            problems["bans"] = "A ban of \(ban.words) could not be enforced: \(error)"
            ServiceLog.error("A ban of \(ban.words) could not be enforced: \(error)")
        }
    }

    func lift(_ ban: Ban, _ now: BanTime, because reason: String) {
        store.lift(ban.targets, at: now.wall)
        hasNewOffenders = true
        do throws(NFTablesError) {
            try enforcement.unban(ban.targets)
            ServiceLog.notice("The ban of \(ban.words) is lifted: \(reason).")
        } catch {
            ServiceLog.error("The ban of \(ban.words) could not be lifted: \(error)")
        }
    }
}
