import Testing

@testable import TLSMonitor

@Suite("Reassembly, RFC 9293 §3.4") struct ReassemblyTests {
    /// What a record was, apart from when it was seen.
    private struct Record: Equatable {
        var direction: FlowDirection
        var offset: Int
        var length: Int
        var type: UInt8
        var kind: RecordClass
        var words: [String]
    }

    private func records(_ seen: Observation) -> [[Record]] {
        FlowDirection.allCases.map { direction in
            seen.records.filter { $0.direction == direction }.map {
                Record(
                    direction: direction, offset: $0.offset, length: $0.length, type: $0.contentType.rawValue,
                    kind: $0.kind, words: $0.words)
            }
        }
    }

    /// Cuts a talk into segments of random sizes, overlaps, duplicates and shuffles them within a window.
    private func scramble(_ talk: Talk, _ generator: inout SeededGenerator) -> [TestPacket] {
        // Both streams' numbers wrap around.
        var connection = Connection(sequences: (UInt32.max - 700, UInt32.max - 5_000))
        connection.open()
        var batch: [TestPacket] = []
        func flush() {
            for index in batch.indices.dropFirst() where Bool.random(using: &generator) {
                batch.swapAt(index, max(0, index - Int.random(in: 1...4, using: &generator)))
            }
            connection.packets += batch
            batch = []
        }
        for turn in talk.turns {
            let first = connection.next[turn.direction.index]
            // The other side has all of the turn before it answers.
            var start = 0
            while start < turn.bytes.count {
                let count = min(turn.bytes.count - start, Int.random(in: 1...2_000, using: &generator))
                let back = min(start, Int.random(in: 0...3, using: &generator) * 20)
                let piece = Array(turn.bytes[(start - back)..<(start + count)])
                let sequence = first &+ UInt32(start - back)
                batch.append(connection.segment(turn.direction, sequence: sequence, piece))
                if Int.random(in: 0..<4, using: &generator) == 0, let again = batch.randomElement(using: &generator) {
                    batch.append(again)
                }
                start += count
            }
            flush()
            connection.advance(turn.direction, by: turn.bytes.count)
        }
        connection.close()
        return connection.packets
    }

    @Test(
        "segments cut, doubled, overlapped and shuffled give the same records and ledger",
        arguments: 0..<60 as Range<UInt64>)
    func scrambled(seed: UInt64) {
        var generator = SeededGenerator(seed)
        let talk = Talk.clean(seed: seed)
        let plain = Observation(talk)
        let seen = Observation(scramble(talk, &generator))
        #expect(records(seen) == records(plain))
        #expect(seen.report.ledger == plain.report.ledger)
        #expect(seen.verdict == .proven, "\(seen.report.findings.map(\.words))")
    }

    @Test("segments of one byte give the same records") func bytewise() {
        var connection = Connection()
        connection.open()
        var talk = Talk.clean()
        talk.turns.remove(at: 11)
        connection.say(talk, segment: 1)
        connection.close()
        let seen = Observation(connection.packets)
        #expect(records(seen) == records(Observation(talk)))
        #expect(seen.verdict == .proven)
    }

    @Test("a hello may span records, and a record may hold several messages") func messages() {
        let hello = Wire.clientHello(padding: 1_500)
        let parts = [hello[..<3], hello[3..<700], hello[700...]].flatMap { Wire.record(22, Array($0)) }
        let seen = Observation(Talk.clean().replacing(0, with: .client(parts)))
        #expect(seen.verdict == .proven)
        #expect(seen.records.filter { $0.clientHello != nil }.map(\.number) == [3])
        let between =
            Wire.record(22, Array(hello[..<700])) + Wire.changeCipherSpec + Wire.record(22, Array(hello[700...]))
        #expect(Observation(Talk.clean().replacing(0, with: .client(between))).verdict == .refuted)
    }

    @Test("data on a SYN is the stream's first") func dataOnSyn() {
        let talk = Talk.clean()
        var connection = Connection()
        connection.send(.clientToServer, flags: Connection.syn, Array(talk.turns[0].bytes[..<50]))
        connection.send(.serverToClient, flags: Connection.syn | Connection.ack)
        connection.send(.clientToServer, Array(talk.turns[0].bytes[50...]))
        connection.say(Talk(turns: Array(talk.turns[1...])))
        #expect(Observation(connection.packets).verdict == .proven)
        #expect(records(Observation(connection.packets)) == records(Observation(talk)))
    }

    @Test("keep-alives are no data, but a byte that is sent again is compared") func keepAlive() {
        var connection = Connection()
        connection.open()
        connection.say(.clean())
        let last = connection.next[0] &- 1
        let empty = connection.segment(.clientToServer, sequence: last)
        let zero = connection.segment(.clientToServer, sequence: last, [0])
        let text = connection.segment(.clientToServer, sequence: last, [104])
        let olderText = connection.segment(.clientToServer, sequence: last &- 9, [104])
        let older = connection.segment(.clientToServer, sequence: last &- 9, [0])
        connection.close()
        let packets = connection.packets
        #expect(Observation(Array(packets.dropLast(3)) + [empty, zero, zero]).verdict == .proven)
        #expect(Observation(Array(packets.dropLast(3)) + [text]).verdict == .inconclusive)
        #expect(Observation(Array(packets.dropLast(3)) + [olderText]).verdict == .inconclusive)
        #expect(Observation(Array(packets.dropLast(3)) + [older]).verdict == .proven)
    }

