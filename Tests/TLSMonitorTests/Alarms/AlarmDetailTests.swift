import TLSWire
import Testing

@testable import TLSMonitor

@Suite("Alarms, one by one")
struct AlarmDetailTests {
    private static func run(_ turns: [Talk.Turn], port: UInt16 = 7_443) throws -> [Alarm] {
        var scene = Scene()
        Dialogue.whole(turns, Scene.client(), Scene.server(port), &scene)
        return try scene.run()
    }

    @Test("a connection that ends within a record is told from one without close_notify")
    func truncation() throws {
        let clean = Array(Talk.clean().turns.dropLast(2))
        let cut = clean + [.client(Array(Speech.data(500).bytes.prefix(200)))]
        let within = try Self.run(cut).filter { $0.kind == .truncation }
        #expect(within.map(\.severity) == [.medium] && within[0].words.contains("in the middle of a record"))
        let without = try Self.run(clean).filter { $0.kind == .truncation }
        #expect(without.map(\.severity) == [.low] && without[0].words.contains("inferred"))
    }

    @Test("a server that ends TLS 1.2 without close_notify weighs more than a client that does")
    func enders() throws {
        let talk =
            Speech.old(0x0303) + [
                .client(Wire.changeCipherSpec), .server(Wire.changeCipherSpec),
                .client(Wire.record(22, Array(Speech.data(40).bytes.suffix(40)))),
                .server(Wire.record(22, Array(Speech.data(40).bytes.suffix(40)))), Speech.data(90),
            ]
        for (first, severity) in [(FlowDirection.clientToServer, Alarm.Severity.low), (.serverToClient, .medium)] {
            var scene = Scene()
            var dialogue = Dialogue()
            dialogue.open(&scene)
            dialogue.say(talk, &scene)
            dialogue.close(&scene, first: first)
            #expect(try scene.run().filter { $0.kind == .truncation }.map(\.severity) == [severity])
        }
    }

    @Test("what only looks like records on another port is not TLS")
    func lookalikes() throws {
        let turns: [Talk.Turn] = [.client(Wire.record(22, [9, 0, 0, 1, 5])), .client([0x99, 1, 2, 3, 4, 5, 6])]
        #expect(try Self.run(turns, port: 1_194).isEmpty)
    }

    @Test("who ends second need not say close_notify, and what is missing in the capture is no end")
    func ends() throws {
        var scene = Scene()
        var dialogue = Dialogue()
        dialogue.open(&scene)
        dialogue.say(Array(Talk.clean().turns.dropLast(2)) + [Talk.clean().turns[14]], &scene)
        dialogue.close(&scene, first: .serverToClient)
        #expect(try scene.run().isEmpty)

        var gap = Scene()
        dialogue = Dialogue()
        dialogue.open(&gap)
        dialogue.say(Talk.clean().turns, &gap)
        dialogue.next[0] &+= 300
        dialogue.say([Speech.data(50)], &gap)
        dialogue.close(&gap)
        #expect(try gap.run().isEmpty)
    }

    @Test("a server that hangs up right behind the client's certificate counts as an alert")
    func refusedCertificates() throws {
        let start = Array(Talk.clean().turns[0...6])
        func tries(_ count: Int) throws -> [Alarm] {
            var scene = Scene()
            for number in 0..<count {
                var dialogue = Dialogue(Scene.client(port: UInt16(50_000 + number)))
                dialogue.open(&scene)
                dialogue.say(start + [Speech.data(19, .serverToClient)], &scene)
                dialogue.close(&scene, first: .serverToClient)
            }
            return try scene.run()
        }
        let alarms = try tries(12).filter { $0.kind == .alertBurst }
        #expect(alarms.map(\.isForgeable) == [false] && alarms[0].source == Scene.client().address)
        #expect(alarms[0].evidence.contains(Alarm.Evidence("inferred", 10)))
        #expect(try tries(9).isEmpty)
    }

