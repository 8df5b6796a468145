import Firewall
import FirewallStore
import Testing

@Suite("FirewallStore: retention")
struct RetentionTests {
    private let start = StoreFolder.start
    private let day = StoreFolder.day

    private func fill(_ store: FirewallStore, _ count: Int, time: Int64, prefix: String = "cfw:ban") {
        for first in stride(from: 0, to: count, by: 500) {
            store.append(
                (first..<min(first + 500, count)).map {
                    packet(prefix, source: "10.\($0 >> 16).\($0 >> 8 & 255).\($0 & 255)", time: time)
                })
            store.flush()
        }
    }

    private var fast: StoreLimits {
        var limits = StoreLimits(retainDays: 30, maximumBytes: 2 << 20)
        limits.packetsPerSecond = 1_000_000
        return limits
    }

    @Test("deletes by age what is older than it may be, and nothing younger")
    func deletesOld() throws {
        let folder = try StoreFolder()
        let store = try folder.open(fast)
        store.append([packet(time: start - 29 * day), packet("cfw:pass", time: start - 29 * day), packet(time: start)])
        store.append(StatisticsRecord(time: start - 29 * day, span: 1))
        let target = try prefix("192.0.2.1")
        store.save(
            Ban(
                targets: [target], since: start - 40 * day, until: start - 29 * day, kind: .manual, detail: "",
                offence: 1))
        store.trim()
        #expect(try folder.ask("SELECT count(*) FROM blocked_packets") == [2])
        // A day passes twice: a clock that jumps is not believed, so it goes by in steps below an hour.
        for step in 1...96 {
            folder.setClock(start + Int64(step) * day / 48)
            store.trim()
        }
        #expect(try folder.ask("SELECT time FROM blocked_packets") == [start])
        #expect(try folder.ask("SELECT count(*) FROM allowed_packets") == [0])
        #expect(try folder.ask("SELECT count(*) FROM stats") == [0])
        #expect(try folder.ask("SELECT count(*) FROM bans") == [0])
    }

    @Test("a clock that jumps ahead deletes nothing, and one that jumps back breaks nothing")
    func survivesJumps() throws {
        let folder = try StoreFolder()
        let store = try folder.open(fast)
        fill(store, 100, time: start)
        folder.setClock(start + 10_000 * day)
        store.trim()
        #expect(try folder.ask("SELECT count(*) FROM blocked_packets") == [100])
        folder.setClock(5)
        fill(store, 100, time: 5)
        store.trim()
        folder.setClock(start)
        store.trim()
        #expect(try folder.ask("SELECT count(*) FROM blocked_packets") == [200])
        #expect(try store.reader().packets(LogQuery(.blocked, limit: 1)).first?.packet.time == 5)
        // After a restart with a clock far ahead, too.
        store.close()
        folder.setClock(start + 10_000 * day)
        let again = try folder.open(fast)
        again.trim()
        #expect(try folder.ask("SELECT count(*) FROM blocked_packets") == [200])
    }

    @Test("the file stays within its bound, loses the oldest first, and really shrinks")
    func boundsSize() throws {
        let folder = try StoreFolder()
        var limits = fast
        limits.maximumBytes = 8 << 20
        let store = try folder.open(limits)
        fill(store, 40_000, time: start)
        let large = store.status.bytes
        let newest = try store.reader().newest(.blocked)
        #expect(large > 3 << 20 && newest == 40_000)
        store.setLimits(fast)
        store.trim()
        store.close()
        #expect(folder.size() <= 2 << 20 && folder.size() > 1 << 20)
        let left: [Int64] = try folder.ask("SELECT id FROM blocked_packets ORDER BY id")
        #expect(
            left.last == 40_000 && left.count > 5_000 && large < 40_000 * 160
                && left == Array(40_000 - Int64(left.count) + 1...40_000))
        #expect(try folder.ask("PRAGMA integrity_check") == ["ok"])
    }

    @Test("a flood that goes on does not make the file larger, nor drive out the sample and the statistics")
    func boundsFlood() throws {
        let folder = try StoreFolder()
        let store = try folder.open(fast)
        fill(store, 1_000, time: start, prefix: "cfw:pass")
        for index in 0..<300 { store.append(StatisticsRecord(time: start + Int64(index), span: 1)) }
        for _ in 0..<8 {
            fill(store, 10_000, time: start)
            store.trim()
            #expect(folder.size() <= 2 << 20)
        }
        #expect(try folder.ask("SELECT count(*) FROM allowed_packets") == [1_000])
        #expect(try folder.ask("SELECT count(*) FROM stats") == [300])
        #expect(try store.reader().newest(.blocked) == 80_000)
        #expect(folder.size("-wal") <= 8 << 20)
    }

    @Test("keeps at it by itself")
    func trimsAlone() async throws {
        let folder = try StoreFolder()
        let store = try folder.open(fast)
        fill(store, 30_000, time: start)
        for _ in 0..<500 where store.status.bytes > 2 << 20 { try await Task.sleep(for: .milliseconds(10)) }
        #expect(store.status.bytes <= 2 << 20)
    }
}
