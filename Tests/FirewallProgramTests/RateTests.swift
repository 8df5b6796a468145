import Firewall
import NetworkLab
import Testing

@Suite("the rate limit, with real packets", .enabled(if: NetworkLab.isUsable, needsNetwork))
struct RateTests {
    /// So many connections at once, and how many of them opened.
    private static func opened(_ client: LabHost, from source: String, to target: String, of count: Int) async throws
        -> Int
    {
        try await client.tcp(from: source, to: target, ports: Array(repeating: 8_080, count: count))
            .count { $0 == .open }
    }

    @Test(
        "of 150 connections in 10 s exactly 100 open, of 400 in 20 s exactly 200; others, and the whitelist, are not held up"
    )
    func exact() async throws {
        try await NetworkLab.run { lab in
            let (client, server) = try lab.pair(clientAddresses: ["10.77.0.11", "10.77.0.12", "10.77.0.13"])
            try server.listen(tcp: [8_080])
            let policy = Policy.rules().with {
                $0.rateLimit = RateLimit()
                $0.whitelist = [.host("10.77.0.13")]
            }
            let firewall = try await RunningFirewall.start(on: server, policy)
            let start = ContinuousClock.now
            #expect(try await Self.opened(client, from: "10.77.0.11", to: Server.four, of: 150) == 100)
            #expect(try await Self.opened(client, from: "10.77.0.12", to: Server.four, of: 20) == 20)
            #expect(try await Self.opened(client, from: "10.77.0.13", to: Server.four, of: 150) == 150)
            // A window ends when it is over, whatever is tried in it.
            while start.duration(to: .now) < .milliseconds(9_000) {
                #expect(try await Self.opened(client, from: "10.77.0.11", to: Server.four, of: 10) == 0)
                try await Task.sleep(for: .milliseconds(500))
            }
            try await Task.sleep(until: start + .milliseconds(10_600), clock: .continuous)
            #expect(try await Self.opened(client, from: "10.77.0.11", to: Server.four, of: 150) == 100)
            #expect(try await firewall.packets("c_rate") > 100)
        }
    }

    @Test("IPv6 sources are told apart by their network of 64 bits; datagrams and allowed ports count too")
    func shared() async throws {
        try await NetworkLab.run { lab in
            let (client, server) = try lab.pair(
                clientAddresses: ["fd77:1::1", "fd77:1::2", "fd77:2::1", "10.77.0.11"])
            try server.listen(tcp: [8_080], udp: [53])
            let policy = Policy.rules(.allow(1, .tcp, 8_080...8_080)).with {
                $0.rateLimit = RateLimit().with {
                    $0.connections = 30
                    $0.seconds = 60
                }
            }
            _ = try await RunningFirewall.start(on: server, policy)
            #expect(try await Self.opened(client, from: "fd77:1::1", to: Server.six, of: 20) == 20)
            #expect(try await Self.opened(client, from: "fd77:1::2", to: Server.six, of: 20) == 10)
            #expect(try await Self.opened(client, from: "fd77:2::1", to: Server.six, of: 20) == 20)
            let datagrams = try await client.udp(
                from: "10.77.0.11", to: Server.four, ports: Array(repeating: 53, count: 40))
            #expect(datagrams.count { $0 == .open } == 30)
            #expect(try await client.tcp(from: "10.77.0.11", to: Server.four, port: 8_080) == .dropped)
        }
    }

    @Test("what nobody answers, as messages to a log server, is one connection however many datagrams it has")
    func oneWay() async throws {
        try await NetworkLab.run { lab in
            let (client, server) = try lab.pair()
            try server.listen(tcp: [8_080])
            let policy = Policy.rules().with {
                $0.rateLimit = RateLimit().with {
                    $0.connections = 5
                    $0.seconds = 60
                }
            }
            let firewall = try await RunningFirewall.start(on: server, policy)
            #expect(try await client.burst(to: Server.four, port: 514, count: 200) == 200)
            #expect(try await firewall.packets("c_pass") >= 200)
            #expect(try await firewall.packets("c_rate") == 0)
            // Each burst is one of five.
            for _ in 0..<6 { try await client.burst(to: Server.four, port: 514, count: 3) }
            #expect(try await firewall.packets("c_rate") == 6)
            #expect(try await client.tcp(to: Server.four, port: 8_080) == .dropped)
        }
    }

    @Test("all sources together are limited a second, so that a full table of sources lets no flood through")
    func global() async throws {
        try await NetworkLab.run { lab in
            let (client, server) = try lab.pair()
            try server.listen(tcp: [8_080])
            let policy = Policy.rules().with {
                $0.rateLimit = RateLimit().with {
                    $0.connections = 100_000
                    $0.globalPerSecond = 50
                }
            }
            let firewall = try await RunningFirewall.start(on: server, policy)
            let opened = try await Self.opened(client, from: Client.four, to: Server.four, of: 500)
            // A second's worth, and the burst.
            #expect(opened >= 40 && opened <= 150, "\(opened)")
            #expect(try await firewall.packets("c_global") > 300)
        }
    }
}
