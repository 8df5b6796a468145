import Firewall
import Foundation
import NetworkLab
import Testing

@Suite("whitelist and blacklist, with real packets", .enabled(if: NetworkLab.isUsable, needsNetwork))
struct ListTests {
    private static func now() -> Int64 { Int64(Date().timeIntervalSince1970) }

    @Test("the blacklist blocks hosts and networks both ways, and cuts what is open")
    func blacklist() async throws {
        try await NetworkLab.run { lab in
            let (client, server) = try lab.pair(clientAddresses: ["10.77.0.11", "10.78.5.9", "fd77::11", "fd78::9"])
            try server.listen(tcp: [8_080], udp: [53])
            try client.listen(tcp: [443])
            let firewall = try await RunningFirewall.start(on: server, .rules())
            let session = try await client.session(from: "10.77.0.11", to: Server.four, port: 8_080)
            #expect(await session.isAlive())
            try firewall.apply(
                .rules().with {
                    $0.blacklist = ["10.77.0.11", "10.78.0.0/16", "fd77::11", "fd78::/32"].map { .host($0) }
                })
            #expect(await !session.isAlive())
            for (host, network, target) in [
                ("10.77.0.11", "10.78.5.9", Server.four), ("fd77::11", "fd78::9", Server.six),
            ] {
                for source in [host, network] {
                    #expect(try await client.tcp(from: source, to: target, port: 8_080) == .dropped, "\(source)")
                    #expect(try await client.udp(from: source, to: target, port: 53) == .dropped, "\(source)")
                    #expect(try await client.ping(from: source, to: target) == .dropped, "\(source)")
                    #expect(try await server.tcp(to: source, port: 443) != .open, "\(source)")
                }
                #expect(try await client.tcp(to: target, port: 8_080) == .open)
                #expect(try await server.tcp(to: Client.address(for: target), port: 443) == .open)
            }
        }
    }

    @Test("an entry that ends does so in the kernel, without any daemon")
    func expiry() async throws {
        try await NetworkLab.run { lab in
            let (client, server) = try lab.pair()
            try server.listen(tcp: [8_080])
            let firewall = try await RunningFirewall.start(on: server, .rules())
            // From now on, and not from before a start that may take its time.
            try firewall.apply(
                .rules().with { $0.blacklist = [.host("10.77.0.1", until: Self.now() + 6), .host("fd77::1")] })
            #expect(try await client.tcp(to: Server.four, port: 8_080) == .dropped)
            firewall.kill()
            try await eventually("the entry's end", within: 12) {
                try await client.tcp(to: Server.four, port: 8_080) == .open ? true : nil
            }
            #expect(try await client.tcp(to: Server.six, port: 8_080) == .dropped)
        }
    }

    @Test("an entry from the command line comes into force at once, and goes again")
    func command() async throws {
        try await NetworkLab.run { lab in
            let (client, server) = try lab.pair(clientAddresses: ["10.77.0.11"])
            try server.listen(tcp: [8_080])
            let firewall = try await RunningFirewall.start(on: server, .rules())
            let added = try await firewall.command("blacklist", "add", "10.77.0.11", "--for", "1h")
            #expect(added.status == 0, "\(added)")
            #expect(try await client.tcp(from: "10.77.0.11", to: Server.four, port: 8_080) == .dropped)
            let removed = try await firewall.command("blacklist", "remove", "10.77.0.11")
            #expect(removed.status == 0, "\(removed)")
            #expect(try await client.tcp(from: "10.77.0.11", to: Server.four, port: 8_080) == .open)
        }
    }

    @Test("the whitelist wins over rules, default, blacklist, bans and the rate limit")
    func whitelist() async throws {
        try await NetworkLab.run { lab in
            let (client, server) = try lab.pair(clientAddresses: ["10.77.0.11", "fd77::11"])
            try server.listen(tcp: [23, 8_080], udp: [53])
            try client.listen(tcp: [443])
            let policy = Policy.rules(.block(1, .tcp, 23...23), .block(2, .icmp)).with {
                $0.defaultAction = .block
                $0.whitelist = [.host("10.77.0.11"), .host("fd77::11")]
                $0.blacklist = [.host("10.77.0.0/24"), .host("fd77::/64")]
                $0.rateLimit = RateLimit().with { $0.connections = 5 }
            }
            let firewall = try await RunningFirewall.start(on: server, policy)
            #expect(
                try !firewall.ask(.ban(["10.77.0.11"].compactMap { IPAddress($0) }, seconds: 60, detail: "")).isDone)
            for (source, target) in [("10.77.0.11", Server.four), ("fd77::11", Server.six)] {
                let outcomes = try await client.tcp(from: source, to: target, ports: Array(repeating: 23, count: 50))
                #expect(outcomes.allSatisfy { $0 == .open })
                #expect(try await client.tcp(from: source, to: target, port: 8_080) == .open)
                #expect(try await client.udp(from: source, to: target, port: 53) == .open)
                #expect(try await client.ping(from: source, to: target) == .open)
                #expect(try await server.tcp(to: source, port: 443) == .open)
                #expect(try await client.tcp(to: target, port: 8_080) == .dropped)
            }
        }
    }
}

extension RateLimit {
    func with(_ change: (inout RateLimit) -> Void) -> RateLimit {
        var limit = self
        change(&limit)
        return limit
    }
}
