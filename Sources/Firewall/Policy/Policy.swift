/// What the administrator wants: the rules file as a value. One that exists is valid.
package struct Policy: Hashable, Sendable {
    /// What happens to new inbound connections that no rule decides.
    package var defaultAction = FirewallRule.Action.allow
    /// In their order; ids are unique.
    package var rules: [FirewallRule] = []
    /// Who is never blocked, by nothing.
    package var whitelist: [ListEntry] = []
    /// Who is blocked, both ways.
    package var blacklist: [ListEntry] = []
    /// `nil`: no limit.
    package var rateLimit: RateLimit? = RateLimit()
    package var feeds: [FeedSource] = []
    package var log = LogPolicy()
    package var safety = SafetyPolicy()
    /// Seconds between two records of the statistics, `1...3600`.
    package var statisticsSeconds = 30

    package init() {}
}

/// How many new connections a source may open: exactly `connections` in each window of `seconds`, and all together a number a second.
package struct RateLimit: Hashable, Sendable {
    /// `1...1_000_000`.
    package var connections = 100
    /// `1...86_400`.
    package var seconds = 10
    /// Bits by which IPv6 sources are told apart, `32...128`.
    package var ipv6Prefix = 64
    /// Of all sources together, as a full table of sources would let everybody through. `1...1_000_000`.
    package var globalPerSecond = 5_000

    package init() {}
}

/// A list of addresses that somebody publishes.
package struct FeedSource: Hashable, Sendable {
    package enum Format: String, Hashable, Sendable, CaseIterable {
        /// Feodo Tracker's `ipblocklist.txt`.
        case feodoText = "feodo-txt"
        case feodoCSV = "feodo-csv"
        case feodoJSON = "feodo-json"
        /// Spamhaus DROP as JSON lines.
        case spamhausDrop = "spamhaus-drop"
        /// An address or a prefix a line, `#` before remarks (FireHOL's netset and others).
        case plain
    }

    /// `a-z`, `0-9` and `-`, at most 32: names the file in the cache.
    package var name: String
    /// `https:`; `http:` for addresses of this machine alone.
    package var url: String
    package var format: Format
    /// Which way it blocks. Lists of command servers are about what goes out.
    package var direction: FirewallRule.Direction
    /// Seconds between two fetches, `300...604_800`.
    package var interval: Int
    /// Seconds after which an unrefreshed list no longer counts, as addresses change hands. At least `interval`.
    package var maximumAge: Int
    package var isEnabled: Bool

    package init(
        name: String, url: String, format: Format, direction: FirewallRule.Direction = .both, interval: Int = 3_600,
        maximumAge: Int = 7 * 86_400, isEnabled: Bool = true
    ) {
        self.name = name
        self.url = url
        self.format = format
        self.direction = direction
        self.interval = interval
        self.maximumAge = maximumAge
        self.isEnabled = isEnabled
    }
}

/// What is written down. Counters, not lines, are the totals.
package struct LogPolicy: Hashable, Sendable {
    /// Lines a second for each reason, `0...10_000`.
    package var blockedPerSecond = 100
    /// One in so many packets that pass is sampled; 0: none.
    package var allowedSample = 100
    /// `1...3_650`.
    package var retainDays = 30
    /// Mebibytes on the disk, `8...65_536`.
    package var maximumMiB = 512
    /// NFLOG groups: of what is blocked, and of the sample.
    package var blockedGroup: UInt16 = 77
    package var allowedGroup: UInt16 = 78

    package init() {}
}

package struct SafetyPolicy: Hashable, Sendable {
    /// Seconds for which a change is on trial, `5...3_600`.
    package var confirmSeconds = 60
    /// Whether other programs may not touch our table (Linux 6.9 and later).
    package var isProtected = false

    package init() {}
}
