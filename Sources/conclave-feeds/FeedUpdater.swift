import Firewall
import Settings

/// What came of asking for a feed.
struct FeedReport {
    var source: FeedSource
    var meta: FeedMeta
    var outcome: FeedSchedule.Outcome
    /// For a person.
    var words: String
}

/// Brings one feed up to date: fetches, judges, keeps.
struct FeedUpdater {
    let cache: FeedCache
    let fetcher: Fetcher

    /// What is known of a feed, made to agree with the files that are there.
    func known(_ source: FeedSource) throws -> FeedMeta? {
        let name = source.name
        guard var meta = try cache.meta(name), meta.url == source.url else { return nil }
        let isAccepted = meta.held != nil && !cache.hasHeld(name)
        if meta.held == nil { cache.forgetHeld(name) }
        if isAccepted { meta.held = nil }
        if isAccepted || meta.entries != nil && !cache.hasBody(name) { try adopt(source, &meta) }
        return meta
    }

    /// Looks at the list in force itself: it became another by a person's yes, or is gone.
    private func adopt(_ source: FeedSource, _ meta: inout FeedMeta) throws {
        // Whether the publisher's marks belong to this list is not known.
        meta.etag = nil
        meta.lastModified = nil
        if let content = try cache.content(source) {
            meta.entries = content.entries
            meta.published = content.published
            meta.copyright = content.copyright
            meta.changedAt = Clock.now
        } else {
            meta.entries = nil
        }
    }

    /// Whether the list in force can still be read; if not, it is fetched anew.
    func inspect(_ source: FeedSource) throws {
        guard var meta = try known(source), meta.entries != nil, try cache.content(source) == nil else { return }
        Output.complain("\(source.name): the list in the cache is damaged and is fetched anew")
        try adopt(source, &meta)
        meta.nextAt = nil
        try cache.save(meta, source.name)
    }

    /// - Throws: ``ProgramError`` where the cache is at fault, ``Interruption``. A feed at fault is a report.
    func update(_ source: FeedSource, schedule: inout FeedSchedule) throws -> FeedReport {
        var meta = try known(source) ?? FeedMeta(url: source.url)
        let hasList = meta.entries != nil || meta.held != nil
        var words: String
        var outcome: FeedSchedule.Outcome
        let start = Clock.now
        do {
            let file = try cache.stage(source.name)
            defer { file.discard() }
            let answer = try fetcher.fetch(source, meta: hasList ? meta : nil) { try file.write($0) }
            if let answer {
                words = try take(answer, file, source, &meta)
                outcome = .fetched
            } else {
                if meta.held == nil { meta.confirmedAt = start }
                words = "unchanged, \(counted(meta.entries ?? 0))"
                outcome = .unchanged
            }
            meta.failures = 0
            meta.lastError = nil
        } catch let failure as FetchFailure {
            meta.failures = min(meta.failures + 1, 1_000_000)
            meta.lastError = String(failure.words.prefix(900))
            words = failure.words
            outcome = .failed(retryAfter: failure.retryAfter)
        }
        let wait = schedule.finished(outcome, uptime: Clock.uptime, random: Double.random(in: 0..<1))
        meta.checkedAt = max(0, start)
        meta.nextAt = max(0, Clock.now) + Int64(wait)
        try cache.save(meta, source.name)
        return FeedReport(source: source, meta: meta, outcome: outcome, words: words)
    }

    /// A whole and well-formed list came.
    private func take(
        _ answer: Fetcher.Answer, _ file: StagedFile, _ source: FeedSource, _ meta: inout FeedMeta
    ) throws -> String {
        let change = FeedChange(before: meta.entries, after: answer.content.entries)
        meta.etag = answer.etag
        meta.lastModified = answer.lastModified
        if change.needsConfirmation {
            // If the power fails between the two, a list that waits without being known of is thrown away and comes anew.
            try cache.hold(file, source.name)
            meta.held = FeedMeta.Hold(change, since: Clock.now)
            return "held back: \(change.sentence). If that is right: conclave-feeds accept \(source.name)"
        }
        let isSame = try meta.entries != nil && cache.content(source)?.list == answer.content.list
        try cache.install(file, source.name)
        let now = max(0, Clock.now)
        meta.held = nil
        meta.fetchedAt = now
        meta.confirmedAt = now
        if !isSame || meta.changedAt == nil { meta.changedAt = now }
        meta.entries = answer.content.entries
        meta.bytes = answer.bytes
        meta.published = answer.content.published
        meta.copyright = answer.content.copyright
        return isSame
            ? "fetched, the same \(counted(answer.content.entries))" : "fetched, \(counted(answer.content.entries))"
    }

    private func counted(_ entries: Int) -> String { entries == 1 ? "1 entry" : "\(entries) entries" }
}
