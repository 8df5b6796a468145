import Testing

@testable import TLSMonitor

@Suite("What is sent again") struct RecentBytesTests {
    private func compare(_ recent: RecentBytes, _ bytes: [UInt8], at offset: Int) -> RecentBytes.Comparison {
        bytes.withUnsafeBytes { recent.compare($0, at: offset) }
    }

    @Test("is compared as far as it is known", arguments: [1, 7, 1_000, 40_000])
    func window(piece: Int) {
        let stream = VerdictTests.noise(100_000)
        var recent = RecentBytes()
        for start in stride(from: 0, to: stream.count, by: piece) {
            stream[start..<min(start + piece, stream.count)].withUnsafeBytes { recent.append($0, at: start) }
        }
        let known = stream.count - RecentBytes.leastCapacity
        #expect(compare(recent, Array(stream[known...]), at: known) == .same)
        #expect(compare(recent, Array(stream[..<100]), at: 0) == .unknown(100))
        var changed = Array(stream[99_000...])
        changed[500] ^= 0x40
        #expect(compare(recent, changed, at: 99_000) == .differs(at: 99_500))
        // A part of it lies ahead.
        #expect(compare(recent, Array(stream[99_999...]) + [1, 2], at: 99_999) == .unknown(2))
        #expect(compare(recent, [1, 2], at: -5) == .unknown(2))
    }

    @Test("is kept longer the fewer connections there are, and never without bound") func budget() {
        #expect(RecentBytes.capacity(for: 0) == RecentBytes.mostCapacity)
        #expect(RecentBytes.capacity(for: 6) == RecentBytes.mostCapacity)
        #expect(RecentBytes.capacity(for: 100) == 15_728)
        #expect(RecentBytes.capacity(for: 16_384) == RecentBytes.leastCapacity)
    }

    @Test("a large segment sent again in part is no doubt") func largeSegments() {
        var connection = Connection()
        connection.open()
        connection.say(.clean())
        let start = connection.next[1]
        var generator = SeededGenerator(6)
        let records = (0..<16).flatMap { _ in Wire.record(23, generator.bytes(16_000)) }
        for place in stride(from: 0, to: records.count, by: 60_000) {
            connection.send(.serverToClient, Array(records[place..<min(place + 60_000, records.count)]))
        }
        connection.packets.append(
            connection.segment(.serverToClient, sequence: start &+ 50_000, Array(records[50_000..<77_000])))
        #expect(Observation(connection.packets).verdict == .proven)
        var changed = Array(records[50_000..<77_000])
        changed[9] ^= 1
        connection.packets.append(connection.segment(.serverToClient, sequence: start &+ 50_000, changed))
        #expect(Observation(connection.packets).verdict == .inconclusive)
    }
}
