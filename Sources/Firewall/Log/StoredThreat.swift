/// Addresses that a feed lists, or has listed.
package struct StoredThreat: Hashable, Sendable {
    package var feed: String
    package var addresses: ClosedRange<IPAddress>
    /// Seconds since 1970 at which the feed was first seen with it.
    package var firstSeen: Int64
    /// Seconds since 1970 at which it was first missing; `nil`: the feed still lists it.
    package var goneSince: Int64?

    package init(feed: String, addresses: ClosedRange<IPAddress>, firstSeen: Int64, goneSince: Int64? = nil) {
        self.feed = feed
        self.addresses = addresses
        self.firstSeen = firstSeen
        self.goneSince = goneSince
    }
}

/// What the store knows of a feed.
package struct StoredFeed: Hashable, Sendable {
    package var name: String
    /// Seconds since 1970 at which its entries were last written down.
    package var updated: Int64
    /// Entries that it lists now.
    package var entries: Int

    package init(name: String, updated: Int64, entries: Int) {
        self.name = name
        self.updated = updated
        self.entries = entries
    }
}
