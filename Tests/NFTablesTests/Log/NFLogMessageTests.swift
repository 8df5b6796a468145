import Firewall
import Testing

@testable import NFTables

@Suite("NFLogMessage, SequenceCount: linux/netfilter/nfnetlink_log.h")
struct NFLogMessageTests {
    private func attribute(_ type: UInt16, _ value: [UInt8]) -> [UInt8] {
        let length = UInt16(value.count + 4)
        return withUnsafeBytes(of: length) { Array($0) } + withUnsafeBytes(of: type) { Array($0) } + value
            + [UInt8](repeating: 0, count: -value.count & 3)
    }

    /// `struct nlmsghdr`.
    private static func header(length: Int, type: UInt16) -> [UInt8] {
        let words: [UInt32] = [UInt32(16 + length), UInt32(type), 0, 0]
        return words.withUnsafeBytes { Array($0) }
    }

    /// A message of the type, to group 77.
    private func message(type: UInt16 = 0x0400, _ attributes: [UInt8]) -> NFLogMessage? {
        let body: [UInt8] = [2, 0, 0, 77] + attributes
        let header = Self.header(length: body.count, type: type)
        var messages = NetlinkMessages((header + body)[...])
        return messages.next().flatMap { NFLogMessage($0) }
    }

    @Test("reads number, prefix, time and cards")
    func readsAttributes() throws {
        let time: [UInt8] = [0, 0, 0, 0, 0x65, 0x53, 0xF1, 0x00] + [0, 0, 0, 0, 0, 1, 0xE2, 0x40]
        let read = message(
            attribute(10, Array("cfw:rule 3".utf8) + [0]) + attribute(12, [0, 0, 1, 2]) + attribute(3, time)
                + attribute(4, [0, 0, 0, 7]) + attribute(5, [0, 0, 0, 8]) + attribute(9, [0x45]))
        let entry = try #require(read)
        #expect(entry.group == 77 && entry.sequence == 258 && entry.prefix == "cfw:rule 3")
        #expect(entry.time == 1_700_000_000_123 && entry.inputInterface == 7 && entry.outputInterface == 8)
        #expect(entry.packet(now: 5).time == 1_700_000_000_123 && entry.packet(now: 5).length == 1)
    }

    @Test("passes over what has another type or no group, and times that are none")
    func rejectsOthers() {
        #expect(message(type: 0x0401, []) == nil && message(type: 0x0A00, []) == nil)
        #expect(message([])?.packet(now: 9).time == 9)
        let wild = message(attribute(3, [UInt8](repeating: 0xFF, count: 16)))
        #expect(wild?.packet(now: 9).time == 9)
        #expect(message(attribute(3, [1, 2, 3]))?.packet(now: 9).time == 9)
    }

    @Test("ends a prefix after 127 bytes")
    func boundsPrefix() {
        #expect(message(attribute(10, [UInt8](repeating: 0x78, count: 4_000)))?.prefix.count == 127)
        #expect(message(attribute(10, [0xFF, 0xFE, 0x41, 0]))?.prefix.hasSuffix("A") == true)
    }

    @Test("counts gaps, over the end of 32 bits too, and none where a group begins anew")
    func countsGaps() throws {
        var counting = SequenceCount()
        func count(_ number: UInt32) throws {
            let bytes = withUnsafeBytes(of: number.bigEndian) { Array($0) }
            counting.count(try #require(message(attribute(12, bytes))))
        }
        for number in [5, 6, 7] as [UInt32] { try count(number) }
        #expect(counting.lost == 0)
        try count(10)
        #expect(counting.lost == 2)
        try count(0)
        #expect(counting.lost == 2)
        try count(.max - 2_000_000_000)
        try count(.max - 1_000_000_000)
        let before = counting.lost
        try count(.max)
        try count(1)
        #expect(counting.lost == before + 1_000_000_000 - 1 + 1)
    }

    @Test("reads any bytes without trapping")
    func survivesFuzz() {
        var generator = SystemRandomNumberGenerator()
        let seed: [UInt8] =
            [2, 0, 0, 77] + attribute(10, Array("cfw:ban".utf8)) + attribute(3, [UInt8](repeating: 1, count: 16))
            + attribute(9, [0x60] + [UInt8](repeating: 43, count: 60)) + attribute(12, [0, 0, 0, 1])
        let header = Self.header(length: seed.count, type: 0x0400)
        var read = 0
        for _ in 0..<40_000 {
            var bytes = header + seed
            for _ in 0..<Int.random(in: 0...5, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            if Bool.random(using: &generator) { bytes.removeLast(Int.random(in: 0...bytes.count, using: &generator)) }
            for message in NetlinkMessages(bytes[...]) {
                guard let entry = NFLogMessage(message) else { continue }
                read += 1
                #expect(entry.packet(now: 0).length <= 65_575)
            }
        }
        #expect(read > 10_000)
    }
}
