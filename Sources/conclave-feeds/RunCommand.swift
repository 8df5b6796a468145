import ArgumentParser
import Firewall
import Glibc
import Settings

/// `conclave-feeds run`
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Fetches the feeds as often as the policy says, until it is stopped.",
        discussion:
            "SIGTERM and SIGINT stop it; SIGHUP makes it read the policy anew, as a changed file does by itself.")

    @OptionGroup var place: PlaceOptions
    @OptionGroup var options: FetchOptions

    func run() throws {
        let fetcher = options.prepare()
        let cache = try FeedCache(place.cache)
        let lock = try cache.lock(
            "run", seconds: 0, else: "another conclave-feeds already runs for \(place.cache); stop that one first")
        defer { withExtendedLifetime(lock) {} }
        var loop = FeedLoop(place: place, updater: FeedUpdater(cache: cache, fetcher: fetcher))
        try loop.readPolicy()
        ServiceNotifier.ready(loop.summary)
        loop.run()
        ServiceNotifier.stopping()
    }
}

/// Looks what is due, again and again.
struct FeedLoop {
    private let place: PlaceOptions
    private let updater: FeedUpdater
    private var policy = Policy()
    private var stamp: Stamp?
    private var feeds: [String: Scheduled] = [:]
    /// The time of day minus the time since the start: it changes when the clock is set.
    private var offset = Clock.now - Clock.uptime

    private struct Scheduled {
        var source: FeedSource
        var schedule: FeedSchedule
        /// When it was last asked for, as the file says: another one may have done it meanwhile.
        var checkedAt: Int64?
    }

    /// By which a changed file shows.
    private struct Stamp: Hashable {
        var inode: UInt
        var size: Int
        var seconds: Int
        var nanoseconds: Int
    }

    init(place: PlaceOptions, updater: FeedUpdater) {
        self.place = place
        self.updater = updater
    }

    var summary: String { Self.words(feeds.count) }

    private static func words(_ count: Int) -> String { count == 1 ? "1 feed" : "\(count) feeds" }

    mutating func readPolicy() throws {
        stamp = Self.stamp(place.policy)
        policy = try place.readPolicy()
        var next: [String: Scheduled] = [:]
        for source in policy.feeds where source.isEnabled {
            if let known = feeds[source.name], known.source == source {
                next[source.name] = known
            } else {
                try updater.inspect(source)
                next[source.name] = try scheduled(source)
            }
        }
        feeds = next
        Output.complain("\(Self.words(policy.feeds.count)) in \(place.policy), switched on: \(feeds.count)")
    }

    mutating func run() {
        while true {
            do {
                for name in feeds.keys.sorted() { try fetchIfDue(name) }
            } catch {
                return
            }
            let due = feeds.values.map(\.schedule.dueAt).min() ?? .max
            let wait = max(0, min(due - min(Clock.uptime, due), 2))
            switch Signals.wait(milliseconds: Int(wait) * 1_000) {
            case .stop: return
            case .reload: reread()
            case nil: if Self.stamp(place.policy) != stamp { reread() }
            }
            lookAtClock()
        }
    }

    /// - Throws: ``Interruption`` alone.
    private mutating func fetchIfDue(_ name: String) throws(Interruption) {
        guard var feed = feeds[name], feed.schedule.isDue(uptime: Clock.uptime) else { return }
        do {
            let lock = try updater.cache.lock("use", seconds: 5, else: FeedCache.isBusy(place.cache))
            defer { withExtendedLifetime(lock) {} }
            if try updater.known(feed.source)?.checkedAt != feed.checkedAt {
                feed = try scheduled(feed.source)
                feeds[name] = feed
                guard feed.schedule.isDue(uptime: Clock.uptime) else { return }
            }
            let report = try updater.update(feed.source, schedule: &feed.schedule)
            feed.checkedAt = report.meta.checkedAt
            let minutes = max(1, (feed.schedule.dueAt - Clock.uptime + 59) / 60)
            Output.complain("\(name): \(report.words); next in \(minutes) min")
        } catch let error as Interruption {
            throw error
        } catch {
            // The cache is at fault, not the publisher: the disk is full, say.
            _ = feed.schedule.finished(.failed(retryAfter: nil), uptime: Clock.uptime, random: Double.random(in: 0..<1))
            Output.complain("\(name): \(error)")
        }
        feeds[name] = feed
    }

    private func scheduled(_ source: FeedSource) throws -> Scheduled {
        let meta = try updater.known(source)
        let schedule = FeedSchedule(source, meta: meta, now: Clock.now, uptime: Clock.uptime)
        return Scheduled(source: source, schedule: schedule, checkedAt: meta?.checkedAt)
    }

    private mutating func reread() {
        do {
            try readPolicy()
            ServiceNotifier.status(summary)
        } catch {
            Output.complain("\(error). The feeds stay as they were")
        }
    }

    private mutating func lookAtClock() {
        let present = Clock.now - Clock.uptime
        guard abs(present - offset) > 60 else { return }
        Output.complain("the clock was set by \(present - offset) s; lists are looked after soon")
        offset = present
        for name in feeds.keys { feeds[name]?.schedule.bringForward(uptime: Clock.uptime) }
    }

    private static func stamp(_ path: String) -> Stamp? {
        var info = stat()
        guard stat(path, &info) == 0 else { return nil }
        return Stamp(
            inode: UInt(info.st_ino), size: info.st_size, seconds: info.st_mtim.tv_sec,
            nanoseconds: info.st_mtim.tv_nsec)
    }
}
