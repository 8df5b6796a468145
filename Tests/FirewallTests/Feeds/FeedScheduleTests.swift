import Testing

@testable import Firewall

@Suite("feed schedule and state")
struct FeedScheduleTests {
    private let source = FeedSource(name: "a", url: "https://feeds.example/a", format: .plain)
    private let drop = FeedSource(name: "d", url: "https://feeds.example/d", format: .spamhausDrop, interval: 300)
    private let now: Int64 = 1_790_000_000

    private func meta(_ change: (inout FeedMeta) -> Void) -> FeedMeta {
        var meta = FeedMeta(url: source.url)
        change(&meta)
        return meta
    }

    @Test("a feed that was never fetched is due at once, and then after its interval, a tenth more or less")
    func jitters() {
        var schedule = FeedSchedule(source, meta: nil, now: now, uptime: 50)
        #expect(schedule.isDue(uptime: 50))
        #expect(schedule.finished(.fetched, uptime: 50, random: 0) == 3_240)
        #expect(schedule.finished(.unchanged, uptime: 50, random: 0.5) == 3_600)
        #expect((3_955...3_960).contains(schedule.finished(.fetched, uptime: 50, random: 0.999_999)))
        #expect(!schedule.isDue(uptime: 50 + 3_900))
        #expect(schedule.isDue(uptime: 50 + 3_960))
        for random in [Double.nan, .infinity, -5] {
            #expect((3_240...3_960).contains(schedule.finished(.fetched, uptime: 50, random: random)))
        }
    }

    @Test("backs off by doubling up to 6 hours, and begins anew after a success")
    func backsOff() {
        var schedule = FeedSchedule(source, meta: nil, now: now, uptime: 0)
        let delays = (0..<80).map { _ in schedule.finished(.failed(retryAfter: nil), uptime: 0, random: 0.5) }
        #expect(Array(delays.prefix(8)) == [300, 600, 1_200, 2_400, 4_800, 9_600, 19_200, 21_600])
        #expect(delays.allSatisfy { $0 <= 21_600 })
        _ = schedule.finished(.unchanged, uptime: 0, random: 0.5)
        #expect(schedule.finished(.failed(retryAfter: nil), uptime: 0, random: 0.5) == 300)
    }

    @Test("waits as long as the publisher says, but not for ever")
    func obeysRetryAfter() {
        var schedule = FeedSchedule(source, meta: nil, now: now, uptime: 0)
        #expect(schedule.finished(.failed(retryAfter: 7_200), uptime: 0, random: 0.5) == 7_200)
        #expect(schedule.finished(.failed(retryAfter: .max), uptime: 0, random: 0.5) == 86_400)
        #expect(schedule.finished(.failed(retryAfter: -4), uptime: 0, random: 0.5) == 1_200)
    }

    @Test("leaves Spamhaus an hour between two fetches, whatever came, also over a restart")
    func sparesSpamhaus() {
        var schedule = FeedSchedule(drop, meta: nil, now: now, uptime: 10_000)
        #expect(schedule.finished(.fetched, uptime: 10_000, random: 0) == 3_600)
        #expect(schedule.finished(.failed(retryAfter: nil), uptime: 10_000, random: 0) == 3_600)
        #expect(schedule.mustWait(uptime: 10_100) == 3_500)
        #expect(schedule.mustWait(uptime: 13_600) == 0)
        schedule.bringForward(uptime: 10_100)
        #expect(!schedule.isDue(uptime: 13_599))
        var meta = FeedMeta(url: drop.url)
        meta.checkedAt = now - 600
        let restarted = FeedSchedule(drop, meta: meta, now: now, uptime: 7)
        #expect(restarted.dueAt == 7 + 3_000)
        #expect(restarted.mustWait(uptime: 7) == 3_000)
        #expect(FeedSchedule(source, meta: meta, now: now, uptime: 7).mustWait(uptime: 7) == 0)
    }

    @Test("goes on after a restart where it was, and with another url at once")
    func goesOn() {
        let meta = meta {
            $0.nextAt = now + 1_000
            $0.failures = 3
        }
        var schedule = FeedSchedule(source, meta: meta, now: now, uptime: 20)
        #expect(schedule.dueAt == 1_020)
        #expect(schedule.finished(.failed(retryAfter: nil), uptime: 20, random: 0.5) == 2_400)
        var other = source
        other.url = "https://feeds.example/b"
        #expect(FeedSchedule(other, meta: meta, now: now, uptime: 20).isDue(uptime: 20))
    }

