import Crypto
import Foundation
import TLSWire
import Testing

@testable import TLSMonitor

@Suite("Keys, RFC 9850")
struct KeyLogTests {
    private let random = String(repeating: "ab", count: 32)
    private let secret = String(repeating: "01", count: 48)

    @Test("lines are read in either case, and what is no line is counted")
    func lines() {
        let log = KeyLog()
        log.add(
            Array(
                """
                # a comment

                CLIENT_TRAFFIC_SECRET_0 \(random) \(secret)
                SERVER_TRAFFIC_SECRET_0 \(random.uppercased()) \(secret.uppercased())\r
                EXPORTER_SECRET \(random) \(secret)
                CLIENT_TRAFFIC_SECRET_0 \(random.dropLast(2)) \(secret)
                CLIENT_TRAFFIC_SECRET_0 \(random) \(secret)0
                CLIENT_TRAFFIC_SECRET_0 \(random) xx
                nonsense
                """.utf8))
        #expect(log.count == 2)
        #expect(log.unusedLines == 5)
        let key = [UInt8](repeating: 0xAB, count: 32)
        #expect(log.secret(.clientTraffic, of: key) == SymmetricKey(data: [UInt8](repeating: 1, count: 48)))
        #expect(log.secret(.serverTraffic, of: key) != nil)
        #expect(log.secret(.serverHandshake, of: key) == nil)
    }

    @Test("any bytes can be a key log")
    func noise() {
        var generator = SeededGenerator(4)
        let log = KeyLog()
        for _ in 0..<200 { log.add(generator.bytes(300)) }
        #expect(log.isEmpty)
    }

    /// A sender with a key, and an opener with the same.
    private struct Pair {
        var opener: RecordOpener
        let key: SymmetricKey
        let iv: [UInt8]
        var count: UInt64 = 0

        init() throws {
            let suite = try #require(SuiteParameters(TLSCipherSuite(rawValue: 0x1301)))
            let secret = SymmetricKey(data: [UInt8](repeating: 9, count: 32))
            opener = RecordOpener(suite, secret: secret)
            key = suite.expand(secret, "key", length: 16)
            iv = suite.expand(secret, "iv", length: 12).withUnsafeBytes { Array($0) }
        }

        mutating func seal(_ content: [UInt8], type: UInt8 = 23, padding: Int = 0) throws -> [UInt8] {
            let number = withUnsafeBytes(of: count.bigEndian) { Array($0) }
            count += 1
            let plaintext = content + [type] + [UInt8](repeating: 0, count: padding)
            let length = plaintext.count + 16
            let box = try AES.GCM.seal(
                plaintext, using: key, nonce: .init(data: zip(iv, [0, 0, 0, 0] + number).map { $0 ^ $1 }),
                authenticating: [23, 3, 3, UInt8(length >> 8), UInt8(length & 255)])
            return Array(box.ciphertext) + Array(box.tag)
        }

        mutating func open(_ payload: [UInt8]) throws -> RecordOpener.Opened? {
            let header: [UInt8] = [23, 3, 3, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
            let decoded = try header.withUnsafeBytes { try TLSRecordHeader(decoding: $0) }
            return opener.open(decoded, payload)
        }
    }

    @Test("content, its type and the padding are told apart")
    func padding() throws {
        var pair = try Pair()
        let opened = try pair.open(pair.seal([1, 2, 0], type: 22, padding: 5))
        #expect(opened == RecordOpener.Opened(type: 22, content: [1, 2, 0], padding: 5))
        #expect(try pair.open(pair.seal([]))?.content == [])
    }

    @Test("lost, repeated and foreign records are told apart")
    func places() throws {
        var pair = try Pair()
        let first = try pair.seal([1])
        _ = try pair.seal([2])
        _ = try pair.seal([3])
        let fourth = try pair.seal([4])
        let fifth = try pair.seal([5])
        #expect(try pair.open(first)?.displacement == 0)
        #expect(try pair.open(fourth)?.displacement == 2)
        #expect(try pair.open(first)?.displacement == -4)
        #expect(try pair.open(fifth)?.displacement == 3)
        // Something foreign uses up a number, and the true record behind it is one too early.
        #expect(try pair.open([UInt8](repeating: 7, count: 40)) == nil)
        #expect(try pair.open(pair.seal([6]))?.displacement == -1)
    }

    @Test("an altered record is not opened, and the next one is in its place")
    func altered() throws {
        var pair = try Pair()
        var record = try pair.seal([1, 2, 3])
        record[0] ^= 1
        #expect(try pair.open(record) == nil)
        #expect(try pair.open(pair.seal([4]))?.displacement == 0)
        #expect(try pair.open([1, 2, 3]) == nil)
    }

    @Test("a record of zeros alone holds no type, and is refused")
    func zeros() throws {
        var pair = try Pair()
        #expect(try pair.open(pair.seal([], type: 0, padding: 9)) == nil)
    }

    @Test("a changed key opens what follows")
    func update() throws {
        var pair = try Pair()
        #expect(try pair.open(pair.seal([1])) != nil)
        pair.opener.update()
        #expect(try pair.open(pair.seal([2])) == nil)
    }
}
