import Firewall
import Glibc
import NFTables
import Testing

/// What statements do to packets that really run, through the loopback of a namespace.
@Suite("statements and packets", .enabled(if: TestNetwork.isUsable, TestNetwork.reason))
struct TrafficTests {
    /// A namespace in which the statements stand in front of a counter, on the way out.
    private func scene(
        _ statements: [Statement], sets: [NamedSet] = []
    ) throws -> (TestNetwork, NFTables, counted: () throws -> UInt64) {
        let network = try TestNetwork()
        try network.startLoopback()
        _ = try network.shell(
            "ip addr add 2001:db8:0:1::1/128 dev lo nodad; ip addr add 2001:db8:0:1::2/128 dev lo nodad")
        _ = try network.shell("ip addr add 2001:db8:0:2::1/128 dev lo nodad")
        let tables = try network.tables()
        // Only datagrams to port 9 and above 9 are looked at: the namespace itself talks, too.
        let ours: [Statement] = [.transport(17), .port(.destination, 9...19)]
        try tables.commit(
            KernelTransaction(
                [.addTable(isProtected: false), .addCounter("c_hit")] + sets.map { .addSet($0) } + [
                    .addChain(FirewallChain("out", base: .init(.output, priority: 0))),
                    .addRule(chain: "out", .init(ours + statements + [.count("c_hit")])),
                ]))
        return (network, tables, { try tables.counters()["c_hit"]?.packets ?? 0 })
    }

    @Test("count exactly what is beyond the allowed, by source")
    func meter() throws {
        let set = NamedSet(
            "rate4", key: .address(.ipv4), hasTimeouts: true, isDynamic: true, timeout: 60_000, size: 100)
        let (network, _, counted) = try scene([.meter(.init(.source, .ipv4), set: "rate4", allowed: 100)], sets: [set])
        try network.send(100, to: "127.0.0.1", from: "127.0.0.1")
        #expect(try counted() == 0)
        try network.send(50, to: "127.0.0.1", from: "127.0.0.1")
        #expect(try counted() == 50)
        try network.send(101, to: "127.0.0.1", from: "127.0.0.2")
        #expect(try counted() == 51)
    }

    @Test("count a window anew after its time")
    func window() async throws {
        let set = NamedSet("rate4", key: .address(.ipv4), hasTimeouts: true, isDynamic: true, timeout: 2000, size: 100)
        let (network, _, counted) = try scene([.meter(.init(.source, .ipv4), set: "rate4", allowed: 3)], sets: [set])
        try network.send(5, to: "127.0.0.1", from: "127.0.0.1")
        #expect(try counted() == 2)
        try await Task.sleep(for: .milliseconds(2400))
        try network.send(4, to: "127.0.0.1", from: "127.0.0.1")
        #expect(try counted() == 3)
    }

    @Test("meter IPv6 by the first 64 bits")
    func meter6() throws {
        let set = NamedSet(
            "rate6", key: .address(.ipv6), hasTimeouts: true, isDynamic: true, timeout: 60_000, size: 100)
        let field = Statement.AddressField(.source, .ipv6, prefix: 64)
        let (network, tables, counted) = try scene([.meter(field, set: "rate6", allowed: 10)], sets: [set])
        try network.send(10, to: "2001:db8:0:1::1", from: "2001:db8:0:1::1")
        #expect(try counted() == 0)
        try network.send(5, to: "2001:db8:0:1::1", from: "2001:db8:0:1::2")
        #expect(try counted() == 5)
        try network.send(10, to: "2001:db8:0:1::1", from: "2001:db8:0:2::1")
        #expect(try counted() == 5)
        let network64 = try prefix("2001:db8:0:1::/64").first.bytes
        #expect(try tables.element(set: set, key: network64)?.timeout == 60_000)
    }

    @Test("let no more sources in than the set takes")
    func fullMeter() throws {
        let set = NamedSet("rate4", key: .address(.ipv4), hasTimeouts: true, isDynamic: true, timeout: 60_000, size: 2)
        let (network, _, counted) = try scene([.meter(.init(.source, .ipv4), set: "rate4", allowed: 1)], sets: [set])
        for host in 1...4 { try network.send(5, to: "127.0.0.1", from: "127.0.0.\(host)") }
        #expect(try counted() == 8)
    }