    @Test("alerts of different sources are not added up")
    func alertsApart() throws {
        var scene = Scene()
        for number in 0..<40 {
            Dialogue.whole(
                [Speech.hello(), Speech.alert(40)], Scene.client(number % 8 + 1, port: UInt16(50_000 + number)),
                Scene.server(), &scene)
        }
        #expect(try scene.run().filter { $0.kind == .alertBurst }.isEmpty)
    }

    @Test("an old version weighs by its age")
    func versions() throws {
        let severities = try [0x0300, 0x0301, 0x0302, 0x0303].map { version in
            try Self.run(Speech.old(UInt16(version))).first { $0.kind == .oldVersion }?.severity
        }
        #expect(severities == [.high, .high, .high, .low])
    }

    @Test(
        "suites are weak for a reason",
        arguments: [
            (UInt16(0x0002), SuiteWeakness.unencrypted), (0xC010, .unencrypted), (0x0018, .anonymous),
            (0x00A6, .anonymous), (0x0003, .export), (0x0062, .export), (0x0005, .brokenCipher),
            (0xC011, .brokenCipher), (0x000A, .smallBlocks), (0xC012, .smallBlocks), (0x002F, .staticKeys),
            (0x009C, .staticKeys), (0xC031, .staticKeys),
        ])
    func weakSuites(number: UInt16, weakness: SuiteWeakness) {
        #expect(TLSCipherSuite(rawValue: number).weakness == weakness)
    }

    @Test(
        "suites that nothing is known against are not",
        arguments: [
            0x1301, 0x1302, 0x1303, 0x1304, 0x1305, 0xC02B, 0xC02F, 0xC030, 0xCCA8, 0xCCA9, 0x009E, 0x009F, 0xC013,
            0xC014,
        ])
    func goodSuites(number: Int) {
        #expect(TLSCipherSuite(rawValue: UInt16(number)).weakness == nil)
    }

    @Test("a heartbeat that is answered with more than was asked")
    func heartbeats() throws {
        let ask: Talk.Turn = .client(Wire.record(24, [1, 0, 3, 1, 2, 3] + [UInt8](repeating: 9, count: 16)))
        func answer(_ count: Int) -> Talk.Turn {
            .server(Wire.record(24, [2, 0, 3, 1, 2, 3] + [UInt8](repeating: 9, count: count)))
        }
        #expect(try Self.run(Speech.old(0x0303) + [ask, answer(900)]).contains { $0.kind == .heartbleed })
        #expect(try !Self.run(Speech.old(0x0303) + [ask, answer(16)]).contains { $0.kind == .heartbleed })
    }

    @Test("with a list of who is known, everybody else is new from the start")
    func talkers() throws {
        var scene = Scene()
        Dialogue.whole(Talk.clean().turns, Scene.client(1), Scene.server(), &scene)
        Dialogue.whole(Talk.clean().turns, Scene.client(2), Scene.server(), &scene)
        let alarms = try scene.run([:]) { $0.knownTalkers = [Scene.client(1).address] }
        #expect(alarms.map(\.kind) == [.newTalker] && alarms.first?.source == Scene.client(2).address)
        #expect(alarms.first?.isForgeable == false)
    }

    @Test("who only sends a SYN is no talker")
    func knockers() throws {
        var scene = Scene()
        Dialogue.whole(Talk.clean().turns, Scene.client(1), Scene.server(), &scene)
        scene.wait(milliseconds: 400_000)
        scene.packet(Scene.client(9), Scene.server(), 5, flags: Scene.syn)
        #expect(try scene.run().isEmpty)
    }

    @Test("words with what the other side sent stay harmless for a terminal")
    func harmless() throws {
        let alarms = try Self.run([.client([0x1B, 0x5B, 0x32, 0x4A, 0x07, 0x0A])])
        #expect(alarms.map(\.kind) == [.plaintext])
        #expect(alarms.allSatisfy { $0.words.unicodeScalars.allSatisfy { $0.value >= 32 } })
    }
}
