import Testing

@testable import Firewall

@Suite("feed sanity")
struct FeedSanityTests {
    private func filter(
        _ entries: [String], facts: HostFacts = HostFacts(), whitelist: [String] = [], keepsReserved: Bool = false
    ) throws -> FeedSanity.Result {
        let content = try Lists.parse(entries.joined(separator: "\n") + "\n", .plain)
        let whitelist = try whitelist.map { ListEntry(try #require(IPPrefix($0))) }
        return FeedSanity(facts: facts, whitelist: whitelist, keepsReserved: keepsReserved).filter(content)
    }

    @Test("refuses what the machine lives on, says why, and uses the rest")
    func refuses() throws {
        let facts = HostFacts(
            ownAddresses: [try Lists.address("192.0.2.10"), try Lists.address("2001:db8::10")],
            gateways: [try Lists.address("192.0.2.1")], dnsServers: [try Lists.address("203.0.113.53")],
            connectedPeers: [try Lists.address("198.51.100.77")],
            ssh: .init(
                client: try Lists.address("198.51.100.5"), clientPort: 50_000,
                server: try Lists.address("192.0.2.10"),
                serverPort: 22))
        let result = try filter(
            [
                "192.0.2.10", "192.0.2.0/29", "203.0.113.0/26", "198.51.100.77", "198.51.100.4-198.51.100.6",
                "2001:db8::/64", "203.0.113.128/25", "192.0.2.11", "2001:db8:1::/48", "203.0.113.100",
            ], facts: facts, whitelist: ["203.0.113.96/28"])
        #expect(result.refused == 7)
        #expect(result.refusals.count == 7)
        for word in [
            "192.0.2.10 is not used: it covers this machine's address 192.0.2.10", "gateway 192.0.2.1",
            "DNS server 203.0.113.53", "198.51.100.77 is connected", "connected from 198.51.100.5",
            "203.0.113.96/28, which is on the whitelist",
        ] {
            #expect(result.refusals.contains { $0.contains(word) }, "\(word)")
        }
        #expect(result.list.hosts4 == [0xC000_020B])
        #expect(result.list.ranges4 == [0xCB00_7180...0xCB00_71FF])
        #expect(result.list.ranges6.count == 1)
        #expect(!result.isRefused)
    }

    @Test("refuses the default route and what is too wide, and uses the rest")
    func refusesWide() throws {
        let result = try filter(["0.0.0.0/0", "::/0", "128.0.0.0/7", "192.0.2.1"])
        #expect(result.refused == 3)
        #expect(result.refusals.allSatisfy { $0.hasSuffix("too wide for any list") })
        #expect(result.list.hosts4 == [0xC000_0201])
    }

    @Test("leaves private and reserved networks out of lists of others, as FireHOL's first level has them")
    func leavesReservedOut() throws {
        let entries = [
            "0.0.0.0/8", "10.0.0.0/8", "10.1.2.3", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
            "192.168.0.0/16", "224.0.0.0/8", "fe80::1", "fc00::/19", "64:ff9b::/96", "198.51.100.1",
        ]
        let result = try filter(entries)
        #expect(result.list == FeedList(hosts4: [0xC633_6401]))
        // 10.1.2.3 lies in another entry and is none of its own.
        #expect(result.reserved == 11)
        #expect(result.refusals.isEmpty)
        let mixed = try filter(["192.168.0.0/15", "198.51.100.1"])
        #expect(mixed.refusals == ["192.168.0.0/15 is not used: it covers private or reserved networks"])
    }

    @Test("a list of one's own may name private networks, but never loopback")
    func keepsOwn() throws {
        let result = try filter(["10.1.2.3", "127.0.0.0/8", "::1", "192.168.7.0/24"], keepsReserved: true)
        #expect(result.list.hosts4 == [0x0A01_0203])
        #expect(result.list.ranges4.count == 1)
        #expect(result.refusals.count == 2)
        #expect(result.refusals.allSatisfy { $0.contains("loopback") })
    }

    @Test("refuses a list that covers a large part of the internet by many entries")
    func refusesMuch() throws {
        let few = try filter((20..<36).map { "\($0).0.0.0/8" })
        #expect(!few.isRefused)
        let many = try filter((20..<37).map { "\($0).0.0.0/8" })
        #expect(many.isRefused)
        #expect(many.list.isEmpty)
        #expect(many.refusals.count == 1)
    }

    @Test("says only so many sentences")
    func boundsSentences() throws {
        let entries = (0..<100).map { "203.0.113.\($0)" }
        let result = try filter(entries, whitelist: ["203.0.113.0/24"])
        #expect(result.refused == 100)
        #expect(result.refusals.count == FeedSanity.mostRefusals + 1)
        #expect(result.refusals.last == "80 more entries are not used")
    }
}