    @Test(
        "a clock that was set wildly neither starves a feed nor traps",
        arguments: [Int64.min, -1, 0, 9_000_000_000, .max])
    func survivesClocks(clock: Int64) {
        let meta = meta {
            $0.nextAt = now + 1_000
            $0.checkedAt = now
        }
        let schedule = FeedSchedule(source, meta: meta, now: clock, uptime: 20)
        #expect((20...20 + 86_400).contains(schedule.dueAt))
        #expect(FeedSchedule(drop, meta: meta, now: clock, uptime: 20).dueAt <= 20 + 86_400)
        #expect((meta.age(now: clock) ?? 0) >= 0)
    }

    @Test("a list is fresh, then old after a day, then no longer counts")
    func ages() {
        let meta = meta {
            $0.entries = 5
            $0.confirmedAt = now
        }
        #expect(FeedState(source, meta, now: now) == .ok)
        #expect(FeedState(source, meta, now: now - 100_000) == .ok, "the clock was set back")
        #expect(FeedState(source, meta, now: now + 86_400) == .ok)
        #expect(FeedState(source, meta, now: now + 86_401) == .old)
        #expect(FeedState(source, meta, now: now + 7 * 86_400) == .old)
        #expect(FeedState(source, meta, now: now + 7 * 86_400 + 1) == .expired)
        #expect(!FeedState.expired.isInForce)
        #expect(FeedState.old.isInForce)
        #expect(FeedState(source, nil, now: now) == .missing)
        var changed = meta
        changed.failures = 1
        #expect(FeedState(source, changed, now: now) == .failing)
        changed.held = .init(FeedChange(before: 5, after: 500), since: now)
        #expect(FeedState(source, changed, now: now) == .held)
        changed.url = "https://feeds.example/other"
        #expect(FeedState(source, changed, now: now) == .missing)
        var off = source
        off.isEnabled = false
        #expect(FeedState(off, meta, now: now) == .off)
    }

    @Test("what is known of a feed reads back as it was written")
    func roundTrips() throws {
        let meta = meta {
            $0.etag = "\"a\\b\""
            $0.lastModified = "Mon, 05 Oct 2026 11:20:08 GMT"
            $0.checkedAt = now
            $0.confirmedAt = now
            $0.fetchedAt = now - 5
            $0.changedAt = now - 9
            $0.nextAt = now + 9
            $0.published = 0
            $0.entries = 7
            $0.bytes = 99
            $0.copyright = "© x"
            $0.failures = 2
            $0.lastError = "no"
            $0.held = .init(FeedChange(before: nil, after: 3), since: now)
        }
        #expect(try FeedMeta(parsing: Array(meta.json.pretty.utf8)) == meta)
        let empty = FeedMeta(url: source.url)
        #expect(try FeedMeta(parsing: Array(empty.json.compact.utf8)) == empty)
    }

    @Test(
        "what is known of a feed is read strictly",
        arguments: [
            "", "{}", "[]", "{\"version\":2,\"url\":\"x\"}", "{\"version\":1}", "{\"version\":1,\"url\":7}",
            "{\"version\":1,\"url\":\"x\",\"more\":1}", "{\"version\":1,\"url\":\"x\",\"checkedAt\":-1}",
            "{\"version\":1,\"url\":\"x\",\"entries\":99999999}", "{\"version\":1,\"url\":\"x\",\"held\":{}}",
            "{\"version\":1,\"url\":\"x\",\"failures\":1.5}", "{\"version\":1,\"url\":\"x\"",
        ])
    func refusesMeta(text: String) {
        #expect(throws: FeedError.self) { try FeedMeta(parsing: Array(text.utf8)) }
    }

    @Test("only https is fetched, and http from this machine")
    func addresses() {
        for good in ["https://feeds.example/a", "http://127.0.0.1:8080/a", "http://[::1]/a", "http://localhost/a"] {
            #expect(FeedSource.mayFetch(good), "\(good)")
        }
        for bad in [
            "http://feeds.example/a", "http://192.0.2.1/", "file:///etc/passwd", "ftp://feeds.example/", "https://",
            "https://u:p@feeds.example/", "http://127.0.0.1.example/", "http://[2001:db8::1]/", "", "//feeds.example",
        ] {
            #expect(!FeedSource.mayFetch(bad), "\(bad)")
        }
    }

    @Test("a server on the internet cannot send the program to a service of this machine")
    func following() {
        #expect(FeedSource.mayFollow("https://b.example/", from: "https://a.example/"))
        #expect(FeedSource.mayFollow("http://127.0.0.1/b", from: "http://127.0.0.1/a"))
        #expect(FeedSource.mayFollow("https://b.example/", from: "http://127.0.0.1/a"))
        #expect(!FeedSource.mayFollow("http://127.0.0.1/b", from: "https://a.example/"))
        #expect(!FeedSource.mayFollow("http://b.example/", from: "http://127.0.0.1/a"))
        #expect(!FeedSource.mayFollow("file:///etc/passwd", from: "http://127.0.0.1/a"))
    }
}
