import Firewall
import NetworkLab
import Testing

@Suite("rules, with real packets", .enabled(if: NetworkLab.isUsable, needsNetwork))
struct RuleTests {
    /// One policy with every kind of rule, each on a port of its own.
    static let policy = Policy.rules(
        .block(1, .tcp, 1_001...1_001),
        .block(2, .udp, 1_002...1_002),
        .block(3, .any, 1_003...1_003),
        .block(4, .tcp, 1_010...1_012, 1_014...1_014),
        .block(5, .tcp, 1_020...1_020, from: ["10.77.0.11", "fd77::11"]),
        .block(6, .tcp, 1_021...1_021, from: ["10.78.0.0/16", "fd78::/32"]),
        .block(7, .tcp, 1_030...1_030, to: ["10.77.0.22", "fd77::22"]),
        .block(8, .tcp, 1_040...1_040, interface: "eth1"),
        .block(9, .tcp, 1_041...1_041, interface: "eth*"),
        .block(10, .tcp, 1_050...1_050, isEnabled: false),
        .allow(11, .tcp, 1_060...1_060),
        .block(12, .tcp, 1_060...1_060),
        .block(13, .tcp, 1_061...1_061),
        .allow(14, .tcp, 1_061...1_061),
        .allow(15, .tcp, 1_063...1_064),
        .block(16, .tcp, 1_062...1_066),
        .block(17, .tcp, 1_070...1_070, direction: .out),
        .block(18, .tcp, 1_071...1_071, direction: .both),
        .block(19, .tcp, 1_072...1_072, direction: .in),
        .block(20, .icmp, from: ["10.77.0.12", "fd77::12"]),
        .block(21, .any, from: ["10.77.0.13", "fd77::13"]),
        .block(22, .udp, from: ["10.77.0.14", "fd77::14"]),
        .block(23, .tcp, 1_080...1_080, direction: .out, to: ["10.77.0.11", "fd77::11"]))

    static let ports: [UInt16] =
        [1_000, 1_001, 1_002, 1_003, 1_010, 1_011, 1_012, 1_013, 1_014, 1_020, 1_021, 1_030, 1_040, 1_041, 1_050]
        + [1_060, 1_061, 1_062, 1_063, 1_064, 1_065, 1_066, 1_067, 1_070, 1_071, 1_072, 1_080]

    static let sources =
        ["10.77.0.11", "10.77.0.12", "10.77.0.13", "10.77.0.14", "10.78.5.9"]
        + ["fd77::11", "fd77::12", "fd77::13", "fd77::14", "fd78::9"]

    private static func run(
        _ body: (_ client: LabHost, _ server: LabHost, _ firewall: RunningFirewall) async throws -> Void
    ) async throws {
        try await NetworkLab.run { lab in
            let (client, server) = try lab.pair(clientAddresses: sources)
            for address in ["10.77.0.22", "fd77::22"] { try server.add(address) }
            try server.listen(tcp: ports, udp: ports)
            try client.listen(tcp: ports)
            let firewall = try await RunningFirewall.start(on: server, policy)
            try await body(client, server, firewall)
        }
    }

    @Test("of TCP exactly what a rule names is blocked, in both families")
    func tcp() async throws {
        try await Self.run { (client, _, firewall) async throws in
            let blocked: Set<UInt16> = [
                1_001, 1_003, 1_010, 1_011, 1_012, 1_014, 1_041, 1_061, 1_062, 1_065, 1_066, 1_071, 1_072,
            ]
            for server in Server.addresses {
                let outcomes = try await client.tcp(to: server, ports: Self.ports)
                for (port, outcome) in zip(Self.ports, outcomes) {
                    #expect(outcome == (blocked.contains(port) ? .dropped : .open), "\(server) port \(port)")
                }
            }
            // What was blocked was counted, by rule: a SYN of each family at least.
            #expect(try await firewall.packets("rule_1") >= 2)
            #expect(try await firewall.packets("rule_10") == 0)
        }
    }

    @Test("of UDP exactly what a rule names is blocked")
    func udp() async throws {
        try await Self.run { (client, _, _) async throws in
            let ports: [UInt16] = [1_000, 1_001, 1_002, 1_003]
            for server in Server.addresses {
                #expect(try await client.udp(to: server, ports: ports) == [.open, .open, .dropped, .dropped])
            }
        }
    }

    @Test("a rule for a source, a network, a destination leaves all others alone")
    func addresses() async throws {
        try await Self.run { (client, _, _) async throws in
            for (source, network, server, other) in [
                ("10.77.0.11", "10.78.5.9", Server.four, "10.77.0.22"),
                ("fd77::11", "fd78::9", Server.six, "fd77::22"),
            ] {
                #expect(try await client.tcp(from: source, to: server, ports: [1_020, 1_021]) == [.dropped, .open])
                #expect(try await client.tcp(from: network, to: server, ports: [1_020, 1_021]) == [.open, .dropped])
                #expect(try await client.tcp(to: server, ports: [1_020, 1_021, 1_030]) == [.open, .open, .open])
                #expect(try await client.tcp(to: other, ports: [1_030, 1_000]) == [.dropped, .open])
            }
        }
    }

    @Test("a rule for a card holds for that card, one with a star for all whose names begin so")
    func interfaces() async throws {
        try await NetworkLab.run { lab in
            let client = try lab.host("client")
            let server = try lab.host("server")
            try lab.join(client, server)
            try lab.join(client, server)
            try server.listen(tcp: [1_000, 1_040, 1_041])
            _ = try await RunningFirewall.start(on: server, Self.policy)
            for (first, second) in [(Server.four, "10.77.1.2"), (Server.six, "fd77:0:0:1::2")] {
                #expect(try await client.tcp(to: first, ports: [1_000, 1_040, 1_041]) == [.open, .open, .dropped])
                #expect(try await client.tcp(to: second, ports: [1_000, 1_040, 1_041]) == [.open, .dropped, .dropped])
            }
        }
    }

