package import JSONText

/// What is known of a feed besides its list: the file `NAME.json` of the cache.
package struct FeedMeta: Hashable, Sendable {
    /// A list that came and waits for a person's yes: the file `NAME.held`.
    package struct Hold: Hashable, Sendable {
        package var change: FeedChange
        /// Seconds since 1970.
        package var since: Int64

        package init(_ change: FeedChange, since: Int64) {
            self.change = change
            self.since = since
        }
    }

    /// From where the list came. With another address nothing of this counts.
    package var url: String
    /// As the publisher sent it, to ask whether it changed.
    package var etag: String?
    package var lastModified: String?
    /// When it was asked for last, with whatever result. Seconds since 1970, as all times here.
    package var checkedAt: Int64?
    /// When the publisher last said that the list in force is the present one.
    package var confirmedAt: Int64?
    /// When the list in force came.
    package var fetchedAt: Int64?
    /// When its content last became another.
    package var changedAt: Int64?
    /// When it is asked for next.
    package var nextAt: Int64?
    /// When its publisher wrote it, where it says so.
    package var published: Int64?
    /// Of the list in force; `nil`: there is none.
    package var entries: Int?
    package var bytes: Int?
    package var copyright: String?
    /// Since the last success.
    package var failures = 0
    package var lastError: String?
    package var held: Hold?

    package init(url: String) { self.url = url }

    /// The most bytes that such a file may have.
    package static let largest = 65_536

    /// - Throws: ``FeedError`` for anything that ``json`` would not write.
    package init(parsing bytes: some Sequence<UInt8>) throws(FeedError) {
        let bytes = Array(bytes.prefix(Self.largest + 1))
        guard bytes.count <= Self.largest else { throw Self.unreadable(nil, "it is larger than 64 KiB") }
        let root: JSONNode
        do { root = try JSONNode(parsing: bytes) } catch { throw Self.unreadable(error.line, error.words) }
        let reader = MetaReader(root: root)
        try reader.check(names: Self.names)
        guard root["version"]?.int == 1 else { throw Self.unreadable(root.line, "its version is not 1") }
        guard let url = try reader.text("url", most: 2_000) else { throw Self.unreadable(root.line, "it has no url") }
        self.init(url: url)
        etag = try reader.text("etag", most: 1_000)
        lastModified = try reader.text("lastModified", most: 100)
        checkedAt = try reader.time("checkedAt")
        confirmedAt = try reader.time("confirmedAt")
        fetchedAt = try reader.time("fetchedAt")
        changedAt = try reader.time("changedAt")
        nextAt = try reader.time("nextAt")
        published = try reader.time("published")
        entries = try reader.number("entries", in: 0...2_000_000)
        self.bytes = try reader.number("bytes", in: 0...FeedLimits.largest)
        copyright = try reader.text("copyright", most: 1_000)
        failures = try reader.number("failures", in: 0...1_000_000) ?? 0
        lastError = try reader.text("lastError", most: 4_000)
        if let node = root["held"], !node.isNull {
            let inner = MetaReader(root: node)
            try inner.check(names: ["before", "after", "since"])
            guard let after = try inner.number("after", in: 0...2_000_000), let since = try inner.time("since") else {
                throw Self.unreadable(node.line, "\"held\" lacks \"after\" or \"since\"")
            }
            held = Hold(
                FeedChange(before: try inner.number("before", in: 0...2_000_000), after: after), since: since)
        }
    }

    /// As the file has it.
    package var json: JSON {
        let hold = held.map { held -> JSON in
            [
                "before": .integer(held.change.before), "after": .int(held.change.after),
                "since": .integer(held.since),
            ]
        }
        return [
            "version": 1, "url": .string(url), "etag": .string(etag), "lastModified": .string(lastModified),
            "checkedAt": .integer(checkedAt), "confirmedAt": .integer(confirmedAt), "fetchedAt": .integer(fetchedAt),
            "changedAt": .integer(changedAt), "nextAt": .integer(nextAt), "published": .integer(published),
            "entries": .integer(entries), "bytes": .integer(bytes), "copyright": .string(copyright),
            "failures": .int(failures), "lastError": .string(lastError), "held": hold ?? .null,
        ]
    }

    private static let names = [
        "version", "url", "etag", "lastModified", "checkedAt", "confirmedAt", "fetchedAt", "changedAt", "nextAt",
        "published", "entries", "bytes", "copyright", "failures", "lastError", "held",
    ]

    fileprivate static func unreadable(_ line: Int?, _ reason: String) -> FeedError {
        FeedError(
            line: line, "what was kept of the feed is not readable: \(reason)",
            remedy: "The feed is fetched anew by itself.")
    }
}

/// Members of an object, each of one kind or null.
private struct MetaReader {
    let root: JSONNode

    func check(names: [String]) throws(FeedError) {
        guard let members = root.members else { throw FeedMeta.unreadable(root.line, "an object is expected") }
        for member in members where !names.contains(member.name) {
            throw FeedMeta.unreadable(member.nameLine, "it has an unknown name")
        }
    }

    func text(_ name: String, most: Int) throws(FeedError) -> String? {
        guard let node = root[name], !node.isNull else { return nil }
        guard let text = node.string, text.utf8.count <= most else {
            throw FeedMeta.unreadable(node.line, "\"\(name)\" is no text of at most \(most) bytes")
        }
        return text
    }

    func number(_ name: String, in range: ClosedRange<Int>) throws(FeedError) -> Int? {
        guard let node = root[name], !node.isNull else { return nil }
        guard let number = node.int, range.contains(number) else {
            throw FeedMeta.unreadable(node.line, "\"\(name)\" is no number from \(range.lowerBound) on")
        }
        return number
    }

    func time(_ name: String) throws(FeedError) -> Int64? {
        try number(name, in: 0...Int(UTCTime.last)).map(Int64.init)
    }
}
