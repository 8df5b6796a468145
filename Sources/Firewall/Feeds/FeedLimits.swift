/// How large a list may be.
package struct FeedLimits: Hashable, Sendable {
    /// `1...FeedLimits.largest`; 4 MiB unless told.
    package var bytes: Int
    /// Addresses and networks, `1...2_000_000`.
    package var entries: Int

    /// 64 MiB: enough for a million entries of every format.
    package static let largest = 64 << 20

    package init(bytes: Int = 4 << 20, entries: Int = 2_000_000) {
        self.bytes = max(1, min(bytes, Self.largest))
        self.entries = max(1, min(entries, 2_000_000))
    }
}
