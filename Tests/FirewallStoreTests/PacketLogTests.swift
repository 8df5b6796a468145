import Firewall
import FirewallStore
import Testing

@Suite("FirewallStore: packets")
struct PacketLogTests {
    @Test("gives back what it was given, whatever is missing in it")
    func roundTrips() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        var extremes = packet("cfw:rule 7", source: "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", port: .max)
        extremes.transport = 255
        extremes.flags = 255
        extremes.inputInterface = .max
        extremes.outputInterface = .max
        let high = packet("cfw:deny", source: "255.255.255.255", port: 0)
        let empty = LoggedPacket(prefix: "cfw:other", time: StoreFolder.start - 1)
        store.append([packet(), extremes, high, empty])
        store.append([packet("cfw:pass", source: "2001:db8::1")], sampledOneIn: 100)
        store.flush()
        let reader = try store.reader()
        let blocked = try reader.packets(LogQuery(.blocked))
        #expect(blocked.map(\.packet) == [packet(), extremes, high, empty] && blocked.map(\.number) == [1, 2, 3, 4])
        let allowed = try reader.packets(LogQuery(.allowed))
        #expect(allowed.map(\.packet) == [packet("cfw:pass", source: "2001:db8::1")] && allowed.map(\.weight) == [100])
        #expect(try reader.count(.blocked) == 4 && reader.newest(.allowed) == 1)
        #expect(store.status.written == 5 && store.status.dropped == 0 && store.status.waiting == 0)
        #expect(store.status.transactions == 1)
    }

    @Test("finds by time, source, port, reason and number, and nothing else")
    func finds() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        let start = StoreFolder.start
        store.append([
            packet("cfw:ban", source: "192.0.2.1", port: 22, time: start),
            packet("cfw:rule 3", source: "192.0.2.77", port: 23, time: start + 1_000),
            packet("cfw:rule 30", source: "192.0.3.1", port: 23, time: start + 2_000),
            packet("cfw:ban", source: "2001:db8::1", port: 443, time: start + 3_000),
            packet("cfw:ban", source: "2001:db9::1", port: nil, time: start + 4_000),
        ])
        store.flush()
        let reader = try store.reader()
        func numbers(_ query: LogQuery) throws -> [Int64] { try reader.packets(query).map(\.number) }
        #expect(try numbers(LogQuery(.blocked)) == [1, 2, 3, 4, 5])
        #expect(try numbers(LogQuery(.blocked, limit: 2)) == [4, 5])
        #expect(try numbers(LogQuery(.blocked, limit: -1)) == [5])
        #expect(try numbers(LogQuery(.blocked, since: start + 3_000)) == [4, 5])
        #expect(try numbers(LogQuery(.blocked, source: prefix("192.0.2.1"))) == [1])
        #expect(try numbers(LogQuery(.blocked, source: prefix("192.0.2.0/24"))) == [1, 2])
        #expect(try numbers(LogQuery(.blocked, source: prefix("0.0.0.0/0"))) == [1, 2, 3])
        #expect(try numbers(LogQuery(.blocked, source: prefix("2001:db8::/32"))) == [4])
        #expect(try numbers(LogQuery(.blocked, source: prefix("::/0"))) == [4, 5])
        #expect(try numbers(LogQuery(.blocked, port: 23)) == [2, 3])
        #expect(try numbers(LogQuery(.blocked, reason: "rule 3")) == [2])
        #expect(try numbers(LogQuery(.blocked, reason: "rule")) == [2, 3])
        #expect(try numbers(LogQuery(.blocked, reason: "' OR 1 --")) == [])
        #expect(try numbers(LogQuery(.blocked, source: prefix("192.0.2.0/24"), port: 23, reason: "rule 3")) == [2])
        #expect(try numbers(LogQuery(.blocked, limit: 2, after: 1)) == [2, 3])
        #expect(try numbers(LogQuery(.blocked, after: 5)) == [])
        #expect(try numbers(LogQuery(.allowed)) == [])
    }

    @Test("keeps the order in which packets came when the clock goes back")
    func keepsOrder() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        let times = [0, -StoreFolder.day, 1].map { StoreFolder.start + $0 }
        store.append(times.map { packet(time: $0) })
        store.flush()
        let reader = try store.reader()
        #expect(try reader.packets(LogQuery(.blocked)).map(\.packet.time) == times)
        #expect(try reader.packets(LogQuery(.blocked, limit: 1, after: 1)).map(\.packet.time) == [times[1]])
    }

    @Test("writes few packets within about a second, without being asked")
    func writesSoon() async throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        store.append([packet()])
        for _ in 0..<300 where store.status.written == 0 { try await Task.sleep(for: .milliseconds(10)) }
        #expect(store.status.written == 1)
        #expect(try store.reader().packets(LogQuery(.blocked)).count == 1)
    }

    @Test("drops and counts what is more than it may take, in few transactions")
    func dropsFlood() throws {
        let folder = try StoreFolder()
        var limits = StoreLimits()
        limits.packetsPerSecond = 700
        limits.waitingPackets = 600
        let store = try folder.open(limits)
        let begin = ContinuousClock.now
        let batch = (0..<1_000).map { packet(source: "10.0.\($0 / 250).\($0 % 250)") }
        var given = 0
        while ContinuousClock.now < begin + .seconds(2) {
            store.append(batch)
            given += batch.count
        }
        store.flush()
        let status = store.status
        #expect(Int(status.written + status.dropped) == given)
        #expect(status.written >= 600 && status.written <= 700 * 4 && status.dropped > 100_000)
        #expect(status.transactions <= 16)
        #expect(try folder.ask("SELECT count(*) FROM blocked_packets") == [Int(status.written)])
    }

    @Test("is closed once, writes what waits, and takes nothing after")
    func closes() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        store.append([packet()])
        store.close()
        store.close()
        store.append([packet()])
        store.flush()
        store.trim()
        #expect(store.status.written == 1 && store.status.dropped == 1)
        #expect(try folder.ask("SELECT count(*) FROM blocked_packets") == [1])
        #expect(folder.size("-wal") == 0)
        let again = try folder.open()
        again.append([packet()])
        again.flush()
        #expect(try again.reader().packets(LogQuery(.blocked)).map(\.number) == [1, 2])
    }

    @Test("shows people readable addresses and times in its views")
    func showsViews() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        store.append(
            [packet(source: "203.0.113.250"), packet(source: "2001:db8::17"), packet("cfw:pass")], sampledOneIn: 9)
        store.flush()
        #expect(
            try folder.ask("SELECT source FROM blocked ORDER BY id") == [
                "203.0.113.250", "2001:0db8:0000:0000:0000:0000:0000:0017",
            ])
        #expect(try folder.ask("SELECT at FROM allowed") == ["2027-01-15 08:00:00.000"])
        #expect(try folder.ask("SELECT weight FROM allowed") == [9])
    }

    @Test("uses an index for each question")
    func usesIndexes() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        store.flush()
        func plan(_ condition: String, _ order: String = "DESC") throws -> String {
            let rows: [String] = try folder.plan(
                "SELECT * FROM blocked_packets WHERE \(condition) ORDER BY id \(order) LIMIT 50")
            return rows.joined(separator: "; ")
        }
        #expect(try plan("source = 5").contains("blocked_by_source"))
        #expect(try plan("source BETWEEN 5 AND 9").contains("blocked_by_source"))
        #expect(try plan("port = 5").contains("blocked_by_port"))
        #expect(try plan("reason = 'ban'").contains("blocked_by_reason"))
        #expect(try plan("id > 7", "ASC").contains("PRIMARY KEY"))
    }
}