    @Test("a FIN that is sent again, with its data, changes nothing") func finAgain() {
        var connection = Connection()
        connection.open()
        connection.say(.clean())
        let data = connection.packets.last
        connection.close()
        let fin = connection.packets[connection.packets.count - 2]
        #expect(Observation(connection.packets + [fin, data, fin].compactMap { $0 }).verdict == .proven)
    }

    @Test("a FIN tells where a stream ends, and what is missing before it") func finBehindGap() {
        var connection = Connection()
        connection.open()
        connection.say(.clean())
        let count = connection.packets.count
        connection.send(.clientToServer, [UInt8](repeating: 65, count: 80))
        connection.send(.clientToServer, flags: Connection.fin | Connection.ack)
        var packets = connection.packets
        #expect(Observation(packets).verdict == .refuted)
        packets.remove(at: count)
        let seen = Observation(packets)
        #expect(seen.verdict == .inconclusive)
        #expect(seen.says("80 bytes of what the client sent are not in the capture"))
    }

    @Test("an acknowledgement tells what is missing at the end") func acknowledged() {
        var connection = Connection()
        connection.open()
        connection.say(.clean())
        let count = connection.packets.count
        connection.send(.clientToServer, [UInt8](repeating: 65, count: 80))
        connection.send(.serverToClient)
        var packets = connection.packets
        packets.remove(at: count)
        #expect(Observation(packets).verdict == .inconclusive)
        #expect(Observation(Array(packets.dropLast())).verdict == .proven)
    }

    @Test("a reset ends a connection, and the port may be used again") func reset() {
        var first = Connection()
        first.open()
        first.say(.clean())
        first.send(.clientToServer, flags: Connection.rst | Connection.ack)
        var second = Connection(sequences: (77, 88))
        second.open()
        second.say(.clean(seed: 2))
        second.close()
        let seen = Observation(first.packets + second.packets)
        #expect(seen.verdict == .proven, "\(seen.report.findings.map(\.words))")
        #expect(seen.report.flowCount == 2)
        #expect(seen.report.establishedCount == 2)
    }

    @Test("a port that is used again without an end is another connection") func portReuse() {
        var first = Connection()
        first.open()
        first.say(.clean())
        let again = Connection.whole(.clean(seed: 3))
        // The same numbers: the same SYN, sent again. Other numbers: another connection.
        var other = Connection(sequences: (500_000, 600_000))
        other.open()
        other.say(.clean(seed: 4))
        #expect(Observation(first.packets + other.packets).report.flowCount == 2)
        #expect(Observation(first.packets + other.packets).verdict == .proven)
        #expect(Observation(first.packets + [again[0], again[1], again[2]]).report.flowCount == 1)
    }

    @Test("two connections at once do not mix") func interleaved() {
        let one = Connection.whole(.clean(seed: 5), port: 40_001)
        let two = Connection.whole(.clean(seed: 6), port: 40_002)
        let mixed = zip(one, two).flatMap { [$0, $1] }
        let seen = Observation(mixed)
        #expect(seen.verdict == .proven)
        #expect(seen.report.flows.map(\.records) == [15, 15])
    }

    @Test("what waits for a missing segment is bounded in bytes and in pieces", arguments: [1, 1_400])
    func pending(size: Int) {
        var connection = Connection()
        connection.open()
        connection.say(.clean())
        let first = connection.next[0] &+ 10
        let count = size == 1 ? 9_000 : 3_200
        let piece = [UInt8](repeating: 65, count: size)
        var stream = StreamReassembler()
        var gaps = 0, bytes = 0, most = 0
        for packet in connection.packets[..<3] { feed(packet, to: &stream) { _ in } }
        for index in 0..<count {
            // Every other piece, so that they cannot be joined.
            let sequence = first &+ UInt32(index * 2 * size)
            feed(connection.segment(.clientToServer, sequence: sequence, piece), to: &stream) { output in
                switch output {
                case .gap: gaps += 1
                case .bytes(let pointer, _, _): bytes += pointer.count
                default: break
                }
            }
            most = max(most, stream.pendingBytes)
        }
        #expect(most <= StreamReassembler.pendingLimit + size && most <= StreamReassembler.pieceLimit * size)
        #expect(gaps > 0)
        stream.finish(Sighting(packet: 0, time: 0)) {
            if case .bytes(let pointer, _, _) = $0 { bytes += pointer.count }
        }
        #expect(bytes == count * size)
    }

    private func feed(
        _ packet: TestPacket, to stream: inout StreamReassembler, _ output: (StreamReassembler.Output) -> Void
    ) {
        packet.bytes.withUnsafeBytes { bytes in
            guard
                case .tcp(let segment) = PacketDecoder.decode(
                    bytes, link: packet.link, originalLength: packet.originalLength),
                segment.source.port != 7_443
            else { return }
            stream.receive(
                segment, UnsafeRawBufferPointer(rebasing: bytes[segment.payload]), Sighting(packet: 1, time: 0), output)
        }
    }
}
