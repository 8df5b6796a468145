import Testing

@testable import TLSMonitor

@Suite("The verdict") struct VerdictTests {
    @Test("is proven for a clean TLS 1.3 connection, in every wrapping", arguments: Wrapping.allCases)
    func clean(wrapping: Wrapping) {
        let seen = Observation(Connection.whole(.clean(), wrapping))
        #expect(seen.verdict == .proven)
        #expect(seen.report.findings.isEmpty)
        #expect(seen.balances)
        #expect(seen.report.payloadBytes == Talk.clean().turns.reduce(0) { $0 + $1.bytes.count })
        #expect(seen.records.count == Talk.clean().turns.count)
        #expect(seen.report.establishedCount == 1)
        #expect(seen.report.flows.first?.serverName == "chat.test")
        #expect(seen.report.ledger.changeCipherSpec == 12)
        #expect(seen.report.ledger.unaccounted == 0)
    }

    @Test("is proven after a HelloRetryRequest") func retry() {
        let again = Wire.record(22, Wire.clientHello(padding: 40))
        let talk = Talk.clean().inserting(
            .server(Wire.record(22, Wire.retryRequest())), .server(Wire.changeCipherSpec), .client(again), at: 1)
        var fixed = talk
        fixed.turns.remove(at: 5)
        #expect(Observation(fixed).verdict == .proven)
        #expect(Observation(talk).says("second ChangeCipherSpec"))
        let twice = fixed.inserting(.server(Wire.record(22, Wire.retryRequest())), at: 2)
        #expect(Observation(twice).verdict == .refuted)
        #expect(Observation(twice).says("second HelloRetryRequest"))
    }

    @Test("is proven for early data that was announced, and refuted for early data that was not") func early() {
        var generator = SeededGenerator(9)
        let data = Talk.Turn.client(Wire.record(23, generator.bytes(300)))
        let hello = Talk.Turn.client(Wire.record(22, Wire.clientHello(isEarly: true)))
        var talk = Talk.clean().replacing(0, with: hello)
        talk.turns.remove(at: 5)
        talk = talk.inserting(.client(Wire.changeCipherSpec), data, at: 1)
        #expect(Observation(talk).verdict == .proven)
        #expect(Observation(Talk.clean().inserting(data, at: 1)).verdict == .refuted)
    }

