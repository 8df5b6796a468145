import ArgumentParser
import Firewall
import JSONText
import Settings

/// `conclave-feeds once`
struct OnceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "once", abstract: "Fetches the feeds now, whether they are due or not, and ends.",
        discussion:
            "Spamhaus asks for an hour between two fetches: until then its lists are left alone, except with --force.")

    @Argument(help: "The feed to fetch; without it all that are switched on.")
    var name: String?

    @Flag(help: "Fetch even what its publisher asks to leave alone for a while.")
    var force = false

    @Flag(help: "Write the result as JSON.")
    var json = false

    @OptionGroup var place: PlaceOptions
    @OptionGroup var options: FetchOptions

    func run() throws {
        let policy = try place.readPolicy()
        let sources = try chosen(policy)
        let updater = FeedUpdater(cache: try FeedCache(place.cache), fetcher: options.prepare())
        let lock = try updater.cache.lock("use", seconds: 10, else: FeedCache.isBusy(place.cache))
        defer { withExtendedLifetime(lock) {} }
        var hasFailed = false
        for source in sources {
            do {
                hasFailed = try !update(source, updater) || hasFailed
            } catch is Interruption {
                throw ProgramError(status: 130, "interrupted; the last good lists are kept")
            }
        }
        if json {
            let table = try StatusTable(policy: policy, cache: updater.cache)
            Output.write(table.json.pretty + "\n")
        }
        if hasFailed { throw ExitCode(1) }
    }

    private func update(_ source: FeedSource, _ updater: FeedUpdater) throws -> Bool {
        try updater.inspect(source)
        let meta = try updater.known(source)
        var schedule = FeedSchedule(source, meta: meta, now: Clock.now, uptime: Clock.uptime)
        let wait = schedule.mustWait(uptime: Clock.uptime)
        if wait > 0, !force {
            say(
                "\(source.name): asked for less than an hour ago; its publisher wants \(wait / 60 + 1) more min (or --force)"
            )
            return true
        }
        let report = try updater.update(source, schedule: &schedule)
        if case .failed = report.outcome {
            Output.complain("\(source.name): \(report.words)")
            return false
        }
        say("\(source.name): \(report.words)")
        return true
    }

    private func say(_ words: String) {
        if json { Output.complain(words) } else { Output.write(words + "\n") }
    }

    private func chosen(_ policy: Policy) throws -> [FeedSource] {
        guard let name else { return policy.feeds.filter(\.isEnabled) }
        return [try policy.feed(name)]
    }
}

extension Policy {
    /// - Throws: ``ProgramError`` that names those that there are.
    func feed(_ name: String) throws(ProgramError) -> FeedSource {
        if let source = feeds.first(where: { $0.name == name }) { return source }
        let names = feeds.map(\.name).joined(separator: ", ")
        throw .usage(
            "the policy has no feed of the name \(name.debugDescription); "
                + (names.isEmpty ? "it has none at all" : "there are: \(names)"))
    }
}

extension FeedCache {
    static func isBusy(_ folder: String) -> String {
        "another conclave-feeds is fetching into \(folder) at this moment; try again when it is done"
    }
}

extension StatusTable {
    init(policy: Policy, cache: FeedCache) throws {
        var metas: [String: FeedMeta] = [:]
        for source in policy.feeds {
            var meta = try cache.meta(source.name)
            // The firewall accepted what was held back, and the next fetch will write that down.
            if meta?.held != nil, !cache.hasHeld(source.name) {
                meta?.held = nil
                meta?.entries = try cache.content(source)?.entries
            }
            metas[source.name] = meta
        }
        self.init(policy: policy, metas: metas, now: Clock.now)
    }
}

/// `conclave-feeds status`
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "status", abstract: "Shows how the feeds stand.")

    @Flag(help: "Write it as JSON.")
    var json = false

    @OptionGroup var place: PlaceOptions

    func run() throws {
        let table = try StatusTable(policy: try place.readPolicy(), cache: try FeedCache(reading: place.cache))
        Output.write(json ? table.json.pretty + "\n" : table.text)
    }
}

/// `conclave-feeds accept`
struct AcceptCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "accept", abstract: "Puts a list in force that was held back because its size changed so much.")

    @Argument(help: "The feed whose list is held back.")
    var name: String

    @OptionGroup var place: PlaceOptions

    func run() throws {
        let source = try place.readPolicy().feed(name)
        let cache = try FeedCache(place.cache)
        let lock = try cache.lock("use", seconds: 10, else: FeedCache.isBusy(place.cache))
        defer { withExtendedLifetime(lock) {} }
        let updater = FeedUpdater(cache: cache, fetcher: Fetcher(limits: FeedLimits(), seconds: 1))
        guard let meta = try updater.known(source), let held = meta.held else {
            throw ProgramError.usage("no list of \(name) is held back; see conclave-feeds status")
        }
        try cache.accept(name)
        guard var accepted = try updater.known(source) else { return }
        accepted.confirmedAt = held.since
        accepted.fetchedAt = held.since
        try cache.save(accepted, name)
        Output.write("\(name): in force with \(accepted.entries ?? 0) entries\n")
    }
}
