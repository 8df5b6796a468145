/// How much a policy may hold; the reader, the edits and `docs/firewall-rules.md` agree on it.
package enum PolicyLimits {
    package static let version = 1
    package static let fileBytes = 8 << 20
    package static let rules = 4_096
    package static let ids = 1...999_999
    package static let nameCharacters = 64
    package static let noteCharacters = 200
    /// Ports and ranges in a rule.
    package static let ports = PortText.limit
    /// Sources, and destinations, in a rule.
    package static let prefixes = 256
    /// In the whitelist, and in the blacklist.
    package static let entries = 65_536
    package static let feeds = 32
    package static let connections = 1...1_000_000
    package static let rateSeconds = 1...86_400
    package static let ipv6Prefix = 32...128
    package static let globalPerSecond = 1...1_000_000
    package static let feedInterval = 300...604_800
    /// A year.
    package static let maximumAge = 31_536_000
    package static let blockedPerSecond = 0...10_000
    package static let allowedSample = 0...1_000_000
    package static let retainDays = 1...3_650
    package static let maximumMiB = 8...65_536
    package static let logGroups = 0...65_535
    package static let confirmSeconds = 5...3_600
    package static let statisticsSeconds = 1...3_600
}
