import Firewall
import FirewallStore
import Testing

@Suite("FirewallStore: statistics, bans, threats")
struct MemoryTests {
    // MARK: Statistics

    @Test("adds up what was counted in a span, and nothing around it")
    func addsUp() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        let start = StoreFolder.start
        func record(_ index: Int64, _ counters: [String: CounterAmount]) -> StatisticsRecord {
            StatisticsRecord(
                time: start + index * 30_000, span: 30_000, counters: counters, bans: Int(index), logged: 10, lost: 1,
                processorTime: 5, residentKiB: UInt64(1_000 + index))
        }
        let first = record(0, ["c_ban": CounterAmount(packets: 1, bytes: 40)])
        store.append(first)
        store.append(
            record(1, ["c_ban": CounterAmount(packets: 2, bytes: 80), "rule_3": CounterAmount(packets: 7, bytes: 9)]))
        store.append(
            record(2, ["rule_3": CounterAmount(packets: .max, bytes: .max), "a\"b": CounterAmount(packets: 1)]))
        store.append(record(3, [:]))
        store.flush()
        let reader = try store.reader()
        let totals = try #require(try reader.totals(since: start, until: start + 60_000))
        #expect(totals.counters["c_ban"] == CounterAmount(packets: 2, bytes: 80))
        #expect(totals.counters["rule_3"] == CounterAmount(packets: 7 + 1 << 53, bytes: 9 + 1 << 53))
        #expect(totals.counters.count == 2)
        #expect(totals.span == 60_000 && totals.bans == 2 && totals.logged == 20 && totals.lost == 2)
        #expect(totals.processorTime == 10 && totals.residentKiB == 1_002 && totals.time == start + 60_000)
        #expect(try reader.totals(since: start + 90_000) == nil)
        #expect(try reader.totals(since: 0)?.span == 120_000)
        #expect(try reader.statistics(since: 0).map(\.bans) == [3, 2, 1, 0])
        #expect(try reader.statistics(since: 0).last == first)
    }

    // MARK: Bans

    private func ban(_ targets: String..., since: Int64 = StoreFolder.start, lasts: Int64 = 600_000) throws -> Ban {
        Ban(
            targets: try targets.map { try prefix($0) }, since: since, until: since + lasts, kind: .badCertificate,
            detail: "alert 42", offence: 1)
    }

    @Test("keeps bans over a restart, changed ones once, lifted and ended ones no more")
    func keepsBans() throws {
        let folder = try StoreFolder()
        let both = try ban("192.0.2.1", "2001:db8::/64")
        do {
            let store = try folder.open()
            store.save(both)
            store.save(try ban("192.0.2.2", lasts: 1_000))
            store.save(try ban("192.0.2.3"))
            store.save(try ban("192.0.2.33"))
            var longer = both
            longer.until += 5_000
            // When it began moves a little with the clock.
            longer.since += 3
            store.save(longer)
            store.lift([try prefix("192.0.2.3")], at: StoreFolder.start + 5)
            store.close()
        }
        let reader = try folder.open().reader()
        let live = try reader.banState(at: StoreFolder.start + 2_000).bans
        #expect(live.map { $0.targets.map(\.description) } == [["192.0.2.1", "2001:db8::/64"], ["192.0.2.33"]])
        #expect(live.first?.until == both.until + 5_000 && live.first?.kind == .badCertificate)
        #expect(live.first?.detail == "alert 42" && live.first?.offence == 1)
        #expect(try reader.banState(at: StoreFolder.start).bans.count == 3)
        #expect(try reader.banHistory(limit: 10).count == 4)
        #expect(
            try reader.banHistory(limit: 2).map { $0.targets.map(\.description) } == [["192.0.2.33"], ["192.0.2.3"]])
    }

    @Test("a ban that was lifted and comes again is a new one; lifting one target lifts the ban")
    func bansAgain() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        store.save(try ban("192.0.2.1", "2001:db8::/64"))
        store.lift([try prefix("2001:db8::/64")], at: StoreFolder.start + 1)
        store.flush()
        #expect(try store.reader().banState(at: StoreFolder.start + 2).bans.isEmpty)
        store.save(try ban("192.0.2.1", "2001:db8::/64", since: StoreFolder.start + 2))
        store.flush()
        #expect(try store.reader().banState(at: StoreFolder.start + 3).bans.count == 1)
        #expect(try store.reader().banHistory(limit: 9).count == 2)
    }

    @Test("keeps who was banned how often, the last that was said alone")
    func keepsOffenders() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        func offender(_ text: String, _ count: Int) throws -> BanState.Offender {
            BanState.Offender(target: try prefix(text), offences: count, since: 77)
        }
        store.save([try offender("192.0.2.1", 3), try offender("192.0.2.9", 1)])
        store.save([try offender("192.0.2.1", 4), try offender("2001:db8::/64", 2)])
        store.flush()
        let state = try store.reader().banState(at: 0)
        #expect(state.offenders == [try offender("192.0.2.1", 4), try offender("2001:db8::/64", 2)])
        #expect(state.time == nil && state.bans.isEmpty)
    }

    // MARK: Threats

    private func range(_ first: String, _ last: String? = nil) throws -> ClosedRange<IPAddress> {
        let low = try #require(IPAddress(first))
        return low...(try #require(IPAddress(last ?? first)))
    }

    @Test("tells which feeds list an address, and which have listed it")
    func tellsThreats() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        let first = [
            try range("10.0.0.0", "10.255.255.255"), try range("192.0.2.1"), try range("192.0.2.7"),
            try range("2001:db8::", "2001:db8::ffff"),
        ]
        store.replaceThreats(of: "one", at: 100, first)
        store.replaceThreats(of: "two", at: 100, [try range("192.0.2.0", "192.0.2.255")])
        store.flush()
        let reader = try store.reader()
        func threats(_ text: String) throws -> [StoredThreat] { try reader.threats(of: #require(IPAddress(text))) }
        #expect(try threats("192.0.2.1").map(\.feed) == ["one", "two"])
        #expect(try threats("192.0.2.2").map(\.feed) == ["two"])
        #expect(try threats("10.3.4.5") == [StoredThreat(feed: "one", addresses: first[0], firstSeen: 100)])
        #expect(try threats("2001:db8::77").count == 1 && threats("2001:db8:1::").isEmpty)
        #expect(try threats("11.0.0.0").isEmpty && threats("9.255.255.255").isEmpty && threats("192.0.3.0").isEmpty)
        #expect(try reader.feeds().map(\.entries) == [4, 1] && !store.status.isReplacingThreats)

        // One is missing, one is new, two stay.
        store.replaceThreats(of: "one", at: 200, [first[0], try range("192.0.2.2"), first[2]])
        store.flush()
        #expect(try threats("192.0.2.1").map(\.feed) == ["two", "one"])
        #expect(try threats("192.0.2.1").last?.goneSince == 200)
        #expect(try threats("192.0.2.2").map(\.firstSeen) == [100, 200])
        #expect(try threats("10.0.0.0").first?.firstSeen == 100)
        #expect(try reader.feeds().first == StoredFeed(name: "one", updated: 200, entries: 3))
        // It comes back.
        store.replaceThreats(of: "one", at: 300, first)
        store.flush()
        #expect(
            try threats("192.0.2.1").map(\.goneSince) == [nil, nil]
                && threats("192.0.2.1").map(\.firstSeen) == [100, 100])
        #expect(try threats("192.0.2.2").last?.goneSince == 300)

        store.removeFeed("one")
        store.flush()
        #expect(try threats("192.0.2.1").map(\.feed) == ["two"] && reader.feeds().map(\.name) == ["two"])
    }

    @Test(
        "brings lists of any size to what they are, whatever they were", arguments: [0, 1, 1_999, 2_000, 2_001, 7_000])
    func replacesAny(count: Int) throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        func list(_ numbers: some Sequence<Int>) -> FeedList { FeedList(hosts4: numbers.map { UInt32($0) }) }
        func live() throws -> [Int] { try folder.ask("SELECT lo FROM threat_intel WHERE gone IS NULL ORDER BY lo") }
        var generator = SystemRandomNumberGenerator()
        let first = (0..<count).map { $0 * 3 }
        let second = (0..<count).map { _ in Int.random(in: 0..<30_000, using: &generator) }
        for (time, wanted) in [first, second, [], second, first].enumerated() {
            store.replaceThreats(of: "feed", at: Int64(time), list: list(wanted))
            store.flush()
            #expect(try live() == Set(wanted).sorted())
            #expect(try store.reader().feeds().first?.entries == Set(wanted).count)
        }
        #expect(try folder.ask("SELECT count(*) FROM threat_intel") == [Set(first).union(second).count])
        #expect(try folder.ask("PRAGMA integrity_check") == ["ok"])
    }

    @Test("leaves out entries that are out of order or overlap")
    func leavesOut() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        let entries = [
            try range("10.0.0.5"), try range("10.0.0.4"), try range("10.0.0.6", "10.0.0.9"), try range("10.0.0.9"),
            try range("2001:db8::1"), try range("10.0.0.20"),
        ]
        store.replaceThreats(of: "feed", at: 1, entries)
        store.flush()
        #expect(
            try folder.ask("SELECT first FROM threats") == [
                "10.0.0.5", "10.0.0.6", "2001:0db8:0000:0000:0000:0000:0000:0001",
            ])
    }

    @Test("of one feed the last list alone is written; packets are written meanwhile")
    func interleaves() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        for round in 1...5 {
            store.replaceThreats(
                of: "feed", at: Int64(round), list: FeedList(hosts4: (0..<50_000).map { UInt32($0 * round) }))
            store.append([packet()])
        }
        store.flush()
        #expect(try folder.ask("SELECT max(lo) FROM threat_intel WHERE gone IS NULL") == [5 * 49_999])
        #expect(try folder.ask("SELECT count(*) FROM threat_intel WHERE gone IS NULL") == [50_000])
        #expect(store.status.written == 5)
    }

    @Test("writes down no more entries than there is room for, and says so")
    func boundsThreats() throws {
        let folder = try StoreFolder()
        let store = try folder.open(StoreLimits(maximumBytes: 1 << 20))
        let room = (1 << 20) / 160
        store.replaceThreats(of: "feed", at: 1, list: FeedList(hosts4: (0..<20_000).map { UInt32($0) }))
        store.flush()
        #expect(folder.notices == [.tooManyThreats(feed: "feed", left: 20_000 - room)])
        #expect(try folder.ask("SELECT count(*) FROM threat_intel") == [room])
        #expect(try store.reader().feeds().first?.entries == 20_000)
        // What is no longer listed makes room.
        store.replaceThreats(of: "feed", at: 2, list: FeedList(hosts4: (30_000..<30_010).map { UInt32($0) }))
        store.flush()
        #expect(try folder.ask("SELECT count(*) FROM threat_intel WHERE gone IS NULL") == [10])
        #expect(folder.size() < 1 << 20)
    }

    @Test("goes through a list in order, IPv4 before IPv6, hosts and ranges together")
    func goesThroughList() throws {
        let list = FeedList(
            hosts4: [9, 1, .max], ranges4: [4...6], hosts6: [1 << 100],
            ranges6: [1 << 90...1 << 91, 0xFFFF_0000_0001...0xFFFF_0000_0009])
        let entries = Array(FeedEntries(list))
        #expect(entries.map(\.lowerBound) == entries.map(\.lowerBound).sorted() && entries.count == 6)
        #expect(entries.map { $0.lowerBound == $0.upperBound } == [true, false, true, true, false, true])
    }
}
