package import Chat
import Synchronization

/// How old what is stored has become. The wall clock may jump, and a log that is kept for 30 days must not be lost by that: this clock never
/// stands still and never goes back, and where the wall clock is ahead, it follows at most 24 times as fast as time passes.
package final class AgeClock: Sendable {
    private struct State {
        var time: UInt64
        var uptime: UInt64?
    }

    private let state: Mutex<State>
    private let latest: Atomic<UInt64>

    /// At the very beginning; it takes the wall clock's time when it is first advanced.
    package init() {
        state = Mutex(State(time: 0))
        latest = Atomic(0)
    }

    /// Where it stood when it was stored.
    func restore(_ time: Timestamp) {
        state.withLock { $0.time = time.milliseconds }
        latest.store(time.milliseconds, ordering: .relaxed)
    }

    package var now: Timestamp { Timestamp(milliseconds: latest.load(ordering: .relaxed)) }

    /// - Parameters:
    ///   - wall: what the wall clock says.
    ///   - uptime: milliseconds by a clock that nobody sets.
    package func advance(wall: Timestamp, uptime: UInt64) {
        state.withLock { state in
            let passed = uptime - min(uptime, state.uptime ?? uptime)
            state.uptime = uptime
            if state.time == 0 {
                state.time = wall.milliseconds
            } else {
                let slowest = state.time &+ passed
                let fastest = state.time &+ passed.multipliedReportingOverflow(by: 24).partialValue
                state.time = max(slowest, min(wall.milliseconds, fastest))
            }
            latest.store(state.time, ordering: .relaxed)
        }
    }
}
