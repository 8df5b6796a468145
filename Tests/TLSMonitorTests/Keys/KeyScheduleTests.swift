import Crypto
import TLSWire
import Testing

@testable import TLSMonitor

@Suite("Keys of a connection, RFC 8446 §7 and RFC 5246 §6.3") struct KeyScheduleTests {
    private func opens(_ seen: SealedObservation, all talk: SealedTalk, _ location: SourceLocation = #_sourceLocation) {
        #expect(seen.failures.isEmpty, "\(seen.report.findings.map(\.words))", sourceLocation: location)
        #expect(seen.report.unopened == 0, sourceLocation: location)
        #expect(seen.report.opened == seen.protected.count, sourceLocation: location)
        #expect(seen.report.opened > 0, sourceLocation: location)
    }

    // MARK: Early data

    /// A client that sends early data before the server says anything; the session may be of another suite.
    private func early(_ suite: UInt16, session: UInt16, isAccepted: Bool) -> SealedTalk {
        var talk = SealedTalk(suite)
        let hello = Wire.clientHello(suites: [0x1302, 0x1301, 0x1303, 0x1304, 0x1305], isEarly: true)
        talk.talk.turns.append(.client(Wire.record(22, hello, version: 0x0301)))
        talk.secrets[.clientEarly] = SymmetricKey(
            data: [UInt8](repeating: 5, count: session == 0x1302 ? 48 : 32))
        talk.use(.clientEarly, .clientToServer, suite: session)
        for length in 1...4 { talk.send(.clientToServer, [UInt8](repeating: 7, count: length * 10)) }
        talk.talk.turns.append(.server(Wire.record(22, Wire.serverHello(suite: suite))))
        talk.use(.serverHandshake, .serverToClient)
        talk.finishServer()
        talk.send(.clientToServer, [1, 2, 3])
        if isAccepted { talk.send(.clientToServer, Wire.message(5, []), type: 22) }
        talk.use(.clientHandshake, .clientToServer)
        talk.finishClient()
        talk.chat(4)
        talk.end()
        return talk
    }

