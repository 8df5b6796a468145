import NIOCore
import Testing

@testable import TLSTransport

@Suite("handshakes of one address")
struct HandshakeQuotaTests {
    private func address(_ text: String) throws -> SocketAddress { try SocketAddress(ipAddress: text, port: 1) }

    @Test("as many as it may have, and one more for each that is over")
    func counts() throws {
        let quota = HandshakeQuota(limit: 3)
        let places = try (0..<3).map { _ in try #require(quota.take(for: try address("192.0.2.1"))) }
        #expect(quota.take(for: try address("192.0.2.1")) == nil)
        #expect(quota.take(for: try address("192.0.2.2")) != nil, "another address has its own")
        places[0].release()
        places[0].release()
        #expect(quota.take(for: try address("192.0.2.1")) != nil)
        #expect(quota.take(for: try address("192.0.2.1")) == nil, "to release twice frees one place")
    }

    @Test(
        "an IPv6 network counts as one address, and a mapped IPv4 address as what it is",
        arguments: [
            ("2001:db8::1", "2001:db8::ffff:2", true), ("2001:db8::1", "2001:db8:0:1::1", false),
            ("::ffff:192.0.2.1", "192.0.2.1", true), ("::ffff:192.0.2.1", "::ffff:192.0.2.2", false),
            ("::1", "127.0.0.1", false), ("::1", "::ffff:0.0.0.1", false),
        ])
    func knowsNetworks(first: String, second: String, isSame: Bool) throws {
        let quota = HandshakeQuota(limit: 1)
        #expect(quota.take(for: try address(first)) != nil)
        #expect((quota.take(for: try address(second)) == nil) == isSame)
    }

    @Test("nothing is kept of addresses whose handshakes are over")
    func forgets() throws {
        let quota = HandshakeQuota(limit: 2)
        for number in 0..<1_000 {
            let place = quota.take(for: try address("198.51.\(number / 256).\(number % 256)"))
            place?.release()
        }
        #expect(quota.networkCount == 0)
    }
}
