/// How long to wait before connecting again: a random time that grows, so that clients of a restarted server do not all
/// come back at once.
package struct Backoff: Hashable, Sendable {
    /// Milliseconds; the first wait is at most so long.
    package static let first = 500
    /// Milliseconds; no wait is longer.
    package static let longest = 30_000

    private var ceiling = Backoff.first

    package init() {}

    /// Milliseconds to wait now: between half of the ceiling, which doubles each time, and all of it.
    package mutating func next(using random: inout some RandomNumberGenerator) -> Int {
        defer { ceiling = min(ceiling * 2, Self.longest) }
        return Int.random(in: ceiling / 2...ceiling, using: &random)
    }

    /// The connection stands.
    package mutating func reset() { ceiling = Self.first }
}