    @Test(
        "open early data that the server takes, and that it refuses",
        arguments: [(0x1301, 0x1301), (0x1302, 0x1302), (0x1303, 0x1301), (0x1301, 0x1305), (0x1304, 0x1303)],
        [true, false])
    func earlyData(suites: (UInt16, UInt16), isAccepted: Bool) {
        // A server can only take early data of the suite that it chooses (RFC 8446 §4.2.10).
        let talk = early(suites.0, session: isAccepted ? suites.0 : suites.1, isAccepted: isAccepted)
        let seen = SealedObservation(talk)
        opens(seen, all: talk)
        #expect(
            seen.records.contains { record in
                if case .authentic(let content) = record.inner {
                    content.messages.map(\.rawValue) == [5]
                } else {
                    false
                }
            } == isAccepted)
    }

    @Test("leave early data alone that they have no secret for", arguments: [true, false])
    func earlyWithoutSecret(isAccepted: Bool) {
        let talk = early(0x1301, session: 0x1301, isAccepted: isAccepted)
        let labels = KeyLog.Label.allCases.filter { $0 != .clientEarly }
        let seen = SealedObservation(talk, keys: talk.keyLog(labels))
        #expect(seen.failures.isEmpty, "\(seen.report.findings.map(\.words))")
        #expect(seen.report.unopened == 0)
        #expect(seen.protected.count - seen.report.opened == (isAccepted ? 6 : 5))
    }

    @Test("tell an altered record of early data") func alteredEarly() {
        var talk = early(0x1301, session: 0x1303, isAccepted: false)
        let place = talk.data[.clientToServer]![0]
        talk.talk.turns[place].bytes[9] ^= 1
        let seen = SealedObservation(talk)
        #expect(seen.failures.map(\.failure) == [.altered] && seen.failures.first?.offset == talk.offset(place))
    }

    @Test("open what follows a request to try again") func retry() {
        var talk = SealedTalk(0x1302)
        talk.talk.turns.append(.client(Wire.record(22, Wire.clientHello(suites: [0x1302]), version: 0x0301)))
        talk.talk.turns.append(.server(Wire.record(22, Wire.retryRequest())))
        talk.talk.turns.append(.client(Wire.record(22, Wire.clientHello(suites: [0x1302]))))
        talk.answer()
        talk.finishServer()
        talk.finishClient()
        talk.chat(3)
        opens(SealedObservation(talk), all: talk)
    }

    // MARK: Late and missing secrets

    @Test("that come late open what comes after them", arguments: 0...12) func late(turns: Int) {
        let talk = SealedTalk.whole(records: 10)
        let packets = Connection.whole(talk.talk)
        // Three packets open the connection.
        let seen = SealedObservation(packets, keys: [], laterKeys: (3 + turns, talk.keyLog()))
        #expect(seen.failures.isEmpty, "\(seen.report.findings.map(\.words))")
        #expect(seen.report.unopened == 0)
        let before = talk.talk.turns[..<turns].count { $0.bytes[0] == 23 }
        #expect(seen.protected.count - seen.report.opened == before)
    }

    @Test("of the traffic alone open the traffic", arguments: [0x1301, 0x1303]) func trafficOnly(suite: UInt16) {
        let talk = SealedTalk.whole(suite)
        let seen = SealedObservation(talk, keys: talk.keyLog([.clientTraffic, .serverTraffic]))
        #expect(seen.failures.isEmpty && seen.report.unopened == 0)
        #expect(seen.protected.count - seen.report.opened == 3)
        let handshake = SealedObservation(talk, keys: talk.keyLog([.clientHandshake, .serverHandshake]))
        #expect(handshake.failures.isEmpty && handshake.report.unopened == 0 && handshake.report.opened == 3)
        let client = SealedObservation(talk, keys: talk.keyLog([.clientHandshake, .clientTraffic]))
        #expect(client.failures.isEmpty && client.report.opened == 1 + 6 + 1)
    }

    @Test("of another client's random open nothing") func otherRandom() {
        let talk = SealedTalk.whole()
        let seen = SealedObservation(talk, keys: talk.keyLog(random: [UInt8](repeating: 1, count: 32)))
        #expect(seen.report.opened + seen.report.unopened == 0 && seen.failures.isEmpty)
        #expect(seen.report.verdict == .proven)
    }

    @Test("open what comes behind packets that were not captured", arguments: [1, 3, 9]) func gap(count: Int) {
        let talk = SealedTalk.whole(records: 14)
        var packets = Connection.whole(talk.talk)
        packets.removeSubrange(12..<(12 + count))
        let seen = SealedObservation(packets, keys: talk.keyLog())
        #expect(seen.failures.isEmpty, "\(seen.report.findings.map(\.words))")
        #expect(seen.report.unopened == 0 && seen.report.verdict == .inconclusive)
        #expect(seen.report.opened == talk.talk.turns.count - 2 - count)
    }

    @Test("open what comes behind a Finished that was not captured") func gapAtFinished() {
        let talk = SealedTalk.whole(records: 14)
        var packets = Connection.whole(talk.talk)
        packets.removeSubrange((3 + 3)...(3 + 6))
        let seen = SealedObservation(packets, keys: talk.keyLog())
        #expect(seen.failures.isEmpty && seen.report.unopened == 0, "\(seen.report.findings.map(\.words))")
        #expect(seen.report.opened == talk.talk.turns.count - 2 - 4)
    }

    // MARK: Content

    @Test("show padding, and a record that is nothing else") func padding() {
        var talk = SealedTalk()
        talk.greet()
        talk.finishServer()
        talk.finishClient()
        talk.send(.clientToServer, [1, 2, 0], padding: 300)
        talk.send(.clientToServer, [], padding: 7)
        talk.send(.clientToServer, [], type: 0, padding: 9)
        talk.send(.clientToServer, [1, 90], type: 21)
        let seen = SealedObservation(talk)
        #expect(seen.report.unopened == 0 && seen.failures.isEmpty)
        let contents = seen.protected.suffix(4).compactMap { record -> InnerRecord.Content? in
            if case .authentic(let content) = record.inner { content } else { nil }
        }
        #expect(contents.map(\.length) == [3, 0, 0, 2] && contents.map(\.padding) == [300, 7, 10, 0])
        #expect(contents.map(\.type) == [23, 23, 0, 21] && contents.last?.alert != nil)
        // A rule of the protocol is broken by it.
        #expect(seen.report.findings.map(\.topic) == [.rule(.innerType)] && seen.report.verdict == .refuted)
    }

    @Test("show TLS inside of TLS, and take nothing else for it") func nested() {
        var talk = SealedTalk()
        talk.greet()
        talk.finishServer()
        talk.finishClient()
        let inner = Talk.clean(seed: 5)
        talk.send(.clientToServer, Array("CONNECT a:1 HTTP/1.1\r\n\r\n".utf8))
        talk.send(.serverToClient, Array("HTTP/1.1 200 OK\r\n\r\n".utf8))
        for direction in FlowDirection.allCases {
            let stream = Array(inner.stream(direction).prefix(9_000))
            // Records of the inner TLS lie across those of the outer.
            for start in stride(from: 0, to: stream.count, by: 701) {
                talk.send(direction, Array(stream[start..<min(start + 701, stream.count)]))
            }
        }
        let seen = SealedObservation(talk)
        let nested = seen.report.flows.first?.nestedRecords
        #expect(nested == talk.data.values.reduce(0) { $0 + $1.count } - 2)

        var plain = SealedTalk.whole(records: 30)
        plain.send(.clientToServer, [22, 3, 1, 0, 5, 1, 0, 0, 1, 3, 3, 0, 0, 0])
        plain.send(.clientToServer, [23, 3, 3, 0, 5, 1, 0, 0, 1, 3, 3, 0, 0, 0])
        #expect(SealedObservation(plain).report.flows.first?.nestedRecords == 0)
    }

    @Test("follow messages that span records") func fragments() {
        var talk = SealedTalk()
        talk.greet()
        let flight =
            Wire.message(8, [0, 0]) + Wire.message(11, [UInt8](repeating: 3, count: 900)) + Wire.message(20, [1, 2, 3])
        talk.send(.serverToClient, Array(flight[..<500]), type: 22)
        talk.send(.serverToClient, Array(flight[500..<912]), type: 22)
        talk.send(.serverToClient, Array(flight[912...]), type: 22)
        talk.use(.serverTraffic, .serverToClient)
        talk.finishClient()
        talk.chat(2)
        let seen = SealedObservation(talk)
        opens(seen, all: talk)
        #expect(
            seen.protected.prefix(3).map { record -> [UInt8] in
                if case .authentic(let content) = record.inner { content.messages.map(\.rawValue) } else { [] }
            } == [[8], [11], [20]])
    }

    // MARK: TLS 1.2

    static let suites12: [UInt16] =
        [
            0x009C, 0x009D, 0x009E, 0x009F, 0x00A0, 0x00A1, 0x00A2, 0x00A3, 0x00A4, 0x00A5, 0x00A6, 0x00A7, 0x00A8,
            0x00A9,
            0x00AA, 0x00AB, 0x00AC, 0x00AD, 0xC02B, 0xC02C, 0xC02D, 0xC02E, 0xC02F, 0xC030, 0xC031, 0xC032, 0xD001,
            0xD002, 0xD003, 0xD005,
        ] + Array(0xC09C...0xC0AF) + Array(0xCCA8...0xCCAE)

    private func talk12(_ suite: UInt16, renewed: SymmetricKey? = nil) -> SealedTalk {
        let (client, server) = (Wire.session, [UInt8](repeating: 0x51, count: 32))
        var talk = SealedTalk(suite)
        let hello = Wire.clientHello(suites: [suite], versions: [])
        talk.talk.turns = [
            .client(Wire.record(22, hello)),
            .server(Wire.record(22, Wire.serverHello(suite: suite, version: 0x0303, random: server))),
        ]
        func use(_ master: SymmetricKey?, _ client: [UInt8], _ server: [UInt8], _ direction: FlowDirection) {
            talk.use(
                master.flatMap { Sealer(suite, master: $0, client: client, server: server, direction) }, direction)
        }
        for direction in FlowDirection.allCases {
            talk.talk.turns.append(Talk.Turn(direction: direction, bytes: Wire.changeCipherSpec))
            use(talk.secrets[.master], client, server, direction)
            talk.send(direction, Wire.message(20, [UInt8](repeating: 1, count: 12)), type: 22)
        }
        talk.chat(4)
        if let renewed {
            let again = [UInt8](repeating: 0x77, count: 32), answer = [UInt8](repeating: 0x78, count: 32)
            var second = Wire.clientHello(suites: [suite], versions: [])
            second.replaceSubrange(6..<38, with: again)
            talk.send(.clientToServer, second, type: 22)
            talk.send(
                .serverToClient, Wire.serverHello(suite: suite, version: 0x0303, random: answer), type: 22)
            for direction in FlowDirection.allCases {
                talk.send(direction, [1], type: 20)
                use(renewed, again, answer, direction)
                talk.send(direction, Wire.message(20, [UInt8](repeating: 2, count: 12)), type: 22)
            }
            talk.chat(4)
        }
        talk.end()
        return talk
    }

    @Test("of TLS 1.2 open every suite that authenticates what it encrypts", arguments: suites12)
    func master(suite: UInt16) {
        let talk = talk12(suite)
        opens(SealedObservation(talk), all: talk)
        var altered = talk
        let place = altered.data[.serverToClient]![1]
        altered.talk.turns[place].bytes[20] ^= 4
        let seen = SealedObservation(altered)
        #expect(seen.failures.map(\.failure) == [.altered] && seen.report.unopened == 1)
    }

    @Test("of TLS 1.2 tell what was put in, lost and repeated", arguments: [0xC02F, 0xCCA8, 0xC0AE])
    func failures12(suite: UInt16) {
        let talk = talk12(suite)
        let place = talk.data[.clientToServer]![2]
        var injected = talk
        injected.talk.turns.insert(.client(Wire.record(23, [UInt8](repeating: 9, count: 60))), at: place)
        #expect(SealedObservation(injected).failures.map(\.failure) == [.injected])
        var lost = talk
        lost.talk.turns.remove(at: place)
        #expect(SealedObservation(lost).failures.map(\.failure) == [.lost])
        var repeated = talk
        repeated.talk.turns.insert(repeated.talk.turns[place], at: place)
        #expect(SealedObservation(repeated).failures.map(\.failure) == [.repeated])
    }

    @Test("of TLS 1.2 change with another handshake", arguments: [0xC02F, 0xCCA8, 0xC0AE]) func renewal(suite: UInt16) {
        let renewed = SymmetricKey(data: [UInt8](repeating: 0x33, count: 48))
        let talk = talk12(suite, renewed: renewed)
        let random = String(repeating: "77", count: 32), secret = String(repeating: "33", count: 48)
        let line = Array("\nCLIENT_RANDOM \(random) \(secret)".utf8)
        opens(SealedObservation(talk, keys: talk.keyLog() + line), all: talk)
        // Without its secret it is not opened, and nothing is said of it.
        let seen = SealedObservation(talk)
        #expect(seen.failures.isEmpty && seen.report.unopened == 0)
        #expect(seen.protected.count - seen.report.opened == 2 + 8 + 2)
    }

    @Test(
        "are none for suites that do not authenticate what they encrypt", arguments: [0x002F, 0xC013, 0x0005, 0x1306])
    func others(suite: UInt16) {
        #expect(SuiteParameters(TLSCipherSuite(rawValue: suite)) == nil)
    }
}
