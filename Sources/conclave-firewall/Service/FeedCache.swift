import Firewall
import Glibc

/// The folder that conclave-feeds fills: for each feed `NAME.body`, the list as it came, and `NAME.json`, what is known of it.
enum FeedCache {
    /// Of a feed; `nil` if it was never fetched, from another address, or its file cannot be used.
    static func meta(_ source: FeedSource, in folder: String) -> FeedMeta? {
        guard let bytes = try? WholeFile.read("\(folder)/\(source.name).json", limit: FeedMeta.largest),
            var meta = try? FeedMeta(parsing: bytes), meta.url == source.url
        else { return nil }
        // Whoever renames the list that is held back has accepted it, before conclave-feeds writes that down.
        if access("\(folder)/\(source.name).held", F_OK) != 0 { meta.held = nil }
        return meta
    }

    /// Lets a list count that was held back.
    static func accept(_ name: String, in folder: String) throws(FeedReadingError) {
        let held = "\(folder)/\(name).held"
        guard rename(held, "\(folder)/\(name).body") != 0 else { return }
        switch errno {
        case ENOENT:
            throw FeedReadingError("no list of \(name) is held back; conclave-firewall threats shows which are")
        case EACCES, EPERM, EROFS:
            throw FeedReadingError(
                "\(held) cannot be renamed by this user; run conclave-feeds accept \(name) as the user whose folder it is"
            )
        default: throw FeedReadingError("\(held) cannot be renamed: \(String(cString: strerror(errno)))")
        }
    }

    /// Reads a list, a piece at a time.
    /// - Throws: in words, what is wrong with it.
    static func content(_ source: FeedSource, in folder: String) throws(FeedReadingError) -> FeedContent {
        let path = "\(folder)/\(source.name).body"
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard file >= 0 else { throw FeedReadingError("\(path) cannot be read: \(String(cString: strerror(errno)))") }
        defer { close(file) }
        guard WholeFile.isRegular(file) else { throw FeedReadingError("\(path) is no regular file") }
        var parser = FeedParser(source.format, limits: FeedLimits(bytes: FeedLimits.largest))
        var piece = [UInt8](repeating: 0, count: 65_536)
        do throws(FeedError) {
            while true {
                let count = read(file, &piece, piece.count)
                if count < 0 && errno == EINTR { continue }
                guard count >= 0 else { break }
                if count == 0 { return try parser.finish() }
                try parser.consume(piece.span.extracting(0..<count))
            }
        } catch {
            throw FeedReadingError("\(path): \(error)")
        }
        throw FeedReadingError("\(path) cannot be read: \(String(cString: strerror(errno)))")
    }
}

/// Why a list of the cache does not count.
struct FeedReadingError: Error, Hashable {
    var words: String

    init(_ words: String) { self.words = words }
}

/// By what one sees that a list is another: the files' times and sizes, and what decides whether they count.
struct FeedStamp: Hashable, Sendable {
    private struct File: Hashable {
        var name: String
        var node: UInt64
        var size: Int
        var seconds: Int
        var nanoseconds: Int
        var state: FeedState
    }

    private var files: [File]
    private var sources: [FeedSource]
    private var whitelist: [ListEntry]

    init(_ folder: String, _ sources: [FeedSource], _ whitelist: [ListEntry], now: Int64) {
        self.sources = sources
        self.whitelist = whitelist.filter { !$0.isExpired(at: now) }
        files = sources.map { source in
            var facts = stat()
            let isThere = stat("\(folder)/\(source.name).body", &facts) == 0
            let state = FeedState(source, FeedCache.meta(source, in: folder), now: now)
            return File(
                name: source.name, node: isThere ? UInt64(facts.st_ino) : 0, size: isThere ? Int(facts.st_size) : 0,
                seconds: isThere ? facts.st_mtim.tv_sec : 0, nanoseconds: isThere ? facts.st_mtim.tv_nsec : 0,
                state: state.isInForce ? .ok : state)
        }
    }
}
