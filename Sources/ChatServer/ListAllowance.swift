import Chat

/// How many lists a session may ask for: a page is far larger than the request for it, and costs far more.
///
/// A bucket that holds ``ServerLimits/listBurst`` pages and fills at ``ServerLimits/listsPerSecond``.
struct ListAllowance: Sendable {
    /// Thousandths of a page.
    private var left: UInt64
    private var since: Timestamp

    init(_ limits: ServerLimits, now: Timestamp) {
        left = limits.listBurst * 1_000
        since = now
    }

    /// - Returns: `false` if the session must wait.
    mutating func take(_ limits: ServerLimits, now: Timestamp) -> Bool {
        // A clock that was set back gives nothing; one that was set forward fills the bucket and no more.
        let full = limits.listBurst * 1_000
        let passed = now > since ? min(now.milliseconds - since.milliseconds, full) : 0
        since = now
        left = min(full, left + passed * limits.listsPerSecond)
        guard left >= 1_000 else { return false }
        left -= 1_000
        return true
    }
}
