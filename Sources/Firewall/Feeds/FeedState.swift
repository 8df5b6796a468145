/// How a feed stands.
package enum FeedState: String, Hashable, Sendable, CaseIterable {
    /// The policy has switched it off.
    case off
    /// No list has come yet.
    case missing
    /// In force and fresh.
    case ok
    /// In force; the last attempts failed, but it is not a day old.
    case failing
    /// In force, and for a day nobody has said that it is the present one.
    case old
    /// Too old to count: it is not in force.
    case expired
    /// In force is the list before, as the new one waits for a person's yes.
    case held

    /// Seconds after which a list is old.
    package static let oldAfter: Int64 = 86_400

    /// Whether its list counts.
    package var isInForce: Bool { [.ok, .failing, .old, .held].contains(self) }

    /// - Parameter now: seconds since 1970.
    package init(_ source: FeedSource, _ meta: FeedMeta?, now: Int64) {
        self = Self.state(source, meta, now: now)
    }

    private static func state(_ source: FeedSource, _ meta: FeedMeta?, now: Int64) -> FeedState {
        guard source.isEnabled else { return .off }
        guard let meta, meta.url == source.url, meta.entries != nil, let age = meta.age(now: now) else {
            return .missing
        }
        if age > Int64(source.maximumAge) { return .expired }
        if meta.held != nil { return .held }
        // One that is asked for less than once a day is not old before its time.
        if age > max(oldAfter, Int64(source.interval) * 2) { return .old }
        return meta.failures > 0 ? .failing : .ok
    }
}

extension FeedMeta {
    /// Seconds since the list in force was known to be the present one; `nil`: there is none. A time that lies ahead is now, as the clock was set.
    package func age(now: Int64) -> Int64? {
        guard let confirmedAt, entries != nil else { return nil }
        return confirmedAt >= now ? 0 : now - confirmedAt
    }
}
