import TLSWire
import Testing

@testable import TLSMonitor

/// Records are encrypted with real keys; then somebody on the way changes what passes, and the sequence numbers of TCP with it.
@Suite("Records that keys do not open, or not in their places") struct FailureTests {
    private typealias Failure = SealedObservation.Failure

    static let suites: [UInt16] = [0x1301, 0x1302, 0x1303, 0x1304, 0x1305]

    private func expect(
        _ talk: SealedTalk, _ expected: [(KeyFailure, Int)], unopened: Int,
        _ location: SourceLocation = #_sourceLocation
    ) -> SealedObservation {
        let seen = SealedObservation(talk)
        let failures = expected.map { failure, turn in
            Failure(failure: failure, direction: talk.talk.turns[turn].direction, offset: talk.offset(turn))
        }
        #expect(seen.failures == failures, "\(seen.report.findings.map(\.words))", sourceLocation: location)
        #expect(seen.report.unopened == unopened, sourceLocation: location)
        #expect(seen.report.opened + unopened == seen.protected.count, sourceLocation: location)
        #expect(seen.report.verdict == (expected.isEmpty ? .proven : .inconclusive), sourceLocation: location)
        return seen
    }

    @Test("are none where nobody interferes", arguments: suites)
    func clean(suite: UInt16) {
        let talk = SealedTalk.whole(suite)
        let seen = expect(talk, [], unopened: 0)
        #expect(seen.protected.map { $0.length } == talk.talk.turns[2...].map { $0.bytes.count - 5 })
    }

    @Test("were altered, if what follows opens in its place", arguments: suites, [5, 9, 40])
    func altered(suite: UInt16, byte: Int) {
        var talk = SealedTalk.whole(suite)
        let place = talk.data[.clientToServer]![2]
        let last = talk.talk.turns[place].bytes.count - 1
        talk.talk.turns[place].bytes[min(byte, last)] ^= 0x10
        let seen = expect(talk, [(.altered, place)], unopened: 1)
        #expect(seen.says("altered on the way"))
        let failed = seen.protected.filter { if case .failed = $0.inner { true } else { false } }
        #expect(failed.map(\.offset) == [talk.offset(place)])
    }

    @Test("were put in, if what follows opens as if they were not there", arguments: suites)
    func injected(suite: UInt16) {
        var talk = SealedTalk.whole(suite)
        let place = talk.data[.serverToClient]![3]
        let foreign = Talk.Turn.server(talk.forged())
        talk.talk.turns.insert(foreign, at: place)
        #expect(expect(talk, [(.injected, place)], unopened: 1).says("put in by somebody else"))
    }

    @Test("are missing, if the next one has a later number", arguments: suites, [1, 2, 5])
    func lost(suite: UInt16, count: Int) {
        var talk = SealedTalk.whole(suite, records: 12)
        let places = talk.data[.clientToServer]![4..<(4 + count)]
        let next = talk.data[.clientToServer]![4 + count]
        for place in places.reversed() { talk.talk.turns.remove(at: place) }
        #expect(expect(talk, [(.lost, next - count)], unopened: 0).says("missing: \(count) of"))
    }

    @Test("came before, if their number is an earlier one", arguments: suites, [1, 2, 7])
    func repeated(suite: UInt16, distance: Int) {
        var talk = SealedTalk.whole(suite, records: 12)
        let (first, place) = (talk.data[.serverToClient]![1], talk.data[.serverToClient]![1 + distance])
        talk.talk.turns.insert(talk.talk.turns[first], at: place)
        #expect(expect(talk, [(.repeated, place)], unopened: 0).says("here again, \(distance) places behind"))
    }

    @Test("come late, if they were missing before") func exchanged() {
        var talk = SealedTalk.whole()
        let (first, second) = (talk.data[.serverToClient]![1], talk.data[.serverToClient]![2])
        talk.talk.turns.swapAt(first, second)
        #expect(expect(talk, [(.lost, first), (.repeated, second)], unopened: 0).says("comes 1 places late"))
    }

    @Test("are under another connection's secret, if none opens", arguments: suites)
    func foreign(suite: UInt16) {
        let talk = SealedTalk.whole(suite), other = SealedTalk.whole(suite, seed: 2)
        let seen = SealedObservation(talk, keys: other.keyLog())
        #expect(seen.failures.map(\.failure) == [.wrongKey, .wrongKey])
        #expect(seen.failures.compactMap(\.offset).allSatisfy { $0 > 0 })
        #expect(seen.report.opened == 0 && seen.report.unopened == seen.protected.count)
        #expect(seen.says("not the one of this connection"))
        // After the handshake only.
        let mixed = SealedObservation(
            talk,
            keys: talk.keyLog([.clientHandshake, .serverHandshake]) + [10]
                + other.keyLog([.clientTraffic, .serverTraffic]))
        #expect(mixed.failures.map(\.failure) == [.wrongKey, .wrongKey])
        #expect(mixed.says("behind the change of keys") && mixed.report.opened == 3)
    }

