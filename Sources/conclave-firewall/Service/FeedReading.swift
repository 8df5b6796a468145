import Firewall
import NFTables

/// The lists of the cache that count, and what was left out of them.
struct FeedReading: Sendable {
    struct Facts: Hashable, Sendable {
        var entries: Int
        var refusals: [String]
        var refused: Int
        /// Why nothing of it counts.
        var failure: String?
    }

    var feeds = LoadedFeeds()
    var facts: [String: Facts] = [:]

    init() {}

    /// - Parameter previous: what counts until now; a list that cannot be read leaves its last good one in force.
    init(
        _ sources: [FeedSource], folder: String, whitelist: [ListEntry], previous: FeedReading, now: Int64
    ) {
        let machine = HostFactsReader().read()
        let whitelist = whitelist.filter { !$0.isExpired(at: now) }
        for source in sources where source.isEnabled {
            guard FeedState(source, FeedCache.meta(source, in: folder), now: now).isInForce else { continue }
            do throws(FeedReadingError) {
                let sanity = FeedSanity(facts: machine, whitelist: whitelist, keepsReserved: source.isOwn)
                let result = sanity.filter(try FeedCache.content(source, in: folder))
                feeds.feeds.append(.init(name: source.name, direction: source.direction, list: result.list))
                facts[source.name] = Facts(
                    entries: result.list.count, refusals: result.refusals, refused: result.refused)
            } catch {
                let last = previous.feeds.feeds.first { $0.name == source.name && $0.direction == source.direction }
                if let last { feeds.feeds.append(last) }
                facts[source.name] = Facts(
                    entries: last?.list.count ?? 0, refusals: [], refused: 0,
                    failure: error.words + (last == nil ? "" : "; the last good list stays in force"))
            }
        }
    }
}

extension FeedRow {
    init(_ source: FeedSource, _ facts: FeedReading.Facts?, _ meta: FeedMeta?, now: Int64) {
        let state = FeedState(source, meta, now: now)
        self.init(
            name: source.name, direction: source.direction, entries: facts?.entries ?? 0, state: State(state),
            fetched: meta?.checkedAt.map { $0 * 1_000 }, changed: meta?.changedAt.map { $0 * 1_000 },
            held: meta?.held?.change.after, refused: facts?.refused ?? 0)
        detail =
            facts?.failure ?? meta?.held?.change.sentence
            ?? (state == .ok ? facts?.refusals.first : meta?.lastError ?? facts?.refusals.first) ?? ""
        if facts?.failure != nil, self.state == .ok { self.state = .failing }
    }
}

extension FeedRow.State {
    fileprivate init(_ state: FeedState) {
        self =
            switch state {
            case .off: .off
            case .missing: .missing
            case .ok: .ok
            case .failing, .old: .failing
            case .expired: .expired
            case .held: .held
            }
    }
}
