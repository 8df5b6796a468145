import Firewall
import NFTables
import Testing

/// What we write is what nft reads.
@Suite("statements as the kernel keeps them", .enabled(if: TestNetwork.isUsable, TestNetwork.reason))
struct StatementTests {
    struct Example: CustomTestStringConvertible, Sendable {
        var statements: [Statement]
        var text: String
        var testDescription: String { text }

        init(_ text: String, _ statements: Statement...) {
            self.text = text
            self.statements = statements
        }
    }

    static let source4 = Statement.AddressField(.source, .ipv4)
    static let target4 = Statement.AddressField(.destination, .ipv4)
    static let source6 = Statement.AddressField(.source, .ipv6)
    static let target6 = Statement.AddressField(.destination, .ipv6)
    static let network6 = Statement.AddressField(.source, .ipv6, prefix: 64)

    static func four(_ text: String, _ length: Int = 32) -> IPPrefix {
        IPPrefix(IPAddress(text) ?? IPAddress(ipv4: 0), length: length)
    }
    static func six(_ text: String, _ length: Int = 128) -> IPPrefix {
        IPPrefix(IPAddress(text) ?? IPAddress(ipv6: 0), length: length)
    }

    static let examples: [Example] = [
        Example("iif \"lo\"", .loopback(.source)),
        Example("oif \"lo\"", .loopback(.destination)),
        Example("iifname \"eth0\"", .interface(.source, "eth0")),
        Example("oifname \"veth*\"", .interface(.destination, "veth*")),
        Example("iifname \"fifteen-letters\"", .interface(.source, "fifteen-letters")),
        Example("meta nfproto ipv4", .family(.ipv4)),
        Example("meta nfproto ipv6", .family(.ipv6)),
        Example("meta l4proto tcp", .transport(6)),
        Example("meta l4proto ipv6-icmp", .transport(58)),
        Example("ip saddr 192.0.2.1", .address(source4, in: four("192.0.2.1"))),
        Example("ip daddr 192.0.2.0/24", .address(target4, in: four("192.0.2.0", 24))),
        Example("ip saddr 192.0.2.96/27", .address(source4, in: four("192.0.2.96", 27))),
        Example("ip saddr 128.0.0.0/1", .address(source4, in: four("128.0.0.0", 1))),
        Example("meta nfproto ipv4", .address(source4, in: four("0.0.0.0", 0))),
        Example("ip6 saddr 2001:db8::1", .address(source6, in: six("2001:db8::1"))),
        Example("ip6 daddr 2001:db8::/33", .address(target6, in: six("2001:db8::", 33))),
        Example("ip6 saddr 2001:db8::/64", .address(network6, in: six("2001:db8::", 64))),
        Example(
            "ip saddr 192.0.2.3-192.0.2.9", .addressRange(source4, four("192.0.2.3").first...four("192.0.2.9").first)),
        Example(
            "ip6 daddr 2001:db8::-2001:db8::ff",
            .addressRange(target6, six("2001:db8::").first...six("2001:db8::ff").first)),
        Example("ip saddr @four", .addressSet(source4, "four")),
        Example("ip6 daddr @six", .addressSet(target6, "six")),
        Example("ip6 saddr & ffff:ffff:ffff:ffff:: == @six", .addressSet(network6, "six")),
        Example("tcp dport 22", .transport(6), .port(.destination, 22...22)),
        Example("udp sport 67-68", .transport(17), .port(.source, 67...68)),
        Example("meta l4proto { tcp, udp } th dport 53", .port(.destination, 53...53)),
        Example(
            "meta l4proto { tcp, udp } th sport 1 th dport 53", .port(.source, 1...1), .port(.destination, 53...53)),
        Example("tcp dport 0-65535", .transport(6), .port(.destination, 0...65_535)),
        Example("icmp type echo-request", .transport(1), .icmpTypes([8])),
        Example(
            "icmpv6 type { nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert }",
            .transport(58), .icmpTypes([136, 134, 135])),
        Example("ct state established,related", .connection([.established, .related])),
        Example("ct state new", .connection([.new])),
        Example("ct state new ct status ! confirmed", .first),
        Example("ct state invalid", .connection([.invalid])),
        Example("ct state untracked", .connection([.untracked])),
        Example("meta nfproto @trial", .trial),
        Example("meta nfproto @older tcp flags != syn / fin,syn,rst,ack", .older),
        Example("limit rate 100/second burst 200 packets", .below(perSecond: 100, burst: 200)),
        Example("limit rate over 5000/second burst 50 packets", .above(perSecond: 5000, burst: 50)),
        Example(
            "add @rate4 { ip saddr limit rate over 1/day burst 100 packets }",
            .meter(source4, set: "rate4", allowed: 100)),
        Example(
            "add @rate6 { ip6 saddr & ffff:ffff:ffff:ffff:: limit rate over 1/day burst 7 packets }",
            .meter(network6, set: "rate6", allowed: 7)),
        Example(
            "add @rate4 { ip saddr limit rate over 1/hour burst 5000000 packets }",
            .meter(source4, set: "rate4", allowed: 5_000_000)),
        Example("numgen random mod 100 0", .sample(oneIn: 100)),
        Example("counter name \"c_deny\"", .count("c_deny")),
        Example(
            "log prefix \"cfw:rule 3\" group 77 snaplen 128 queue-threshold 16",
            .log(prefix: "cfw:rule 3", group: 77, bytes: 128, together: 16)),
        Example("meta l4proto { tcp, udp } th dport vmap @ports", .portMap("ports")),
        Example("tcp dport vmap @ports", .transport(6), .portMap("ports")),
        Example("accept", .verdict(.accept)),
        Example("drop", .verdict(.drop)),
        Example("return", .verdict(.return)),
        Example("jump other", .verdict(.jump("other"))),
        Example("goto other", .verdict(.goto("other"))),
        Example("reject with icmpx admin-prohibited", .reject),
        Example(
            "ip saddr @four counter name \"c_deny\" drop", .family(.ipv4), .addressSet(source4, "four"),
            .count("c_deny"), .verdict(.drop)),
        Example(
            "ct state new ip saddr 10.0.0.0/8 tcp dport 22-23 accept", .connection([.new]), .family(.ipv4),
            .transport(6), .address(source4, in: four("10.0.0.0", 8)), .port(.destination, 22...23), .verdict(.accept)),
    ]