    @Test("ICMP, UDP and everything from a source are blocked, and nothing else of it")
    func protocols() async throws {
        try await Self.run { (client, server, _) async throws in
            for (echo, all, datagrams, target) in [
                ("10.77.0.12", "10.77.0.13", "10.77.0.14", Server.four),
                ("fd77::12", "fd77::13", "fd77::14", Server.six),
            ] {
                #expect(try await client.ping(to: target) == .open)
                #expect(try await client.ping(from: echo, to: target) == .dropped)
                #expect(try await client.tcp(from: echo, to: target, port: 1_000) == .open)

                #expect(try await client.ping(from: all, to: target) == .dropped)
                #expect(try await client.tcp(from: all, to: target, port: 1_000) == .dropped)
                #expect(try await client.udp(from: all, to: target, port: 1_000) == .dropped)
                #expect(try await client.raw(protocol: 253, from: all, to: target, at: server) == .dropped)
                #expect(try await client.raw(protocol: 253, to: target, at: server) == .open)

                #expect(try await client.udp(from: datagrams, to: target, port: 1_000) == .dropped)
                #expect(try await client.tcp(from: datagrams, to: target, port: 1_000) == .open)
            }
        }
    }

    @Test("rules for what goes out block what goes out, and those for what comes in do not")
    func directions() async throws {
        try await Self.run { (client, server, _) async throws in
            for (target, named) in [(Client.four, "10.77.0.11"), (Client.six, "fd77::11")] {
                let outcomes = try await server.tcp(to: target, ports: [1_000, 1_070, 1_071, 1_072, 1_080])
                #expect(outcomes.map { $0 == .open } == [true, false, false, true, true])
                #expect(try await server.tcp(to: named, port: 1_080) != .open)
                // Inbound the rule for what goes out says nothing.
                #expect(
                    try await client.tcp(to: target == Client.four ? Server.four : Server.six, port: 1_070) == .open)
            }
        }
    }

    @Test("nothing on the loopback is ever blocked")
    func loopback() async throws {
        try await Self.run { (_, server, _) async throws in
            for address in ["127.0.0.1", "::1", Server.four, Server.six] {
                let outcomes = try await server.tcp(to: address, ports: Self.ports)
                #expect(outcomes.allSatisfy { $0 == .open }, "\(address): \(outcomes)")
                #expect(try await server.udp(to: address, port: 1_002) == .open)
                #expect(try await server.ping(to: address) == .open)
            }
        }
    }

    @Test("the standard policy blocks five ports and nothing else")
    func standard() async throws {
        try await NetworkLab.run { lab in
            let (client, server) = try lab.pair()
            let ports: [UInt16] = [22, 23, 80, 135, 139, 443, 445, 3_389]
            try server.listen(tcp: ports, udp: [135, 5_353])
            _ = try await RunningFirewall.start(on: server, .standard)
            for address in Server.addresses {
                #expect(
                    try await client.tcp(to: address, ports: ports) == [
                        .open, .dropped, .open, .dropped, .dropped, .open, .dropped, .dropped,
                    ])
                #expect(try await client.udp(to: address, ports: [135, 5_353]) == [.dropped, .open])
            }
            #expect(try await server.tcp(to: "127.0.0.1", port: 23) == .open)
        }
    }

    @Test(
        "where nothing is allowed by default, what a rule allows comes in, what was asked for comes back, and the rest does not"
    )
    func defaultBlock() async throws {
        try await NetworkLab.run { lab in
            let (client, server) = try lab.pair()
            try server.listen(tcp: [22, 8_080], udp: [53])
            try client.listen(tcp: [443], udp: [53])
            let policy = Policy.rules(.allow(1, .tcp, 22...22)).with { $0.defaultAction = .block }
            let firewall = try await RunningFirewall.start(on: server, policy)
            for address in Server.addresses {
                #expect(try await client.tcp(to: address, ports: [22, 8_080, 81]) == [.open, .dropped, .dropped])
                #expect(try await client.udp(to: address, port: 53) == .dropped)
                #expect(try await client.ping(to: address) == .dropped)
                let own = Client.address(for: address)
                #expect(try await server.tcp(to: own, port: 443) == .open)
                #expect(try await server.udp(to: own, port: 53) == .open)
                #expect(try await server.ping(to: own) == .open)
            }
            // Neighbour discovery is never blocked: after its table is empty IPv6 still works.
            _ = try await server.run(["ip", "-6", "neigh", "flush", "all"])
            _ = try await client.run(["ip", "-6", "neigh", "flush", "all"])
            #expect(try await client.tcp(to: Server.six, port: 22, within: 2) == .open)
            #expect(try await firewall.packets("c_default") > 0)
        }
    }

    @Test("a connection from before there was a firewall goes on, though no rule would let it in now")
    func older() async throws {
        try await NetworkLab.run { lab in
            let (client, server) = try lab.pair()
            try server.listen(tcp: [22, 8_080])
            let sessions = [
                try await client.session(to: Server.four, port: 8_080),
                try await client.session(to: Server.six, port: 8_080),
            ]
            let policy = Policy.rules(.allow(1, .tcp, 22...22)).with { $0.defaultAction = .block }
            _ = try await RunningFirewall.start(on: server, policy)
            for session in sessions { #expect(await session.isAlive()) }
            #expect(try await client.tcp(to: Server.four, ports: [22, 8_080]) == [.open, .dropped])
        }
    }
}