    @Test("fit the loopback, the family, sets and ranges, and nothing else")
    func fits() throws {
        let one = NamedSet("one", key: .address(.ipv4), elements: [.init([127, 0, 0, 5])])
        let source4 = Statement.AddressField(.source, .ipv4)
        let examples: [([Statement], Bool)] = [
            ([.loopback(.destination)], true), ([.interface(.destination, "lo")], true),
            ([.interface(.destination, "l*")], true), ([.interface(.destination, "*")], true),
            ([.interface(.destination, "eth0")], false), ([.interface(.destination, "lo1")], false),
            ([.family(.ipv4)], true), ([.family(.ipv6)], false), ([.transport(17)], true), ([.transport(6)], false),
            ([.address(source4, in: try prefix("127.0.0.5"))], true),
            ([.address(source4, in: try prefix("127.0.0.4/31"))], true),
            ([.address(source4, in: try prefix("127.0.0.6/31"))], false),
            ([.address(source4, in: try prefix("0.0.0.0/0"))], true),
            ([.address(.init(.source, .ipv6), in: try prefix("::/0"))], false),
            ([.addressRange(source4, try address("127.0.0.5")...address("127.0.0.9"))], true),
            ([.addressRange(source4, try address("127.0.0.6")...address("127.0.0.9"))], false),
            ([.addressSet(source4, "one")], true), ([.addressSet(.init(.destination, .ipv4), "one")], false),
            ([.port(.destination, 9...9)], true), ([.port(.destination, 10...65_535)], false),
            ([.sample(oneIn: 1)], true), ([.below(perSecond: 100, burst: 5)], true),
            ([.above(perSecond: 100, burst: 5)], false), ([.transport(1), .icmpTypes([8])], false),
            ([.connection([.new])], true), ([.connection([.established, .related, .invalid])], false),
        ]
        for (statements, isFit) in examples {
            let (network, _, counted) = try scene(statements, sets: [one])
            try network.send(1, to: "127.0.0.1", from: "127.0.0.5")
            #expect(try counted() == (isFit ? 1 : 0), "\(statements)")
        }
    }

    @Test("look ports of TCP and UDP up, and go on to the next rule where the map says nothing")
    func portMap() throws {
        let map = NamedSet(
            "ports", key: .port, isInterval: true, isMap: true,
            elements: [
                .init([0, 10], through: [0, 12], verdict: .drop), .init([0, 14], verdict: .jump("other")),
                .init([0, 15], verdict: .accept),
            ])
        let (network, tables, counted) = try scene([])
        try tables.commit(
            KernelTransaction(
                .flushChain("out"), .addCounter("c_other"), .addChain(FirewallChain("other")), .addSet(map),
                .addRule(chain: "other", .init(.count("c_other"))), .addRule(chain: "out", .init(.portMap("ports"))),
                .addRule(chain: "out", .init(.port(.destination, 9...19), .count("c_hit")))))
        for port in 9...15 as ClosedRange<UInt16> { try network.send(1, to: "127.0.0.1", port: port) }
        #expect(try counted() == 3)
        #expect(try tables.counters()["c_other"]?.packets == 1)
    }

    @Test("fit as long as the trial goes on")
    func trial() async throws {
        let set = NamedSet(
            Ruleset.trialSet, key: .family, hasTimeouts: true, elements: [.init([2], timeout: 1500)])
        let (network, _, counted) = try scene([.trial], sets: [set])
        try network.send(1, to: "127.0.0.1")
        #expect(try counted() == 1)
        try await Task.sleep(for: .milliseconds(1900))
        try network.send(1, to: "127.0.0.1")
        #expect(try counted() == 1)
    }

    @Test("take samples at random")
    func sample() throws {
        let (network, _, counted) = try scene([.sample(oneIn: 10)])
        try network.send(10_000, to: "127.0.0.1")
        #expect((700...1300).contains(try counted()))
    }

    @Test("limit how often, below and above")
    func limits() throws {
        let (network, _, below) = try scene([.below(perSecond: 1, burst: 20)])
        try network.send(100, to: "127.0.0.1")
        #expect((20...25).contains(try below()))
        let (other, _, above) = try scene([.above(perSecond: 1, burst: 20)])
        try other.send(100, to: "127.0.0.1")
        #expect((75...80).contains(try above()))
    }
}
