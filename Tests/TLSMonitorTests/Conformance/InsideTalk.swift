import Crypto

@testable import TLSMonitor

/// A TLS 1.3 connection that is really encrypted, under keys that are known.
struct InsideTalk {
    /// What a record holds inside.
    struct Inside {
        var direction: FlowDirection
        var type: UInt8
        var content: [UInt8]
        var padding = 0

        static func client(_ type: UInt8, _ content: [UInt8]) -> Inside {
            Inside(direction: .clientToServer, type: type, content: content)
        }
        static func server(_ type: UInt8, _ content: [UInt8]) -> Inside {
            Inside(direction: .serverToClient, type: type, content: content)
        }
    }

    /// The keys of one sender: of its handshake, then of its data.
    private struct Sealer {
        var secrets: [SymmetricKey]
        var count: UInt64 = 0

        mutating func seal(_ inside: Inside) throws -> [UInt8] {
            let key = Self.expand(secrets[0], "key", 16), iv = Self.expand(secrets[0], "iv", 12)
            let number = [0, 0, 0, 0] + withUnsafeBytes(of: count.bigEndian) { Array($0) }
            count += 1
            let text = inside.content + [inside.type] + [UInt8](repeating: 0, count: inside.padding)
            let header: [UInt8] = [23, 3, 3] + Wire.big(UInt16(text.count + 16))
            let box = try AES.GCM.seal(
                text, using: SymmetricKey(data: key), nonce: .init(data: zip(iv, number).map { $0 ^ $1 }),
                authenticating: header)
            if inside.type == 22, inside.content.first == 20, secrets.count > 1 {
                secrets.removeFirst()
                count = 0
            }
            return header + box.ciphertext + box.tag
        }

        /// RFC 8446 §7.1.
        private static func expand(_ secret: SymmetricKey, _ label: String, _ length: Int) -> [UInt8] {
            let name = Array("tls13 \(label)".utf8)
            let info = Wire.big(UInt16(length)) + [UInt8(name.count)] + name + [0]
            return HKDF<SHA256>.expand(pseudoRandomKey: secret, info: info, outputByteCount: length)
                .withUnsafeBytes { Array($0) }
        }
    }

    static let labels = [
        "CLIENT_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0", "SERVER_HANDSHAKE_TRAFFIC_SECRET",
        "SERVER_TRAFFIC_SECRET_0",
    ]

    private static func secret(_ place: Int) -> [UInt8] { [UInt8](repeating: UInt8(place + 1), count: 32) }

    static var keyLog: KeyLog {
        func digits(_ bytes: [UInt8]) -> String {
            bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        }
        let log = KeyLog()
        for (place, label) in labels.enumerated() {
            log.add(Array("\(label) \(digits(TestHello.clientRandom)) \(digits(secret(place)))\n".utf8))
        }
        return log
    }

    static func message(_ type: UInt8, _ count: Int = 30) -> [UInt8] {
        Wire.message(type, [UInt8](repeating: 1, count: count))
    }

    /// As it should be, up to the closures.
    static let good: [Inside] = [
        .server(22, message(8, 2)), .server(22, message(11, 300)), .server(22, message(15, 80)),
        .server(22, message(20, 32)), .client(22, message(20, 32)), .server(22, message(4, 200)),
        .client(23, Array("hello".utf8)), .server(23, Array("hello".utf8)), .client(21, [1, 0]), .server(21, [1, 0]),
    ]

    static func talk(_ insides: [Inside] = good) throws -> Talk {
        var sealers = [
            Sealer(secrets: [0, 1].map { SymmetricKey(data: secret($0)) }),
            Sealer(secrets: [2, 3].map { SymmetricKey(data: secret($0)) }),
        ]
        var talk = Talk(turns: [
            .client(TestTalks.handshake(TestHello.client.message, version: 0x0301)),
            .server(TestTalks.handshake(TestHello.server.message)),
        ])
        for inside in insides {
            let record = try sealers[inside.direction == .clientToServer ? 0 : 1].seal(inside)
            talk.turns.append(Talk.Turn(direction: inside.direction, bytes: record))
        }
        return talk
    }

    /// One more, or another one in its place.
    static func good(inserting inside: Inside..., at place: Int) -> [Inside] {
        var all = good
        all.insert(contentsOf: inside, at: place)
        return all
    }
}
