import Chat

/// How much of something one may ask for: a bucket that holds `burst` and fills at `perSecond`. It may be overdrawn: who did waits
/// until it is level again.
struct TokenBucket: Sendable {
    struct Rate: Hashable, Sendable {
        /// At most ``ServerLimit/most``, as the other.
        var burst: Int
        var perSecond: Int
    }

    private let rate: Rate
    /// Thousandths; below 0 when it is overdrawn.
    private var level: Int
    private var since: Timestamp

    init(_ rate: Rate, now: Timestamp) {
        self.rate = rate
        level = rate.burst * 1_000
        since = now
    }

    /// It owes no more, however much was taken.
    private static let deepest = -1_000_000 * ServerLimit.most

    private var full: Int { rate.burst * 1_000 }

    /// Takes one.
    /// - Returns: `false` if there is none; it stays as it was.
    mutating func take(now: Timestamp) -> Bool {
        fill(now)
        guard level >= 1_000 else { return false }
        level -= 1_000
        return true
    }

    /// Takes so much even if there is less.
    /// - Returns: after how many milliseconds it will be level; 0 if it is.
    mutating func draw(_ amount: Int, now: Timestamp) -> Int {
        fill(now)
        level = max(Self.deepest, level - amount * 1_000)
        return level >= 0 ? 0 : (rate.perSecond - 1 - level) / rate.perSecond
    }

    mutating func isFull(now: Timestamp) -> Bool {
        fill(now)
        return level == full
    }

    private mutating func fill(_ now: Timestamp) {
        guard now > since else {
            // Event loops look at the clock one after another. One that was set back gives nothing.
            if since.milliseconds - now.milliseconds > Self.disagreement { since = now }
            return
        }
        let missing = full - level
        let passed = now.milliseconds - since.milliseconds
        since = now
        // A clock that was set forward fills the bucket and no more.
        if passed > UInt64(missing / rate.perSecond) {
            level = full
        } else {
            level += Int(passed) * rate.perSecond
        }
    }

    /// Milliseconds by which the clocks of two event loops may differ.
    private static let disagreement: UInt64 = 1_000
}
