@testable import TLSMonitor

/// Connections as they should be, whose parts can be exchanged.
enum TestTalks {
    static func handshake(_ message: [UInt8], version: UInt16 = 0x0303) -> [UInt8] {
        Wire.record(22, message, version: version)
    }

    static func noise(_ count: Int, _ seed: UInt64 = 5, type: UInt8 = 23, version: UInt16 = 0x0303) -> [UInt8] {
        var generator = SeededGenerator(seed)
        return Wire.record(type, generator.bytes(count), version: version)
    }

    /// TLS 1.3.
    static func new(
        _ client: TestHello = .client, _ server: TestHello = .server, record: UInt16 = 0x0301, early: Bool = false,
        answer: UInt16 = 0x0303, then: [Talk.Turn] = []
    ) -> Talk {
        var turns: [Talk.Turn] = [.client(handshake(client.message, version: record))]
        if early { turns += [.client(Wire.changeCipherSpec), .client(noise(200))] }
        turns += [
            .server(handshake(server.message, version: answer)), .server(Wire.changeCipherSpec),
            .server(noise(900, 6)),
        ]
        if !early { turns.append(.client(Wire.changeCipherSpec)) }
        turns += [.client(noise(80, 7)), .server(noise(300, 8)), .client(noise(400, 9))]
        return Talk(turns: turns + then)
    }

    /// TLS 1.3 with a HelloRetryRequest.
    static func retry(
        _ client: TestHello = .client, _ request: TestHello = .retry, _ again: TestHello = .again,
        _ server: TestHello = .server384, before: [Talk.Turn] = []
    ) -> Talk {
        Talk(
            turns: [
                .client(handshake(client.message, version: 0x0301)), .server(handshake(request.message)),
                .server(Wire.changeCipherSpec),
            ] + before + [
                .client(Wire.changeCipherSpec), .client(handshake(again.message)), .server(handshake(server.message)),
                .server(noise(900, 6)), .client(noise(80, 7)), .server(noise(300, 8)), .client(noise(400, 9)),
            ])
    }

    static let certificate = Wire.message(11, [0, 0, 43] + [0, 0, 40] + [UInt8](repeating: 0x30, count: 40))
    static let done = Wire.message(14, [])

    /// A ServerKeyExchange over a curve.
    static func exchange(
        curve: UInt16 = 23, point: [UInt8] = TestHello.point256, scheme: UInt16 = 0x0804, kind: UInt8 = 3
    ) -> [UInt8] {
        let key = [kind] + Wire.big(curve) + [UInt8(point.count)] + point
        return Wire.message(12, key + Wire.big(scheme) + Wire.vector([UInt8](repeating: 9, count: 64)))
    }

    /// A ServerKeyExchange with a prime.
    static func exchange(primeBytes: Int) -> [UInt8] {
        let number = Wire.vector([UInt8](repeating: 0xFB, count: primeBytes))
        return Wire.message(
            12, number + Wire.vector([2]) + number + Wire.big(0x0804) + Wire.vector([UInt8](repeating: 9, count: 64)))
    }

    /// TLS 1.2, or an older version.
    static func old(
        _ client: TestHello = .oldClient, _ server: TestHello = .oldServer, exchange: [UInt8]? = TestTalks.exchange(),
        middle: [UInt8] = [], version: UInt16 = 0x0303, records: [Int] = [40, 40, 120, 260], first: [Talk.Turn] = [],
        keys: [Talk.Turn]? = nil, then: [Talk.Turn] = []
    ) -> Talk {
        func clear(_ message: [UInt8]) -> [UInt8] { handshake(message, version: version) }
        func closed(_ place: Int, _ type: UInt8) -> [UInt8] {
            noise(records[place], UInt64(place + 20), type: type, version: version)
        }
        let change = Wire.record(20, [1], version: version)
        return Talk(
            turns: [
                .client(handshake(client.message, version: 0x0301)), .server(clear(server.message)),
                .server(clear(certificate)),
            ] + (exchange.map { [.server(clear($0))] } ?? []) + (middle.isEmpty ? [] : [.server(clear(middle))])
                + [.server(clear(done))] + first
                + (keys ?? [
                    .client(clear(Wire.message(16, [65] + TestHello.point256))), .client(change),
                    .client(closed(0, 22)),
                    .server(change), .server(closed(1, 22)),
                ]) + [.client(closed(2, 23)), .server(closed(3, 23))] + then)
    }

    /// A server refuses.
    static func refused(_ alerts: [UInt8]...) -> Talk {
        Talk(
            turns: [.client(handshake(TestHello.client.message, version: 0x0301))]
                + alerts.map { .server(Wire.record(21, $0)) })
    }

    /// A cipher of blocks that authenticates what it encrypted.
    static let blocks = old(
        .oldClient.adding(22, []), .oldServer.adding(22, []).with { $0.suites = [0x0067] },
        exchange: exchange(primeBytes: 256), records: [80, 80, 96, 256])

    /// The keys of heartbeats: one in the clear that says how long it is, and one under keys.
    static let heartbeats = old(
        .oldClient.adding(15, [1]), .oldServer.adding(15, [1]),
        first: [.client(Wire.record(24, [1, 0, 2, 7, 7] + [UInt8](repeating: 0, count: 16)))])
    static let closedHeartbeat = old(
        .oldClient.adding(15, [1]), .oldServer.adding(15, [1]), then: [.client(noise(61, 40, type: 24))])

    static let tls11 = old(
        .oldClient,
        .oldServer.with { hello in
            hello.legacy = 0x0302
            hello.suites = [0xC013]
        }, exchange: nil, version: 0x0302, records: [64, 64, 96, 256])
}
