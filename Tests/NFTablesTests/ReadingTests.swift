import Firewall
import Glibc
import NFTables
import Testing

@Suite("reading the kernel's tables", .enabled(if: TestNetwork.isUsable, TestNetwork.reason))
struct ReadingTests {
    static let four = NamedSet("four", key: .address(.ipv4))
    static let ranges4 = NamedSet("ranges4", key: .address(.ipv4), isInterval: true)
    static let ranges6 = NamedSet("ranges6", key: .address(.ipv6), isInterval: true, hasTimeouts: true)

    @Test("where there is no table finds nothing")
    func nothing() throws {
        let network = try TestNetwork()
        let tables = try network.tables()
        #expect(try tables.inventory() == nil)
        #expect(try tables.counters().isEmpty)
        #expect(try tables.element(set: Self.four, key: [1, 2, 3, 4]) == nil)
        #expect(try network.inside { try tables.elements(of: Self.four, limit: 10) } == nil)
        try tables.commit(.table())
        #expect(try tables.element(set: Self.four, key: [1, 2, 3, 4]) == nil)
        #expect(try tables.inventory()?.chains.isEmpty == true)
    }

    @Test("tells our counters and nobody else's")
    func counters() throws {
        let network = try TestNetwork()
        let tables = try network.tables()
        let names = (1...300).map { "rule_\($0)" }
        try tables.commit(KernelTransaction([.addTable(isProtected: false)] + names.map { .addCounter($0) }))
        _ = try network.nft("add table inet other; add counter inet other theirs { packets 3 bytes 4 }")
        _ = try network.nft("add counter inet conclave counted { packets 5000000000 bytes 6 }")
        _ = try network.nft("add quota inet conclave no_counter { 5 mbytes }")
        let counters = try tables.counters()
        #expect(counters.keys.sorted() == (names + ["counted"]).sorted())
        #expect(counters["counted"] == CounterValue(packets: 5_000_000_000, bytes: 6))
        #expect(counters["rule_7"] == CounterValue(packets: 0, bytes: 0))
    }

    @Test("finds the range in which an address is")
    func containing() throws {
        let network = try TestNetwork()
        let tables = try network.tables()
        func range(_ first: UInt32, _ last: UInt32) -> NamedSet.Element {
            NamedSet.Element(IPAddress(ipv4: first).bytes, through: IPAddress(ipv4: last).bytes)
        }
        let ranges: [ClosedRange<UInt32>] = [0...0, 10...20, 21...21, 30...40, 100...100, .max - 1 ... .max]
        var set = Self.ranges4
        set.elements = ranges.map { range($0.lowerBound, $0.upperBound) }
        try tables.commit(.table(.addSet(set)))
        for value in [0, 1, 9, 10, 11, 19, 20, 21, 22, 29, 30, 40, 41, 99, 100, 101, .max - 2, .max - 1, .max]
            as [UInt32]
        {
            let state = try tables.element(set: set, key: IPAddress(ipv4: value).bytes)
            let expected = ranges.first { $0.contains(value) }.map { range in
                ElementState(
                    first: IPAddress(ipv4: range.lowerBound).bytes, last: IPAddress(ipv4: range.upperBound).bytes)
            }
            #expect(state == expected, "\(value)")
        }
        #expect(try tables.element(set: set, key: [1, 2, 3]) == nil)
        let all = try #require(try network.inside { try tables.elements(of: set, limit: 100) })
        #expect(Set(all.map(\.first)) == Set(set.elements.map(\.first)))
        #expect(Set(all.map(\.last)) == Set(set.elements.map(\.last)))
        for limit in 0...7 {
            let some = try #require(try network.inside { try tables.elements(of: set, limit: limit) })
            #expect(some.count == min(limit, ranges.count))
            #expect(some.allSatisfy { all.contains($0) }, "\(limit)")
        }
    }

    @Test("finds the range of IPv6, with its time")
    func containing6() throws {
        let network = try TestNetwork()
        let tables = try network.tables()
        var set = Self.ranges6
        set.elements = [
            NamedSet.Element(try prefix("2001:db8::/32"), timeout: 3_600_000),
            NamedSet.Element(try prefix("ff00::/8"), timeout: 60_000),
        ]
        try tables.commit(.table(.addSet(set)))
        let state = try #require(try tables.element(set: set, key: address("2001:db8:5::1").bytes))
        #expect(state.first == set.elements[0].first && state.last == set.elements[0].last)
        #expect(state.timeout == 3_600_000 && (3_590_000...3_600_000).contains(state.remaining ?? 0))
        #expect(try tables.element(set: set, key: address("ffff::1").bytes)?.last == [UInt8](repeating: 255, count: 16))
        #expect(try tables.element(set: set, key: address("2001:db9::").bytes) == nil)
    }

