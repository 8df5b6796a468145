/// The two lists of addresses in a ``Policy``.
package enum ListName: String, Hashable, Sendable, CaseIterable {
    case whitelist
    case blacklist
}

/// A line of the whitelist or the blacklist.
package struct ListEntry: Hashable, Sendable {
    package var prefix: IPPrefix
    /// Seconds since 1970 at which it ends; `nil`: never.
    package var until: Int64?
    /// For people; at most 200 characters.
    package var note: String

    package init(_ prefix: IPPrefix, until: Int64? = nil, note: String = "") {
        self.prefix = prefix
        self.until = until
        self.note = note
    }

    /// Whether its time is over, at so many seconds since 1970.
    package func isExpired(at now: Int64) -> Bool { until.map { $0 <= now } ?? false }
}
