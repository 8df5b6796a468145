import Chat

/// How much of something one may ask for: a bucket that holds `burst` and fills at `perSecond`.
struct TokenBucket: Sendable {
    private let burst: UInt64
    private let perSecond: UInt64
    /// Thousandths.
    private var left: UInt64
    private var since: Timestamp

    init(burst: UInt64, perSecond: UInt64, now: Timestamp) {
        self.burst = burst
        self.perSecond = perSecond
        left = burst * 1_000
        since = now
    }

    /// - Returns: `false` if one must wait.
    mutating func take(now: Timestamp) -> Bool {
        // A clock that was set back gives nothing; one that was set forward fills the bucket and no more.
        let full = burst * 1_000
        let passed = now > since ? min(now.milliseconds - since.milliseconds, full) : 0
        since = now
        left = min(full, left + passed * perSecond)
        guard left >= 1_000 else { return false }
        left -= 1_000
        return true
    }
}