    @Test("hands out no more elements than asked for, of a large set quickly")
    func bounded() throws {
        let network = try TestNetwork()
        let tables = try network.tables()
        let set = NamedSet("hosts", key: .address(.ipv4), size: 100_000)
        try tables.commit(.table(.addSet(set)))
        try FeedLoader(tables).load((0..<100_000).map { UInt32($0) }, into: set)
        for limit in [0, 1, 999] {
            #expect(try network.inside { try tables.elements(of: set, limit: limit) }?.count == limit)
        }
        #expect(try network.inside { try tables.elements(of: set, limit: 1_000_000) }?.count == 100_000)
        #expect(try tables.element(set: set, key: [0, 1, 0, 0])?.first == [0, 1, 0, 0])
        #expect(try tables.inventory()?.sets.keys.sorted() == ["hosts"])
    }

    @Test("sees every change of structure, and no change of elements or counters")
    func inventory() throws {
        let network = try TestNetwork()
        let tables = try network.tables()
        let dynamic = NamedSet(
            "rate4", key: .address(.ipv4), hasTimeouts: true, isDynamic: true, timeout: 9000, size: 9)
        try tables.commit(
            .table(
                .addCounter("c_deny"), .addSet(Self.four), .addSet(dynamic),
                .addChain(FirewallChain("input", base: .init(.input, priority: -10))), .addChain(FirewallChain("in_1")),
                .addRule(
                    chain: "input",
                    .init(
                        .loopback(.source), .count("c_deny"), .below(perSecond: 5, burst: 5),
                        .meter(.init(.source, .ipv4), set: "rate4", allowed: 1))),
                .addRule(chain: "in_1", .init(.port(.destination, 5...5), .verdict(.accept))),
                .addRule(chain: "in_1", .init(.verdict(.drop)))))
        func shape() throws -> KernelInventory {
            var inventory = try #require(try tables.inventory())
            inventory.generation = 0
            return inventory
        }
        let before = try shape()
        #expect(before.chains["input"]?.isBase == true && before.chains["in_1"]?.isBase == false)
        #expect(before.chains["input"]?.rules == 1 && before.chains["in_1"]?.rules == 2)
        #expect(before.sets.keys.sorted() == ["four", "rate4"] && before.counters == ["c_deny"])
        #expect(!before.isProtected)
        try tables.commit(KernelTransaction(.addElements(set: Self.four, [.init([1, 2, 3, 4])])))
        try network.startLoopback()
        try network.send(3, to: "127.0.0.1")
        #expect(try tables.counters()["c_deny"]?.packets ?? 0 > 0)
        #expect(try shape() == before)
        // Each of these is seen; what follows it puts back what was.
        for (change, back) in [
            ("add rule inet conclave in_1 accept", nil),
            ("add counter inet conclave c_x", "delete counter inet conclave c_x"),
            ("add set inet conclave x { type mark; }", "delete set inet conclave x"),
            ("add chain inet conclave x", "delete chain inet conclave x"),
        ] as [(String, String?)] {
            let present = try shape()
            #expect(try network.nft(change) == "")
            #expect(try shape() != present, "\(change)")
            if let back {
                #expect(try network.nft(back) == "")
                #expect(try shape() == present, "\(back)")
            }
        }
        // As many rules as before, but others; and the same again.
        let fill: [KernelOperation] = [
            .flushChain("in_1"), .addRule(chain: "in_1", .init(.port(.destination, 5...5), .verdict(.accept))),
        ]
        try tables.commit(KernelTransaction(fill + [.addRule(chain: "in_1", .init(.verdict(.accept)))]))
        #expect(try shape().chains["in_1"]?.rules == 2)
        #expect(try shape() != before)
        try tables.commit(KernelTransaction(fill + [.addRule(chain: "in_1", .init(.verdict(.drop)))]))
        #expect(try shape() == before)
    }

    @Test("numbers what anybody changes")
    func generations() throws {
        let network = try TestNetwork()
        let tables = try network.tables()
        let first = try tables.generationID()
        _ = try network.nft("add table inet other")
        let second = try tables.generationID()
        #expect(second > first)
        #expect(try tables.generationID() == second)
    }
}
