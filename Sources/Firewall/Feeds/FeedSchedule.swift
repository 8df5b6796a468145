/// When a feed is fetched next. Counts in seconds since the machine was started, so that a clock that is set changes nothing;
/// the time of day matters only when it begins.
package struct FeedSchedule: Hashable, Sendable {
    package enum Outcome: Hashable, Sendable {
        /// A list came, good or held back.
        case fetched
        /// The publisher says that nothing has changed.
        case unchanged
        /// Nothing usable came; after so many seconds the publisher will answer again, where it said so.
        case failed(retryAfter: Int?)
    }

    /// Seconds after the first failure; each further doubles them.
    package static let firstRetry = 300
    /// The most that failures alone delay: 6 hours.
    package static let longestRetry = 21_600
    /// The most that a publisher may ask for: a day.
    package static let longestRetryAfter = 86_400

    package let interval: Int
    /// Seconds that lie between two fetches at least.
    package let least: Int
    /// Failures since the last success.
    package private(set) var failures: Int
    /// Seconds since the start of the machine.
    package private(set) var dueAt: Int64
    private var lastAt: Int64?

    /// - Parameters:
    ///   - meta: what is known of the feed; `nil`: it was never fetched.
    ///   - now: seconds since 1970. Where that cannot be, as the clock was set back, the next fetch waits no longer than it would have anyway.
    ///   - uptime: seconds since the start of the machine.
    package init(_ source: FeedSource, meta: FeedMeta?, now: Int64, uptime: Int64) {
        interval = max(source.interval, source.leastInterval)
        least = source.leastInterval
        failures = max(0, min(meta?.failures ?? 0, 64))
        dueAt = uptime
        guard let meta, meta.url == source.url else { return }
        if let nextAt = meta.nextAt {
            let longest = Int64(max(interval + interval / 10, Self.longestRetryAfter))
            dueAt = uptime + max(0, min(Self.difference(nextAt, now), longest))
        }
        if let checkedAt = meta.checkedAt {
            let ago = Self.difference(now, checkedAt)
            if (0...Int64(least)).contains(ago) {
                lastAt = uptime - ago
                dueAt = max(dueAt, uptime - ago + Int64(least))
            }
        }
    }

    package func isDue(uptime: Int64) -> Bool { uptime >= dueAt }

    /// Seconds that a person who wants it now has to wait at least, as the publisher asks for it; 0: none.
    package func mustWait(uptime: Int64) -> Int64 {
        guard least >= 3_600, let lastAt else { return 0 }
        return max(0, lastAt + Int64(least) - uptime)
    }

    /// What came of a fetch.
    /// - Parameter random: anything of `0..<1`, new each time, so that not all machines ask in the same second.
    /// - Returns: seconds until the next.
    package mutating func finished(_ outcome: Outcome, uptime: Int64, random: Double) -> Int {
        let delay: Int
        switch outcome {
        case .fetched, .unchanged:
            failures = 0
            delay = Self.jittered(interval, random)
        case .failed(let retryAfter):
            let doubled = Self.firstRetry << min(failures, 10)
            failures = min(failures + 1, 64)
            let wanted = max(0, min(retryAfter ?? 0, Self.longestRetryAfter))
            delay = max(min(Self.jittered(doubled, random), Self.longestRetry), wanted)
        }
        lastAt = uptime
        let result = max(delay, least)
        dueAt = uptime + Int64(result)
        return result
    }

    /// The clock was set: lists may have become too old by it, so they are looked after as soon as the publisher allows.
    package mutating func bringForward(uptime: Int64) {
        guard failures == 0 else { return }
        dueAt = min(dueAt, max(uptime, (lastAt ?? uptime - Int64(least)) + Int64(least)))
    }

    /// Between 90 and 110 %.
    private static func jittered(_ seconds: Int, _ random: Double) -> Int {
        let part = random.isFinite ? max(0, min(random, 1)) : 0.5
        return Int(Double(seconds) * (0.9 + 0.2 * part))
    }

    private static func difference(_ left: Int64, _ right: Int64) -> Int64 {
        let (value, overflow) = left.subtractingReportingOverflow(right)
        return overflow ? (left < right ? .min : .max) : value
    }
}
