/// What earns a ban, and how long one lasts. Times are milliseconds.
package struct BanLimits: Hashable, Sendable {
    /// Points at which a host is banned. With the standard weights: the sixth bad certificate within seconds, or one finished port scan.
    package var threshold = 10
    /// After this time a strike counts half. A client that tries again every 30 s with a bad certificate (2 points) stays below 7 for ever.
    package var halfLife: Int64 = 60_000
    /// How many times the points a host may have from which somebody authenticated: behind it may be others than the one who errs.
    package var trustFactor = 2
    /// The first ban; each further one lasts twice as long as the one before, up to ``longest``.
    package var first: Int64 = 600_000
    package var longest: Int64 = 7 * 86_400_000
    /// A ban on evidence that can be forged: never longer, never doubled.
    package var forgeable: Int64 = 120_000
    /// After so much time without a ban a host's offences are forgotten.
    package var forgiveness: Int64 = 30 * 86_400_000
    /// How long it counts that somebody authenticated.
    package var trust: Int64 = 86_400_000
    /// The longest that an administrator may ask for: 100 years.
    package static let longestManual: Int64 = 36_500 * 86_400_000

    /// Hosts with strikes, with offences, with bans, and that authenticated: of each at most so many are known.
    package var hosts = 65_536
    /// The same for evidence that can be forged: apart, so that forged addresses push out nothing that is proven.
    package var forgeableHosts = 16_384
    /// Addresses of one host.
    package static let targetsOfHost = 16

    package init() {}

    /// How long the offence of that number lasts, from 1.
    package func length(ofOffence number: Int) -> Int64 {
        let doublings = max(0, min(number - 1, 40))
        let (length, overflow) = first.multipliedReportingOverflow(by: 1 << Int64(doublings))
        return overflow ? longest : max(0, min(length, longest))
    }
}
