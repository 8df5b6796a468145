import Firewall
import Glibc
import NFTables
import Testing

@Suite("loading feeds", .enabled(if: TestNetwork.isUsable, TestNetwork.reason))
struct FeedLoaderTests {
    static let hosts4 = NamedSet("f1_in_4h", key: .address(.ipv4), size: 20_000)
    static let hosts6 = NamedSet("f1_in_6h", key: .address(.ipv6), size: 20_000)
    static let ranges4 = NamedSet("f1_in_4n", key: .address(.ipv4), isInterval: true)
    static let ranges6 = NamedSet("f1_in_6n", key: .address(.ipv6), isInterval: true)

    private func bytes(_ value: UInt32) -> [UInt8] { IPAddress(ipv4: value).bytes }
    private func bytes(_ value: UInt128) -> [UInt8] {
        (0..<16).map { UInt8(truncatingIfNeeded: value >> (120 - 8 * UInt128($0))) }
    }

    private func all(_ network: TestNetwork, _ set: NamedSet) throws -> [ElementState] {
        let tables = try network.tables()
        return try #require(try network.inside { try tables.elements(of: set, limit: 100_000) })
    }

    @Test("puts every host in, from the lowest address to the highest", arguments: [1, 7, 250, 2500])
    func hosts(chunk: Int) throws {
        let network = try TestNetwork()
        let tables = try network.tables()
        try tables.commit(.table(.addSet(Self.hosts4), .addSet(Self.hosts6)))
        let four = [0] + (1...2998).map { UInt32($0) * 1_400_001 } + [.max]
        let six = [0] + (1...2998).map { UInt128($0) << 64 | UInt128($0) } + [.max]
        let loader = FeedLoader(tables, chunk: chunk)
        #expect(try loader.load(four, into: Self.hosts4) == 3000)
        #expect(try loader.load(six, into: Self.hosts6) == 3000)
        #expect(Set(try all(network, Self.hosts4).map(\.first)) == Set(four.map { bytes($0) }))
        #expect(Set(try all(network, Self.hosts6).map(\.first)) == Set(six.map { bytes($0) }))
    }

