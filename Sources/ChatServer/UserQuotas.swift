package import Chat
import Synchronization

/// The quotas of all users who are connected, and of those who went and have something to make up for: who comes back at once
/// must not begin anew. It changes when connections come and go; frames do not touch it.
package final class UserQuotas: Sendable {
    private struct Entry {
        var quota: UserQuota
        var sessions = 0
    }

    private struct State {
        var entries: [UserName: Entry] = [:]
        /// Who has no session left.
        var away: Set<UserName> = []
        /// When they were looked through.
        var sweptAt = Timestamp(milliseconds: 0)
        /// What has not been reported of users who are forgotten.
        var unreported: [UserName: UserQuota.Excess] = [:]

        mutating func forget(_ user: UserName) {
            guard let entry = entries.removeValue(forKey: user) else { return }
            let excess = entry.quota.takeExcess()
            guard excess != UserQuota.Excess(), unreported[user] != nil || unreported.count < reportLimit else {
                return
            }
            unreported[user, default: UserQuota.Excess()] += excess
        }

        private var reportLimit: Int { 1_024 }
    }

    private let limits: ServerLimits
    private let state = Mutex(State())

    init(limits: ServerLimits) {
        self.limits = limits
    }

    /// A session of `user` begins; ``close(_:now:)`` is called once for it.
    func open(_ user: UserName, now: Timestamp) -> UserQuota {
        state.withLock { state in
            var entry = state.entries[user] ?? Entry(quota: UserQuota(limits, now: now))
            if entry.sessions == 0 { state.away.remove(user) }
            entry.sessions += 1
            state.entries[user] = entry
            Self.sweep(&state, now, atOnce: false)
            return entry.quota
        }
    }

    func close(_ user: UserName, now: Timestamp) {
        state.withLock { state in
            state.entries[user]?.sessions -= 1
            guard let entry = state.entries[user], entry.sessions == 0 else { return }
            if entry.quota.isFull(now: now) {
                state.forget(user)
            } else {
                state.away.insert(user)
            }
            Self.sweep(&state, now, atOnce: false)
        }
    }

    /// Forgets users who are away and have nothing left to make up for.
    package func sweep(now: Timestamp) {
        state.withLock { Self.sweep(&$0, now, atOnce: true) }
    }

    private static func sweep(_ state: inout State, _ now: Timestamp, atOnce: Bool) {
        guard !state.away.isEmpty else { return }
        let passed = now > state.sweptAt ? now.milliseconds - state.sweptAt.milliseconds : .max
        guard atOnce || passed >= sweepInterval else { return }
        state.sweptAt = now
        let done = state.away.filter { state.entries[$0]?.quota.isFull(now: now) != false }
        for user in done { state.forget(user) }
        state.away.subtract(done)
    }

    /// Milliseconds.
    private static let sweepInterval: UInt64 = 5_000

    /// Users of whom something is kept.
    package var count: Int { state.withLock { $0.entries.count } }

    /// Who went over a limit since the last call, and how often, by name.
    package func takeExcess() -> [(user: UserName, excess: UserQuota.Excess)] {
        let (quotas, gone) = state.withLock { state in
            defer { state.unreported = [:] }
            return (state.entries.mapValues(\.quota), state.unreported)
        }
        var all = gone
        for (user, quota) in quotas { all[user, default: UserQuota.Excess()] += quota.takeExcess() }
        return all.filter { $0.value != UserQuota.Excess() }.sorted { $0.key < $1.key }
            .map { (user: $0.key, excess: $0.value) }
    }
}
