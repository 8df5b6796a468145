import Testing

@testable import TLSMonitor

/// What must neither trap nor take time out of proportion.
@Suite("Hostile packets") struct HostilityTests {
    @Test("packets of random bytes, on every link") func noise() {
        var generator = SeededGenerator(3)
        let links: [LinkType] = [.ethernet, .null, .cooked, .cooked2, .raw, .other(9)]
        var packets: [TestPacket] = []
        for round in 0..<Effort.rounds(3_000) {
            let bytes = generator.bytes(Int.random(in: 0...120, using: &generator))
            packets.append(
                TestPacket(link: links[round % links.count], bytes: bytes, originalLength: Int.random(in: 0...200)))
        }
        let seen = Observation(packets)
        #expect(seen.balances)
        #expect(seen.report.packets == packets.count)
        #expect(seen.verdict != .proven)
    }

    @Test("every prefix of a packet, in every wrapping", arguments: Wrapping.allCases)
    func prefixes(wrapping: Wrapping) {
        let packet = Connection.whole(.clean(), wrapping)[3]
        for count in 0...packet.bytes.count {
            packet.bytes[..<count].withUnsafeBytes { bytes in
                switch PacketDecoder.decode(bytes, link: packet.link, originalLength: packet.originalLength) {
                case .tcp(let segment):
                    #expect(segment.payload.upperBound <= count)
                    #expect(segment.payload.count + segment.missing == Talk.clean().turns[0].bytes.count)
                case .other(let kind): #expect(kind == .truncated)
                case .fragment, .tunnel: Issue.record("it is neither")
                }
            }
        }
    }

    @Test("streams of random bytes that look like records, joined anywhere", arguments: 0..<3 as Range<UInt64>)
    func seeking(seed: UInt64) {
        var generator = SeededGenerator(seed)
        var stream: [UInt8] = []
        while stream.count < 50_000 {
            stream +=
                [[23, 3, 3], [22, 3, 1], [23, 3, 3, 0], generator.bytes(3)].randomElement(using: &generator) ?? []
        }
        for size in [1, 7, 1_400] {
            var scanner = RecordScanner()
            scanner.seek()
            var count = 0
            let sighting = Sighting(packet: 1, time: 0)
            func take(_ item: RecordScanner.Item) {
                switch item {
                case .record(let record): count += record.byteCount
                case .skipped(let some, _, _), .moreForeign(let some): count += some
                case .foreign, .begins: break
                }
            }
            for start in stride(from: 0, to: stream.count, by: size) {
                stream[start..<min(start + size, stream.count)].withUnsafeBytes {
                    scanner.feed($0, at: start, sighting, take)
                }
                if start % 9_973 == 0 { scanner.skip(Int.random(in: 0...20, using: &generator), sighting, take) }
            }
            scanner.finish(sighting, take)
            #expect(count == stream.count)
        }
    }

    @Test("a search that finds no record looks at each byte once") func seekingSpeed() {
        // A header at every third byte, none of which is followed by another one.
        let stream = (0..<100_000).map { [23, 3, 3][$0 % 3] as UInt8 }
        var scanner = RecordScanner()
        scanner.seek()
        var count = 0
        func take(_ item: RecordScanner.Item) {
            switch item {
            case .record(let record): count += record.byteCount
            case .skipped(let some, _, _): count += some
            case .foreign, .moreForeign, .begins: Issue.record("a chance is taken for records")
            }
        }
        let sighting = Sighting(packet: 1, time: 0)
        let time = ContinuousClock().measure {
            for place in stream.indices {
                stream[place...place].withUnsafeBytes { scanner.feed($0, at: place, sighting, take) }
            }
            scanner.finish(sighting, take)
        }
        #expect(count == stream.count)
        #expect(time < .seconds(20))
    }

    @Test("records are found again after a gap, wherever it is cut") func resynchronise() {
        let record = Wire.record(23, VerdictTests.noise(900))
        let stream = Array(repeating: record, count: 20).joined().map { $0 }
        for cut in stride(from: 1, to: 905, by: 13) {
            var scanner = RecordScanner()
            scanner.seek()
            var records = 0
            var skipped = 0
            let sighting = Sighting(packet: 1, time: 0)
            func take(_ item: RecordScanner.Item) {
                switch item {
                case .record: records += 1
                case .skipped(let count, _, _): skipped += count
                default: Issue.record("there is nothing foreign")
                }
            }
            for start in stride(from: cut, to: stream.count, by: 700) {
                stream[start..<min(start + 700, stream.count)].withUnsafeBytes {
                    scanner.feed($0, at: start, sighting, take)
                }
            }
            scanner.finish(sighting, take)
            #expect(records == 19)
            #expect(skipped == 905 - cut)
        }
    }

    @Test("one connection cannot make the monitor keep many bytes for others") func pendingOfAll() {
        var packets: [TestPacket] = []
        for port in 0..<5 as Range<UInt16> {
            var connection = Connection(port: 30_000 + port)
            connection.open()
            packets += connection.packets
            for index in 0..<40 {
                let sequence = connection.next[0] &+ 100 &+ UInt32(index * 20_000)
                packets.append(
                    connection.segment(.clientToServer, sequence: sequence, [UInt8](repeating: 65, count: 10_000)))
            }
        }
        let seen = Observation(packets, pendingLimit: 1 << 20)
        #expect(seen.balances)
        #expect(seen.verdict == .inconclusive || seen.verdict == .refuted)
        #expect(seen.report.payloadBytes == 5 * 40 * 10_000)
    }
}