    @Test("puts every range in, side by side and to the highest address", arguments: [1, 7, 250, 2500])
    func ranges(chunk: Int) throws {
        let network = try TestNetwork()
        let tables = try network.tables()
        try tables.commit(.table(.addSet(Self.ranges4), .addSet(Self.ranges6)))
        // Every second one begins where the one before ends.
        var four = (0..<2999).map { (index: Int) -> ClosedRange<UInt32> in
            let first = UInt32(index / 2 * 1000 + index % 2 * 10)
            return first...first + 9
        }
        four.append(.max - 3 ... .max)
        let six = four.map { range -> ClosedRange<UInt128> in
            let last = range.upperBound == .max ? UInt128.max : UInt128(range.upperBound) << 96
            return UInt128(range.lowerBound) << 96...last
        }
        let loader = FeedLoader(tables, chunk: chunk)
        #expect(try loader.load(four, into: Self.ranges4) == 3000)
        #expect(try loader.load(six, into: Self.ranges6) == 3000)
        #expect(
            try all(network, Self.ranges4).reversed()
                == four.map { ElementState(first: bytes($0.lowerBound), last: bytes($0.upperBound)) })
        #expect(
            try all(network, Self.ranges6).reversed()
                == six.map { ElementState(first: bytes($0.lowerBound), last: bytes($0.upperBound)) })
        #expect(try tables.element(set: Self.ranges4, key: bytes(UInt32(1015)))?.first == bytes(UInt32(1010)))
        #expect(try tables.element(set: Self.ranges4, key: bytes(UInt32(1020))) == nil)
        #expect(try tables.element(set: Self.ranges6, key: bytes(UInt128.max))?.last == bytes(UInt128.max))
    }

    @Test("ends when it is told to")
    func ends() throws {
        let network = try TestNetwork()
        let tables = try network.tables()
        try tables.commit(.table(.addSet(Self.hosts4)))
        let hosts = (0..<1000).map { UInt32($0) }
        #expect(try FeedLoader(tables, chunk: 100).load(hosts, into: Self.hosts4) { $0 < 300 } == 300)
        #expect(try all(network, Self.hosts4).count == 300)
        #expect(try FeedLoader(tables).load([UInt32](), into: Self.hosts4) == 0)
    }

    @Test("refuses sets that are made for others, that are not there, full, or have overlaps")
    func refuses() throws {
        let network = try TestNetwork()
        let tables = try network.tables()
        let small = NamedSet("f1_in_4h", key: .address(.ipv6), size: 10)
        try tables.commit(.table(.addSet(small), .addSet(Self.ranges4)))
        let loader = FeedLoader(tables, chunk: 5)
        for set in [Self.hosts6, Self.ranges4, NamedSet("m", key: .port, isMap: true)] {
            #expect {
                try loader.load([UInt32(1)], into: set)
            } throws: {
                if case NFTablesError.notExpressible = $0 { true } else { false }
            }
        }
        let absent = try #require(throws: NFTablesError.self) { try loader.load([UInt128(1)], into: Self.hosts6) }
        #expect(absent.code == ENOENT)
        #expect("\(absent)".contains("load addresses into the set f1_in_6h: what it names is not there"))
        let full = try #require(throws: NFTablesError.self) {
            try loader.load((0..<100).map { UInt128($0) }, into: small)
        }
        #expect(full.code == ENFILE)
        let overlap = try #require(throws: NFTablesError.self) {
            try loader.load([UInt32(5)...9, 8...10], into: Self.ranges4)
        }
        #expect(overlap.code == EEXIST)
    }

    @Test("lets bans through meanwhile, and loses nothing of both")
    func together() async throws {
        let network = try TestNetwork()
        let tables = try network.tables()
        let ban4 = NamedSet("ban4", key: .address(.ipv4), hasTimeouts: true, size: 1 << 16)
        try tables.commit(.table(.addSet(Self.hosts4), .addSet(ban4)))
        async let loaded = Task.detached {
            try FeedLoader(tables, chunk: 20).load((0..<20_000).map { UInt32($0) }, into: Self.hosts4)
        }.value
        var bans = 0
        var during = 0
        while bans < 2000 {
            try tables.commit(
                KernelTransaction(.addElements(set: ban4, [.init(IPAddress(ipv4: UInt32(bans)), timeout: 60_000)])))
            bans += 1
            if bans % 100 == 0, try tables.element(set: Self.hosts4, key: bytes(UInt32(19_999))) == nil { during += 1 }
        }
        #expect(try await loaded == 20_000)
        #expect(during > 0)
        #expect(try all(network, Self.hosts4).count == 20_000)
        #expect(try all(network, ban4).count == 2000)
    }

    @Test("goes unseen until a rule asks the set, and then comes as a whole")
    func swap() throws {
        let network = try TestNetwork()
        try network.startLoopback()
        let tables = try network.tables()
        let next = NamedSet("f2_in_4h", key: .address(.ipv4), size: 10)
        let field = Statement.AddressField(.source, .ipv4)
        try tables.commit(
            .table(
                .addCounter("c_hit"), .addSet(Self.hosts4),
                .addChain(FirewallChain("out", base: .init(.output, priority: 0))),
                .addChain(FirewallChain("feed_out")),
                .addRule(chain: "out", .init(.port(.destination, 9...9), .verdict(.jump("feed_out")))),
                .addRule(chain: "feed_out", .init(.addressSet(field, "f1_in_4h"), .count("c_hit")))))
        let host = try address("127.0.0.5")
        try tables.commit(KernelTransaction(.addSet(next)))
        try FeedLoader(tables).load([UInt32(truncatingIfNeeded: host.value)], into: next)
        try network.send(1, to: "127.0.0.1", from: "127.0.0.5")
        #expect(try tables.counters()["c_hit"]?.packets == 0)
        try tables.commit(
            KernelTransaction(
                .flushChain("feed_out"),
                .addRule(chain: "feed_out", .init(.addressSet(field, "f2_in_4h"), .count("c_hit"))),
                .deleteSet("f1_in_4h")))
        try network.send(1, to: "127.0.0.1", from: "127.0.0.5")
        #expect(try tables.counters()["c_hit"]?.packets == 1)
        #expect(try tables.inventory()?.sets.keys.sorted() == ["f2_in_4h"])
    }
}
