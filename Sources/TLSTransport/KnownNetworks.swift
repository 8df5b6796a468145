import NIOCore
import Synchronization

/// The networks from which somebody was authenticated lately: while strangers storm, their users still get in.
///
/// Two sets, a recent one and the one before. When the recent one is half of what may be kept, or half of the time is over, it
/// becomes the one before: a network stays for at least half of the time since it was last seen, unless too many others came.
final class KnownNetworks: Sendable {
    private struct State {
        var recent: Set<ClientNetwork> = []
        var before: Set<ClientNetwork> = []
        var begin: NIODeadline
    }

    private let limit: Int
    private let lifetime: TimeAmount
    private let state: Mutex<State>

    /// - Parameters:
    ///   - limit: networks that are kept at most.
    ///   - lifetime: the longest that one is kept after it was last seen.
    init(limit: Int, lifetime: TimeAmount, now: NIODeadline = .now()) {
        self.limit = limit
        self.lifetime = lifetime
        state = Mutex(State(begin: now))
    }

    /// Somebody was authenticated from there.
    func note(_ network: ClientNetwork, now: NIODeadline = .now()) {
        guard limit > 0 else { return }
        state.withLock { state in
            turn(&state, now)
            state.recent.insert(network)
            if state.recent.count > limit / 2 {
                (state.before, state.recent) = (state.recent, [])
                state.begin = now
            }
        }
    }

    func contains(_ network: ClientNetwork, now: NIODeadline = .now()) -> Bool {
        state.withLock { state in
            turn(&state, now)
            return state.recent.contains(network) || state.before.contains(network)
        }
    }

    private func turn(_ state: inout State, _ now: NIODeadline) {
        let passed = now - state.begin
        let half = TimeAmount.nanoseconds(lifetime.nanoseconds / 2)
        guard passed >= half else { return }
        state.before = passed >= lifetime ? [] : state.recent
        state.recent = []
        state.begin = now
    }

    /// How many are kept.
    var count: Int { state.withLock { $0.recent.union($0.before).count } }
}
