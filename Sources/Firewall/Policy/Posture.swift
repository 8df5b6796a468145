/// How far the door is open, from 5 (only what the rules say) to 1 (only the whitelist and who has authenticated).
package enum Posture: Int, Hashable, Sendable, CaseIterable, Comparable {
    /// Whitelisted and authenticated addresses alone, both ways; connections of others are cut.
    case lockdown = 1
    /// New inbound connections from whitelisted and authenticated addresses alone.
    case closed = 2
    /// New inbound connections to ports that an allow rule names, and at a quarter of the rate.
    case guarded = 3
    /// As the policy says: rules, lists, bans, rate limit, feeds.
    case normal = 4
    /// Rules, lists and bans; no rate limit, no feeds.
    case open = 5

    package static func < (left: Posture, right: Posture) -> Bool { left.rawValue < right.rawValue }
}
