import Chat
import ChatWire
import Synchronization

/// What one user asks of the server, over all devices and connections, on whichever event loops they live.
///
/// Sessions hold it, so a frame costs a lock that nearly always is free, and no look-up.
package final class UserQuota: Sendable {
    private struct State {
        var messages: TokenBucket
        var bytes: TokenBucket
        var requests: TokenBucket
        var pages: TokenBucket
        var joins: TokenBucket
        var claims: TokenBucket
        var lists: TokenBucket
        /// Bytes of unfinished long frames.
        var staged = 0
        var excess = Excess()
    }

    /// How often a user went over a limit.
    package struct Excess: Hashable, Sendable {
        /// Frames after which a connection was not read for a while.
        package var delays = 0
        /// Requests that were refused.
        package var refusals = 0

        static func += (left: inout Excess, right: Excess) {
            left.delays += right.delays
            left.refusals += right.refusals
        }
    }

    private let state: Mutex<State>
    private let stagedLimit: Int

    init(_ limits: ServerLimits, now: Timestamp) {
        func bucket(_ burst: Int, _ perSecond: Int) -> TokenBucket {
            TokenBucket(TokenBucket.Rate(burst: burst, perSecond: perSecond), now: now)
        }
        stagedLimit = limits.stagedBytesPerUser
        state = Mutex(
            State(
                messages: bucket(limits.messageBurst, limits.messagesPerSecond),
                bytes: bucket(limits.byteBurst, limits.bytesPerSecond),
                requests: bucket(limits.requestBurst, limits.requestsPerSecond),
                pages: bucket(limits.pageBurst, limits.pagesPerSecond),
                joins: bucket(limits.joinBurst, limits.joinsPerSecond),
                claims: bucket(limits.claimBurst, limits.claimsPerSecond),
                lists: bucket(limits.listBurst, limits.listsPerSecond)))
    }

    /// What a frame costs.
    struct Charge {
        var bytes: Int
        var messages = 0
        var pages = 0

        init(_ frame: Frame) {
            bytes = Frame.prefixLength + 1 + frame.body.readableBytes
        }

        mutating func add(_ request: ClientFrame) {
            switch request {
            case .create, .send, .submit, .publish, .leave, .readd, .reject: messages += 1
            case .read, .fetch: pages += 1
            default: break
            }
        }
    }

    /// Counts a frame that came.
    /// - Returns: for how many milliseconds nothing more is to be read from whoever sent it, 0 to ``longestDelay``.
    func spend(_ charge: Charge, now: Timestamp) -> Int {
        state.withLock { state in
            var delay = state.requests.draw(1, now: now)
            delay = max(delay, state.bytes.draw(charge.bytes, now: now))
            if charge.messages > 0 { delay = max(delay, state.messages.draw(charge.messages, now: now)) }
            if charge.pages > 0 { delay = max(delay, state.pages.draw(charge.pages, now: now)) }
            if delay > 0 { state.excess.delays += 1 }
            return min(delay, Self.longestDelay)
        }
    }

    /// Milliseconds. A client that waits for longer would think that the server is gone; who owes more waits again after the next frame.
    static let longestDelay = 10_000

    /// What is refused when there is too much of it.
    enum Favour {
        case join
        case claim
        case list
    }

    /// - Throws: ``Failure/Code/tooManyRequests``.
    func take(_ favour: Favour, now: Timestamp) throws(Failure) {
        let isGranted = state.withLock { state in
            let isGranted =
                switch favour {
                case .join: state.joins.take(now: now)
                case .claim: state.claims.take(now: now)
                case .list: state.lists.take(now: now)
                }
            if !isGranted { state.excess.refusals += 1 }
            return isGranted
        }
        guard !isGranted else { return }
        let what =
            switch favour {
            case .join: "you came into, founded or filled too many rooms at once"
            case .claim: "you claimed too many key packages at once"
            case .list: "you asked for too many lists at once"
            }
        throw Failure(.tooManyRequests, canRetry: true, what + "; wait a moment")
    }

    /// Counts bytes of unfinished long frames; negative when some were let go.
    /// - Returns: `false` if they are too many.
    func stage(_ change: Int) -> Bool {
        guard change != 0 else { return true }
        return state.withLock { state in
            state.staged += change
            let isAllowed = change < 0 || state.staged <= stagedLimit
            if !isAllowed { state.excess.refusals += 1 }
            return isAllowed
        }
    }

    /// Whether it says no more than a new one would.
    func isFull(now: Timestamp) -> Bool {
        state.withLock { state in
            state.staged == 0 && state.messages.isFull(now: now) && state.bytes.isFull(now: now)
                && state.requests.isFull(now: now) && state.pages.isFull(now: now) && state.joins.isFull(now: now)
                && state.claims.isFull(now: now) && state.lists.isFull(now: now)
        }
    }

    /// How often it was exceeded since the last call.
    func takeExcess() -> Excess {
        state.withLock { state in
            defer { state.excess = Excess() }
            return state.excess
        }
    }
}
