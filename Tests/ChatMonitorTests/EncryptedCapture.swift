import Crypto
import Foundation
import TLSMonitor

/// A capture of one TLS 1.3 connection whose keys are known: TLS_AES_128_GCM_SHA256 over IPv4.
struct EncryptedCapture {
    private(set) var packets: [[UInt8]] = []
    private var next: [UInt32] = [1_000, 9_000_000]
    private var senders: [Sender]
    private let random = [UInt8](repeating: 0x11, count: 32)
    /// One of each kind: of the handshake and of what follows, client's first.
    private let secrets = (1...4).map { SymmetricKey(data: [UInt8](repeating: UInt8($0), count: 32)) }

    /// Seals what one side says (RFC 8446 §5.2).
    private struct Sender {
        let key: SymmetricKey
        let iv: [UInt8]
        var count: UInt64 = 0

        init(_ secret: SymmetricKey) {
            func expand(_ label: String, _ length: Int) -> SymmetricKey {
                let name = Array("tls13 \(label)".utf8)
                return HKDF<SHA256>.expand(
                    pseudoRandomKey: secret, info: [0, UInt8(length), UInt8(name.count)] + name + [0],
                    outputByteCount: length)
            }
            key = expand("key", 16)
            iv = expand("iv", 12).withUnsafeBytes { Array($0) }
        }

        mutating func record(_ type: UInt8, _ content: [UInt8]) throws -> [UInt8] {
            let number = withUnsafeBytes(of: count.bigEndian) { Array($0) }
            count += 1
            let length = content.count + 1 + 16
            let head: [UInt8] = [23, 3, 3, UInt8(length >> 8), UInt8(length & 255)]
            let box = try AES.GCM.seal(
                content + [type], using: key, nonce: .init(data: zip(iv, [0, 0, 0, 0] + number).map { $0 ^ $1 }),
                authenticating: head)
            return head + Array(box.ciphertext) + Array(box.tag)
        }
    }

    private static func big(_ value: Int) -> [UInt8] { [UInt8(value >> 8 & 255), UInt8(value & 255)] }
    private static func vector(_ bytes: [UInt8]) -> [UInt8] { big(bytes.count) + bytes }
    private static func message(_ type: UInt8, _ body: [UInt8]) -> [UInt8] { [type, 0] + vector(body) }
    private static func clear(_ type: UInt8, _ content: [UInt8]) -> [UInt8] { [type, 3, 3] + vector(content) }

    /// With its handshake.
    init() throws {
        senders = [Sender(secrets[0]), Sender(secrets[1])]
        let share = Self.big(29) + Self.vector([UInt8](repeating: 0x33, count: 32))
        let hello =
            [3, 3] + random + [0] + Self.vector([0x13, 0x01]) + [1, 0]
            + Self.vector([0, 43, 0, 3, 2, 3, 4] + Self.big(51) + Self.vector(Self.vector(share)))
        let answer =
            [3, 3] + [UInt8](repeating: 0x22, count: 32) + [0, 0x13, 0x01, 0]
            + Self.vector([0, 43, 0, 2, 3, 4] + Self.big(51) + Self.vector(share))
        segment(.clientToServer, flags: 2)
        segment(.serverToClient, flags: 18)
        send(.clientToServer, Self.clear(22, Self.message(1, hello)))
        send(.serverToClient, Self.clear(22, Self.message(2, answer)))
        let finished = Self.message(20, [UInt8](repeating: 0x44, count: 32))
        send(.serverToClient, try senders[1].record(22, Self.message(8, [0, 0]) + finished))
        send(.clientToServer, try senders[0].record(22, finished))
        senders = [Sender(secrets[2]), Sender(secrets[3])]
    }

    mutating func say(_ direction: FlowDirection, _ content: [UInt8], type: UInt8 = 23, record: Int = 4_000) throws {
        for start in stride(from: 0, to: content.count, by: record) {
            let piece = Array(content[start..<min(start + record, content.count)])
            send(direction, try senders[direction == .clientToServer ? 0 : 1].record(type, piece))
        }
    }

    mutating func close() throws {
        try say(.clientToServer, [1, 0], type: 21)
        segment(.clientToServer, flags: 17)
        segment(.serverToClient, flags: 17)
        segment(.clientToServer)
    }

    private mutating func send(_ direction: FlowDirection, _ bytes: [UInt8]) {
        for start in stride(from: 0, to: bytes.count, by: 1_400) {
            segment(direction, Array(bytes[start..<min(start + 1_400, bytes.count)]))
        }
    }

    private mutating func segment(_ direction: FlowDirection, _ payload: [UInt8] = [], flags: UInt8 = 16) {
        let side = direction == .clientToServer ? 0 : 1
        func big(_ value: UInt32) -> [UInt8] { Self.big(Int(value >> 16)) + Self.big(Int(value & 0xFFFF)) }
        let ports = [50_000, 7_443]
        let tcp =
            Self.big(ports[side]) + Self.big(ports[1 - side]) + big(next[side])
            + big(flags & 16 == 0 ? 0 : next[1 - side])
            + [0x50, flags, 0xFF, 0xFF, 0, 0, 0, 0] + payload
        let ends: [[UInt8]] = [[192, 0, 2, 1], [192, 0, 2, 2]]
        packets.append(
            [0x45, 0] + Self.big(20 + tcp.count) + [0, 1, 0x40, 0, 64, 6, 0, 0] + ends[side] + ends[1 - side] + tcp)
        next[side] &+= UInt32(payload.count) &+ (flags & 3 == 0 ? 0 : 1)
    }

    /// The secrets as programs write them (RFC 9850).
    func keyLog(only labels: Set<Int> = [0, 1, 2, 3]) -> String {
        let names = [
            "CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0",
            "SERVER_TRAFFIC_SECRET_0",
        ]
        func hex(_ bytes: [UInt8]) -> String { bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
        return labels.sorted().map { index in
            "\(names[index]) \(hex(random)) \(hex(secrets[index].withUnsafeBytes { Array($0) }))\n"
        }.joined()
    }

    /// A pcap file of raw IP packets.
    var file: [UInt8] {
        func little(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(value >> (8 * $0) & 255) } }
        var bytes = little(0xA1B2_C3D4) + [2, 0, 4, 0] + little(0) + little(0) + little(65_535) + little(101)
        for (index, packet) in packets.enumerated() {
            bytes += little(1_790_000_000) + little(index) + little(packet.count) + little(packet.count) + packet
        }
        return bytes
    }
}
