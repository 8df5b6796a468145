import NIOCore
import Testing

@testable import TLSTransport

@Suite("places for connections and handshakes")
struct PlaceQuotaTests {
    private func network(_ text: String) throws -> ClientNetwork {
        try #require(ClientNetwork(try SocketAddress(ipAddress: text, port: 1)))
    }

    private func quota(total: Int = 1_000, perNetwork: Int = 1_000, strangers: Int = 1_000) -> PlaceQuota {
        PlaceQuota(PlaceQuota.Limits(total: total, perNetwork: perNetwork, strangers: strangers))
    }

    @Test("an address has as many as it may have, and one more for each that is over")
    func counts() throws {
        let quota = quota(perNetwork: 3)
        let one = try network("192.0.2.1")
        let places = try (0..<3).map { _ in try #require(quota.take(for: one, isKnown: true)) }
        #expect(quota.take(for: one, isKnown: true) == nil)
        #expect(quota.take(for: try network("192.0.2.2"), isKnown: true) != nil, "another address has its own")
        places[0].release()
        places[0].release()
        #expect(quota.take(for: one, isKnown: true) != nil)
        #expect(quota.take(for: one, isKnown: true) == nil, "to release twice frees one place")
    }

    @Test(
        "an IPv6 network counts as one address, and a mapped IPv4 address as what it is",
        arguments: [
            ("2001:db8::1", "2001:db8::ffff:2", true), ("2001:db8::1", "2001:db8:0:1::1", false),
            ("::ffff:192.0.2.1", "192.0.2.1", true), ("::ffff:192.0.2.1", "::ffff:192.0.2.2", false),
            ("::1", "127.0.0.1", false), ("::1", "::ffff:0.0.0.1", false),
        ])
    func knowsNetworks(first: String, second: String, isSame: Bool) throws {
        let quota = quota(perNetwork: 1)
        #expect(quota.take(for: try network(first), isKnown: true) != nil)
        #expect((quota.take(for: try network(second), isKnown: true) == nil) == isSame)
    }

    @Test("strangers have a part of the places, from however many addresses; the known have all that are left")
    func reserves() throws {
        let quota = quota(total: 8, strangers: 6)
        let places = try (1...6).map { try #require(quota.take(for: try network("198.51.100.\($0)"), isKnown: false)) }
        #expect(quota.take(for: try network("198.51.100.7"), isKnown: false) == nil)
        let known = try (1...2).map { _ in try #require(quota.take(for: try network("192.0.2.1"), isKnown: true)) }
        #expect(quota.take(for: try network("192.0.2.1"), isKnown: true) == nil, "all are taken")
        places[0].acquaint()
        places[0].acquaint()
        #expect(quota.strangerCount == 5)
        #expect(quota.take(for: try network("198.51.100.7"), isKnown: false) == nil, "it keeps its place")
        known[0].release()
        #expect(quota.take(for: try network("198.51.100.7"), isKnown: false) != nil, "it is no stranger's any more")
        places[0].release()
        #expect(quota.strangerCount == 6 && quota.count == 7)
    }

    @Test("nothing is kept of addresses whose places are free again")
    func forgets() throws {
        let quota = quota(perNetwork: 2)
        for number in 0..<1_000 {
            let place = quota.take(for: try network("198.51.\(number / 256).\(number % 256)"), isKnown: number % 2 == 0)
            if number % 3 == 0 { place?.acquaint() }
            place?.release()
        }
        #expect(quota.networkCount == 0 && quota.count == 0 && quota.strangerCount == 0)
    }
}

@Suite("known addresses")
struct KnownNetworksTests {
    private func time(hours: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .hours(hours) }

    @Test("are known for at least half of the time since somebody was there, and no longer than all of it")
    func age() {
        let known = KnownNetworks(limit: 100, lifetime: .hours(10), now: time(hours: 0))
        known.note(.ipv4(1), now: time(hours: 4))
        #expect(!known.contains(.ipv4(2), now: time(hours: 4)), "nobody was there")
        #expect(known.contains(.ipv4(1), now: time(hours: 9)))
        known.note(.ipv4(1), now: time(hours: 9))
        #expect(known.contains(.ipv4(1), now: time(hours: 14)), "somebody was there again")
        #expect(!known.contains(.ipv4(1), now: time(hours: 19)))
        known.note(.ipv6(1), now: time(hours: 20))
        #expect(!known.contains(.ipv6(1), now: time(hours: 40)), "nobody asked for long")
        #expect(known.count == 0)
    }

    @Test("are so many at most; those whom nobody comes from any more go first")
    func isBounded() {
        let known = KnownNetworks(limit: 100, lifetime: .hours(1_000), now: time(hours: 0))
        for number in 0..<10_000 as Range<UInt32> {
            known.note(.ipv4(number), now: time(hours: 1))
            known.note(.ipv6(7), now: time(hours: 1))
            #expect(known.count <= 102)
            #expect(known.contains(.ipv4(number), now: time(hours: 1)))
        }
        #expect(known.contains(.ipv6(7), now: time(hours: 1)))
        #expect(!known.contains(.ipv4(1), now: time(hours: 1)))
        let none = KnownNetworks(limit: 0, lifetime: .hours(1), now: time(hours: 0))
        none.note(.ipv4(1), now: time(hours: 0))
        #expect(!none.contains(.ipv4(1), now: time(hours: 0)) && none.count == 0)
    }
}
