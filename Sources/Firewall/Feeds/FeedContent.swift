/// What a list said.
package struct FeedContent: Hashable, Sendable {
    package var list: FeedList
    /// Lines that named an address or a network, repeated ones included.
    package var entries: Int
    /// Entries that are so wide that no list may hold them: they are not in ``list``. The first 16, as they stand there.
    package var tooWide: [String]
    /// How many there were.
    package var tooWideCount: Int
    /// Seconds since 1970 at which its publisher wrote it, where it says so.
    package var published: Int64?
    /// The line that its publisher wants to be kept.
    package var copyright: String?

    package init(
        list: FeedList = FeedList(), entries: Int = 0, tooWide: [String] = [], tooWideCount: Int = 0,
        published: Int64? = nil, copyright: String? = nil
    ) {
        self.list = list
        self.entries = entries
        self.tooWide = tooWide
        self.tooWideCount = tooWideCount
        self.published = published
        self.copyright = copyright
    }
}