    @Test("are what nft lists", arguments: examples)
    func listed(example: Example) throws {
        let network = try TestNetwork()
        let tables = try network.tables()
        try tables.commit(Self.scene(.addRule(chain: "tried", .init(example.statements))))
        let lines = try network.listing("chain inet conclave tried")
        #expect(lines == ["table inet conclave {", "chain tried {", example.text, "}", "}"])
    }

    @Test(
        "that make no sense are refused before the kernel hears of them",
        arguments: [
            .interface(.source, ""), .interface(.source, "sixteen-letters!"), .interface(.source, "a\u{0}b"),
            .address(source4, in: six("2001:db8::")),
            .address(.init(.source, .ipv4, prefix: 33), in: four("192.0.2.1")),
            .addressSet(.init(.source, .ipv6, prefix: 0), "six"), .addressSet(source4, "UPPER"),
            .addressRange(source4, four("192.0.2.1").first...six("2001:db8::").first),
            .icmpTypes([8]), .connection([]), .below(perSecond: 0, burst: 1), .above(perSecond: 1, burst: 0),
            .meter(source4, set: "rate4", allowed: 0), .meter(source4, set: "rate4", allowed: 5_000_001),
            .sample(oneIn: 0), .count(""), .count("a name"), .verdict(.jump("x;y")),
            .log(prefix: String(repeating: "x", count: 128), group: 1, bytes: 0, together: 0),
        ] as [Statement])
    func refused(statement: Statement) throws {
        let network = try TestNetwork()
        let tables = try network.tables()
        try tables.commit(.table(.addChain(FirewallChain("tried"))))
        let error = try #require(throws: NFTablesError.self) {
            try tables.commit(KernelTransaction(.addCounter("before"), .addRule(chain: "tried", .init(statement))))
        }
        guard case .notExpressible(let operation, let why) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(operation == "add a rule to the chain tried")
        #expect(!why.isEmpty)
        #expect(try tables.counters().isEmpty)
    }

    /// All that the examples name.
    static func scene(_ operations: KernelOperation...) -> KernelTransaction {
        KernelTransaction(
            [
                .addTable(isProtected: false), .addCounter("c_deny"),
                .addSet(NamedSet("four", key: .address(.ipv4))), .addSet(NamedSet("six", key: .address(.ipv6))),
                .addSet(NamedSet(Ruleset.trialSet, key: .family, hasTimeouts: true)),
                .addSet(SharedSet.older),
                .addSet(
                    NamedSet(
                        "rate4", key: .address(.ipv4), hasTimeouts: true, isDynamic: true, timeout: 10_000, size: 1000)),
                .addSet(
                    NamedSet(
                        "rate6", key: .address(.ipv6), hasTimeouts: true, isDynamic: true, timeout: 10_000, size: 1000)),
                .addSet(NamedSet("ports", key: .port, isInterval: true, isMap: true)),
                .addChain(FirewallChain("other")), .addChain(FirewallChain("tried")),
            ] + operations)
    }
}
