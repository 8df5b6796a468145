import Firewall
import Foundation
import Glibc
import NetworkLab
import Testing

@Suite("feeds from the cache, with real packets", .enabled(if: NetworkLab.isUsable, needsNetwork))
struct ThreatTests {
    private static let c2 = FeedSource.plain("c2", .out)
    private static let scanners = FeedSource.plain("scanners", .in)
    private static let both = FeedSource.plain("both")
    private static let sources = [
        "11.78.1.1", "11.78.2.1", "11.78.3.9", "11.78.4.1", "2a78:1::1", "2a78:3::9", "2a78:4::1",
    ]

    @Test(
        "with a listed host or network nobody talks, in both families; what comes and what goes is counted apart; the whitelist wins"
    )
    func directions() async throws {
        try await NetworkLab.run { lab in
            let (client, server) = try lab.pair(clientAddresses: Self.sources)
            try server.listen(tcp: [8_080])
            try client.listen(tcp: [443])
            let policy = Policy.rules().with {
                $0.feeds = [Self.c2, Self.scanners, Self.both]
                $0.whitelist = [.host("11.78.4.1"), .host("2a78:4::1")]
            }
            let firewall = try RunningFirewall(on: server, policy: policy)
            try firewall.cache(Self.c2, ["11.78.1.1", "2a78:1::/64"])
            try firewall.cache(Self.scanners, ["11.78.2.1"])
            try firewall.cache(Self.both, ["11.78.3.0/24", "11.78.4.0/24", "2a78:3::/48", "2a78:4::1"])
            try await firewall.start()
            try await Self.awaitFeeds(firewall, 3)

            // Packets that came in from a list, and packets that were on their way to one.
            func counts() async throws -> [Int] {
                [try await firewall.packets("c_feed"), try await firewall.packets("c_c2")]
            }
            #expect(try await server.tcp(to: "11.78.1.1", port: 443) == .prohibited)
            #expect(try await server.tcp(to: "2a78:1::1", port: 443, within: 2) != .open)
            let out = try await counts()
            #expect(out[0] == 0 && out[1] >= 2, "\(out)")
            #expect(try await client.tcp(from: "11.78.2.1", to: Server.four, port: 8_080) == .dropped)
            let both = try await counts()
            #expect(both[0] >= 1 && both[1] == out[1], "\(both)")
            for (address, target, isOpen) in [
                ("11.78.3.9", Server.four, false), ("2a78:3::9", Server.six, false), ("11.78.4.1", Server.four, true),
                ("2a78:4::1", Server.six, true), (Client.four, Server.four, true), (Client.six, Server.six, true),
            ] {
                #expect(
                    try await client.tcp(from: address, to: target, port: 8_080) == (isOpen ? .open : .dropped),
                    "from \(address)")
                #expect(try await (server.tcp(to: address, port: 443) == .open) == isOpen, "to \(address)")
            }
            // Without a daemon it stays so, and with a new one too.
            firewall.kill()
            #expect(try await client.tcp(from: "11.78.3.9", to: Server.four, port: 8_080) == .dropped)
            #expect(try await server.tcp(to: "11.78.1.1", port: 443) != .open)
            try await firewall.start()
            try await Self.awaitFeeds(firewall, 3)
            #expect(try await client.tcp(from: "11.78.3.9", to: Server.four, port: 8_080) == .dropped)
        }
    }

    private static func awaitFeeds(_ firewall: RunningFirewall, _ count: Int) async throws {
        try await eventually("the feeds") { () async throws -> Bool? in
            guard case .threats(let rows) = try firewall.ask(.threats) else { return nil }
            return rows.count { $0.entries > 0 } == count ? true : nil
        }
    }

    @Test("a new list replaces the old one; garbage ends nothing")
    func changes() async throws {
        try await NetworkLab.run { lab in
            let (client, server) = try lab.pair(clientAddresses: Self.sources)
            try server.listen(tcp: [8_080])
            let firewall = try RunningFirewall(on: server, policy: .rules().with { $0.feeds = [Self.both] })
            let filler = (0..<200).map { "198.18.0.\($0)" }
            try firewall.cache(Self.both, filler + ["11.78.1.1"])
            try await firewall.start()
            try await eventually("the first list") {
                try await client.tcp(from: "11.78.1.1", to: Server.four, port: 8_080) == .dropped ? true : nil
            }
            try firewall.cache(Self.both, filler + ["11.78.2.1"])
            try await eventually("the second list") {
                try await client.tcp(from: "11.78.2.1", to: Server.four, port: 8_080) == .dropped ? true : nil
            }
            #expect(try await client.tcp(from: "11.78.1.1", to: Server.four, port: 8_080) == .open)

            let body = "\(firewall.statePath)/feeds/both.body"
            let garbage = (0..<50_000).map { UInt8(truncatingIfNeeded: $0 &* 7 ^ $0 >> 3) }
            try Data(garbage).write(to: URL(fileURLWithPath: body), options: .atomic)
            // Longer than the daemon waits between two looks at the cache.
            try await Task.sleep(for: .milliseconds(6_500))
            #expect(firewall.isRunning)
            #expect(try await client.tcp(to: Server.four, port: 8_080) == .open)
            #expect(try await client.tcp(from: "11.78.2.1", to: Server.four, port: 8_080) == .dropped)
            try firewall.cache(Self.both, filler + ["11.78.3.9"])
            try await eventually("the list after the garbage") {
                try await client.tcp(from: "11.78.3.9", to: Server.four, port: 8_080) == .dropped ? true : nil
            }
        }
    }

    @Test("what would cut off the machine itself is left out: default route, loopback, own addresses, gateway")
    func sanity() async throws {
        try await NetworkLab.run { lab in
            let (client, server) = try lab.pair(clientAddresses: Self.sources + ["11.79.0.9"])
            try server.listen(tcp: [8_080])
            try server.ip("route add default via 10.77.0.1")
            try server.add("11.79.0.2")
            let firewall = try RunningFirewall(on: server, policy: .rules().with { $0.feeds = [Self.both] })
            // Too wide, reserved, one's own; and one that counts.
            let wide = ["0.0.0.0/0", "::/0", "12.0.0.0/7"]
            let reserved = ["10.0.0.0/8", "127.0.0.0/8", "10.77.0.1", "fd77::/64"]
            try firewall.cache(Self.both, wide + reserved + ["11.79.0.0/24", "11.78.3.0/24"])
            try await firewall.start()
            try await eventually("the feed") {
                try await client.tcp(from: "11.78.3.9", to: Server.four, port: 8_080) == .dropped ? true : nil
            }
            for source in [Client.four, "11.78.1.1", "11.79.0.9"] {
                #expect(try await client.tcp(from: source, to: Server.four, port: 8_080) == .open)
            }
            #expect(try await client.tcp(to: Server.six, port: 8_080) == .open)
            #expect(try await server.tcp(to: "127.0.0.1", port: 8_080) == .open)
            guard case .threats(let rows) = try firewall.ask(.threats) else { throw LabError("no feeds") }
            #expect(rows.first.map { $0.refused >= 4 } == true, "\(rows)")
        }
    }

    @Test("a pipe or a folder in place of a list stops nothing: whoever fetches lists cannot hold the daemon up")
    func pipes() async throws {
        try await NetworkLab.run { lab in
            let (client, server) = try lab.pair(clientAddresses: Self.sources)
            try server.listen(tcp: [8_080])
            let policy = Policy.rules().with { $0.feeds = [Self.both, Self.c2, Self.scanners] }
            let firewall = try RunningFirewall(on: server, policy: policy)
            let feeds = firewall.statePath + "/feeds/"
            try firewall.cache(Self.scanners, ["11.78.2.1"])
            try firewall.cache(Self.both, ["11.78.3.9"])
            try FileManager.default.removeItem(atPath: feeds + "both.body")
            for name in ["both.body", "c2.json", "c2.body"] { #expect(mkfifo(feeds + name, 0o600) == 0) }
            try await firewall.start()
            try await eventually("the list that is one") {
                try await client.tcp(from: "11.78.2.1", to: Server.four, port: 8_080) == .dropped ? true : nil
            }
            guard case .threats(let rows) = try firewall.ask(.threats) else { throw LabError("no feeds") }
            #expect(rows.first { $0.name == "both" }?.detail.contains("no regular file") == true, "\(rows)")
            #expect(try await firewall.stop() == 0)
        }
    }

    @Test("a flush while lists are being filled is repaired, and nothing of it stays behind")
    func flushedMeanwhile() async throws {
        try await NetworkLab.run { lab in
            let server = try lab.host("server")
            let firewall = try RunningFirewall(on: server, policy: .rules().with { $0.feeds = [Self.both] })
            let many = (0..<100_000).map { "11.\($0 >> 16).\($0 >> 8 & 255).\($0 & 255)" }
            try firewall.cache(Self.both, many)
            try await firewall.start()
            for pause in [0, 20, 60, 200] {
                try await Task.sleep(for: .milliseconds(pause))
                _ = try await firewall.nft("flush", "ruleset")
            }
            try await Self.awaitFeeds(firewall, 1)
            try await eventually("one generation of lists", within: 10) { () async throws -> Bool? in
                let text = try await firewall.nft("-t", "list", "table", "inet", "conclave").output
                let sets = Set(text.matches(of: /set (f\d+)_/).map { String($0.1) })
                return sets.count == 1 && text.contains("@\(sets.first ?? "")_") ? true : nil
            }
            #expect(try firewall.ask(.status).status?.problems == [])
            #expect(!firewall.words.contains("could not be loaded"), "\(firewall.words)")
        }
    }
}
