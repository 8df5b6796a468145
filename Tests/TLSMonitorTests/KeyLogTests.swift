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
        for _ in 0..<Effort.rounds(200) { log.add(generator.bytes(300)) }
        #expect(log.isEmpty)
    }

    @Test("a key log that was changed anywhere is read all the same")
    func changed() {
        var generator = SeededGenerator(5)
        let text = Array(
            KeyLog.Label.allCases.map { "\($0.rawValue) \(random) \(secret)" }.joined(separator: "\r\n").utf8)
        for _ in 0..<Effort.rounds(500) {
            var changed = text
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let place = Int.random(in: changed.indices, using: &generator)
                switch Int.random(in: 0...2, using: &generator) {
                case 0: changed[place] = UInt8.random(in: .min ... .max, using: &generator)
                case 1: changed.remove(at: place)
                default: changed.insert(UInt8.random(in: .min ... .max, using: &generator), at: place)
                }
            }
            let log = KeyLog()
            log.add(changed)
            #expect(log.count >= 1 && log.count <= 7)
        }
    }

    @Test(
        "lines end with CR LF, LF, CR or not at all; fields are apart by spaces or tabs",
        arguments: ["\r\n", "\n", "\r"])
    func ends(end: String) {
        let log = KeyLog()
        log.add(
            Array(
                (end + "# \(random)" + end + " CLIENT_RANDOM  \(random)\t\(secret) " + end
                    + "SERVER_HANDSHAKE_TRAFFIC_SECRET \(random) \(secret)").utf8))
        #expect(log.count == 2 && log.unusedLines == 0)
    }

    @Test("lines of any length, labels of others and secrets of wrong lengths are nothing")
    func refused() {
        let log = KeyLog()
        let long = String(repeating: "ab", count: 4_000)
        log.add(Array("CLIENT_RANDOM \(random) \(long)\nCLIENT_RANDOM \(long) \(secret)\n\(long)\n".utf8))
        log.add(Array("CLIENT_RANDOM \(random) \(secret) \(long)\nCLIENT_RANDOM \(random) \(secret) x\n".utf8))
        // A master secret has 48 bytes.
        log.add(Array("CLIENT_RANDOM \(random) \(secret.dropLast(2))\nclient_random \(random) \(secret)\n".utf8))
        log.add(Array("RSA 0011223344556677 \(secret)\nECH_SECRET \(random) \(secret)\nCLIENT_RANDOM \(random)\n".utf8))
        #expect(log.isEmpty && log.unusedLines == 10)
    }

    @Test("the first secret of a name stays, and there are no more than the limit")
    func limits() {
        let log = KeyLog(limit: 3)
        for number in 10..<20 {
            let random = String(repeating: "\(number)", count: 32)
            log.add(
                Array("CLIENT_RANDOM \(random) \(secret)\nCLIENT_RANDOM \(random) \(random)\(random.prefix(32))\n".utf8)
            )
        }
        #expect(log.count == 3 && log.unusedLines == 14)
        #expect(
            log.secret(.master, of: [UInt8](repeating: 0x10, count: 32))
                == SymmetricKey(data: [UInt8](repeating: 1, count: 48)))
    }
}