    /// Name, what is put in, where, what must be said.
    static let intrusions: [(String, Talk.Turn, Int, String)] = [
        ("text at the start", .client(Array("hello there, this is plain\n".utf8)), 0, "not TLS"),
        ("text in the middle", .client(Array("hello there, this is plain\n".utf8)), 8, "not TLS"),
        ("HTTP from the client", .client(Array("GET / HTTP/1.1\r\nHost: chat\r\n\r\n".utf8)), 0, "not TLS"),
        ("HTTP from the server", .server(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)), 1, "not TLS"),
        ("one byte", .server([10]), 12, "not TLS"),
        ("text in an encrypted record", .client(Wire.record(23, text(120))), 8, "holds text"),
        ("text in a short encrypted record", .server(Wire.record(23, text(49))), 9, "holds text"),
        ("text late in a long stream", .server(Wire.record(23, text(300))), 15, "holds text"),
        (
            "UTF-16 text in an encrypted record", .client(Wire.record(23, text(60).flatMap { [$0, 0] })), 8,
            "holds text"
        ),
        (
            "a handshake record after keys", .client(Wire.record(22, Wire.message(24, [0]))), 8,
            "handshake record in the"
        ),
        ("a second ClientHello after keys", .client(Wire.record(22, Wire.clientHello())), 8, "handshake record in the"),
        (
            "a handshake record that never ends", .client([22, 3, 3, 64, 0] + text(2_000)), 15,
            "handshake record in the"
        ),
        ("a second ChangeCipherSpec", .client(Wire.changeCipherSpec), 6, "second ChangeCipherSpec"),
        ("a ChangeCipherSpec after encrypted records", .server(Wire.changeCipherSpec), 9, "second ChangeCipherSpec"),
        ("a ChangeCipherSpec of 2", .client(Wire.record(20, [2])), 5, "not the single byte 1"),
        ("a ChangeCipherSpec of text", .client(Wire.record(20, text(20))), 5, "not the single byte 1"),
        ("a ChangeCipherSpec before the hello", .client(Wire.changeCipherSpec), 0, "before any hello"),
        ("a clear alert after keys", .server(Wire.record(21, [1, 0])), 9, "alert in the clear"),
        ("an alert of text", .client(Wire.record(21, text(20))), 1, "an alert that is none"),
        ("many alerts", .client(Wire.record(21, [1, 72]) + Wire.record(21, [1, 73])), 1, "second alert"),
        ("an empty handshake record", .client(Wire.record(22, [])), 1, "empty handshake"),
        ("a heartbeat", .client(Wire.record(24, [1, 0, 3, 1, 2, 3])), 8, "heartbeat"),
        ("a record too short for its tag", .client(Wire.record(23, [1, 2, 3])), 8, "too short"),
        ("an empty encrypted record", .client(Wire.record(23, [])), 8, "too short"),
        ("a record longer than allowed", .server(Wire.record(23, noise(16_641))), 9, "longer than TLS 1.3 allows"),
        ("an encrypted record of another version", .client(Wire.record(23, noise(50), version: 0x0301)), 8, "version"),
        ("data before keys", .client(Wire.record(23, noise(50))), 1, "before there are keys"),
        ("a certificate in the clear", .server(Wire.record(22, Wire.message(11, text(300)))), 2, "in the clear"),
        ("a hello from the wrong side", .server(Wire.record(22, Wire.clientHello())), 1, "wrong side"),
        ("a second ClientHello", .client(Wire.record(22, Wire.clientHello())), 1, "nobody asked for"),
        ("a malformed hello", .client(Wire.record(22, Wire.message(1, text(90)))), 0, "malformed hello"),
        (
            "a message too long", .client(Wire.record(22, [1, 0xFF, 0xFF, 0xFF] + text(100))), 0,
            "announces to be over 128 KiB"
        ),
    ]

    static func text(_ count: Int) -> [UInt8] {
        Array(
            Array(repeating: Array("meet at the old mill at noon. ".utf8), count: count / 30 + 1).joined().prefix(count)
        )
    }

    static func noise(_ count: Int) -> [UInt8] {
        var generator = SeededGenerator(77)
        return generator.bytes(count)
    }

    @Test("is refuted for what is no handshake and no ciphertext", arguments: intrusions.indices)
    func intrusion(index: Int) {
        let (name, turn, place, words) = Self.intrusions[index]
        let seen = Observation(Talk.clean().inserting(turn, at: place))
        #expect(seen.verdict == .refuted, "\(name)")
        #expect(seen.says(words), "\(name): \(seen.report.findings.map(\.words))")
        #expect(seen.balances, "\(name)")
    }

    @Test("is proven for ciphertext of any length in a record", arguments: [17, 18, 48, 49, 64, 255, 4_096, 16_640])
    func lengths(count: Int) {
        let turn = Talk.Turn.client(Wire.record(23, Self.noise(count)))
        #expect(Observation(Talk.clean().inserting(turn, at: 9)).verdict == .proven)
    }

    @Test("is refuted for many short texts, also late, among much ciphertext", arguments: [17, 30, 48])
    func shortTexts(count: Int) {
        var generator = SeededGenerator(21)
        var texts = Talk.clean(), noises = Talk.clean()
        for turn in 0..<60 {
            let noise = Talk.Turn.client(Wire.record(23, generator.bytes(3_000)))
            let isShort = turn >= 30 && turn.isMultiple(of: 3)
            texts.turns.append(isShort ? .client(Wire.record(23, Self.text(count))) : noise)
            noises.turns.append(isShort ? .client(Wire.record(23, generator.bytes(count))) : noise)
        }
        #expect(Observation(noises).verdict == .proven)
        #expect(Observation(texts).verdict == .refuted)
        #expect(Observation(texts).says("may be text"))
    }

    /// What the server may not answer.
    static let answers: [([UInt8], String)] = [
        (Wire.serverHello(suite: 0x1303), "suite that was not offered"),
        (Wire.serverHello(session: Array(Wire.session.reversed())), "session id"),
        (Wire.serverHello(session: []), "session id"),
        (
            Wire.serverHello(
                suite: 0x1302, version: 0x0303, random: Array(Wire.session.prefix(24)) + Array("DOWNGRD".utf8) + [1]),
            "talked down"
        ),
    ]

    @Test("is refuted for a server that chooses what was not offered", arguments: answers.indices)
    func answer(index: Int) {
        let (hello, words) = Self.answers[index]
        let seen = Observation(Talk.clean().replacing(Talk.serverHello, with: .server(Wire.record(22, hello))))
        #expect(seen.verdict == .refuted)
        #expect(seen.says(words), "\(seen.report.findings.map(\.words))")
    }

    @Test("is refuted for TLS 1.3 that was not offered") func version() {
        let hello = Wire.record(22, Wire.clientHello(versions: [0x0303]))
        let seen = Observation(Talk.clean().replacing(0, with: .client(hello)))
        #expect(seen.verdict == .refuted)
        #expect(seen.says("version that was not offered"))
    }

    @Test("is inconclusive for TLS 1.2, whose handshake shows certificates") func old() {
        var generator = SeededGenerator(4)
        let hello = Wire.clientHello(suites: [0xC02F], versions: [])
        let talk = Talk(turns: [
            .client(Wire.record(22, hello)),
            .server(Wire.record(22, Wire.serverHello(suite: 0xC02F, version: 0x0303))),
            .server(Wire.record(22, Wire.message(11, generator.bytes(900)) + Wire.message(14, []))),
            .client(Wire.record(22, Wire.message(16, generator.bytes(66))) + Wire.changeCipherSpec),
            .client(Wire.record(22, generator.bytes(40))), .server(Wire.changeCipherSpec),
            .server(Wire.record(22, generator.bytes(40))), .client(Wire.record(23, generator.bytes(400))),
            .server(Wire.record(21, generator.bytes(26))),
        ])
        let seen = Observation(talk)
        #expect(seen.verdict == .inconclusive)
        #expect(seen.says("TLS 1.2 was spoken"))
        #expect(seen.report.ledger.unaccounted == 0)
        #expect(seen.report.flows.first?.isEstablished == true)
        #expect(seen.report.establishedCount == 0)
    }
}