    @Test("are each told, apart and in a row") func many() {
        var talk = SealedTalk.whole(records: 12)
        let places = talk.data[.clientToServer]!
        for place in [places[1], places[4], places[5], places[9]] { talk.talk.turns[place].bytes[8] ^= 1 }
        _ = expect(
            talk, [(.altered, places[1]), (.altered, places[4]), (.altered, places[5]), (.altered, places[9])],
            unopened: 4)
    }

    @Test("are told in a row of more than are told one by one") func row() {
        var talk = SealedTalk.whole(records: 40)
        let places = talk.data[.clientToServer]![3..<28]
        for place in places { talk.talk.turns[place].bytes[8] ^= 1 }
        let seen = SealedObservation(talk)
        #expect(seen.failures.count == 17 && seen.failures.allSatisfy { $0.failure == .altered })
        #expect(seen.says("9 more records") && seen.report.unopened == 25)
        #expect(seen.report.opened == seen.protected.count - 25)
    }

    @Test("are not told apart, if one was altered and the next put in") func mixed() {
        var talk = SealedTalk.whole()
        let place = talk.data[.clientToServer]![2]
        talk.talk.turns[place].bytes[8] ^= 1
        let foreign = Talk.Turn.client(talk.forged())
        talk.talk.turns.insert(foreign, at: place + 1)
        let seen = expect(talk, [(.unknown, place), (.unknown, place + 1)], unopened: 2)
        #expect(seen.says("of 2 records in a row that the keys do not open 1 were altered"))
    }

    @Test("are not explained, if nothing comes behind them") func last() {
        var talk = SealedTalk.whole()
        let place = talk.talk.turns.count - 1
        talk.talk.turns[place].bytes[6] ^= 1
        #expect(expect(talk, [(.unknown, place)], unopened: 1).says("nothing behind it shows which"))
    }

    @Test("keep nobody from following a change of keys that they carried", arguments: suites)
    func keyChange(suite: UInt16) {
        for direction in FlowDirection.allCases {
            var talk = SealedTalk.whole(suite)
            talk.talk.turns[talk.finished[direction]!].bytes[7] ^= 1
            _ = expect(talk, [(.altered, talk.finished[direction]!)], unopened: 1)

            var updated = SealedTalk(suite)
            updated.greet()
            updated.finishServer()
            updated.finishClient()
            updated.chat(3)
            updated.update(direction)
            updated.chat(3)
            updated.update(direction)
            updated.chat(3)
            _ = expect(updated, [], unopened: 0)
            let change = updated.finished[direction]!
            var altered = updated
            altered.talk.turns[change].bytes[7] ^= 1
            _ = expect(altered, [(.altered, change)], unopened: 1)
            // The next record of this direction.
            let next = updated.talk.turns.indices.first {
                $0 > change && updated.talk.turns[$0].direction == direction
            }!
            var dropped = updated
            dropped.talk.turns.remove(at: change)
            #expect(expect(dropped, [(.lost, next - 1)], unopened: 0).says("changed its key"))
            // What is said again does not change keys again.
            var again = updated
            again.talk.turns.insert(again.talk.turns[change], at: change + 1)
            let seen = SealedObservation(again)
            #expect(seen.report.unopened == 1, "\(seen.report.findings.map(\.words))")
            #expect(seen.failures.map(\.failure) == [.injected])
        }
    }

    @Test("cost little for long") func work() throws {
        let talk = SealedTalk.whole()
        let secret = try #require(talk.secrets[.clientTraffic])
        let suite = try #require(SuiteParameters(TLSCipherSuite(rawValue: talk.suite)))
        var decryptor = DirectionDecryptor()
        decryptor.begin([KeyStage(label: .clientTraffic, cipher: RecordCipher(suite, secret: secret))])
        let schedule = KeySchedule(keyLog: KeyLog(), random: SealedTalk.random, suite: suite)
        var generator = SeededGenerator(3)
        for _ in 0..<5_000 {
            let bytes = Wire.record(23, generator.bytes(40))
            let header = try bytes.withUnsafeBytes { try TLSRecordHeader(decoding: $0) }
            var record = ScannedRecord(
                header: header, offset: 0, first: Sighting(packet: 1, time: 0), last: Sighting(packet: 1, time: 0),
                keepsPayload: true)
            (record.seen, record.payload) = (40, Array(bytes[5...]))
            _ = decryptor.open(record, schedule)
        }
        #expect(decryptor.attempts < 2_048 + 3 * 5_000)
        #expect(decryptor.finish().map(\.failure) == [.wrongKey])
    }
}
