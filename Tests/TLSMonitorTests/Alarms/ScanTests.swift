import Testing

@testable import TLSMonitor

@Suite("Alarms about scans, floods and resets")
struct ScanTests {
    private static func refused(_ source: Endpoint, _ target: Endpoint, _ scene: inout Scene) {
        scene.packet(source, target, 5, flags: Scene.syn)
        scene.packet(target, source, 0, 6, flags: Scene.rst | Scene.ack)
    }

    private static func scans(_ scene: Scene, _ settings: [String: String] = [:]) throws -> [Alarm] {
        try scene.run(settings).filter { $0.kind == .portScan }
    }

    @Test("tells the ports that were tried, from whom, and that it may be forged")
    func evidence() throws {
        var scene = Scene()
        for port in 0..<40 { Self.refused(Scene.client(), Scene.server(UInt16(20 + port)), &scene) }
        let alarms = try Self.scans(scene)
        #expect(alarms.count == 1)
        let it = try #require(alarms.first)
        #expect(it.source == Scene.client().address && it.target == Endpoint(address: Scene.server().address, port: 0))
        #expect(it.isForgeable && it.evidence.first == Alarm.Evidence("ports", 15))
        #expect(it.windowNanoseconds == 60_000_000_000)
    }

    @Test("one port of many hosts")
    func hosts() throws {
        func sweep(_ count: Int) -> Scene {
            var scene = Scene()
            for host in 0..<count { Self.refused(Scene.client(), Scene.server(22, host: host), &scene) }
            return scene
        }
        #expect(try Self.scans(sweep(25)).first?.evidence.first == Alarm.Evidence("hosts", 25))
        #expect(try Self.scans(sweep(24)).isEmpty)
    }

    @Test("different ports of different hosts")
    func targets() throws {
        func sweep(_ count: Int) -> Scene {
            var scene = Scene()
            for number in 0..<count {
                Self.refused(Scene.client(), Scene.server(UInt16(1_000 + number), host: number), &scene)
            }
            return scene
        }
        #expect(try Self.scans(sweep(130)).first?.evidence.first?.name == "targets")
        #expect(try Self.scans(sweep(99)).isEmpty)
    }

    @Test("ports that do not answer, also when the capture ends before they should have")
    func silent() throws {
        for pause in [1, 400] {
            var scene = Scene()
            for port in 0..<20 {
                scene.packet(Scene.client(), Scene.server(UInt16(20 + port)), 5, flags: Scene.syn)
                scene.wait(milliseconds: pause)
            }
            #expect(try Self.scans(scene).count == 1)
        }
    }

    @Test("half-open connections, which the scanner resets")
    func halfOpen() throws {
        var scene = Scene()
        for port in 0..<20 {
            var dialogue = Dialogue(Scene.client(), Scene.server(UInt16(20 + port)))
            dialogue.send(.clientToServer, &scene, flags: Scene.syn)
            dialogue.send(.serverToClient, &scene, flags: Scene.syn | Scene.ack)
            dialogue.send(.clientToServer, &scene, flags: Scene.rst)
        }
        #expect(try Self.scans(scene).map(\.isForgeable) == [true])
    }

    @Test("whole connections in which nothing is said cannot be forged")
    func connect() throws {
        var scene = Scene()
        for port in 0..<20 {
            var dialogue = Dialogue(Scene.client(), Scene.server(UInt16(20 + port)))
            dialogue.open(&scene)
            dialogue.close(&scene)
        }
        #expect(try Self.scans(scene).map(\.isForgeable) == [false])
    }

    @Test("connections of one's own do not make forged tries of others true")
    func mixed() throws {
        var scene = Scene()
        for _ in 0..<20 {
            var dialogue = Dialogue(Scene.client(), Scene.server(80))
            dialogue.open(&scene)
            dialogue.close(&scene)
            scene.wait(milliseconds: 10)
        }
        for port in 0..<20 { Self.refused(Scene.client(), Scene.server(UInt16(20 + port)), &scene) }
        #expect(try Self.scans(scene).map(\.isForgeable) == [true])
    }

    @Test("packets that no system sends", arguments: [UInt8(0), Scene.fin, 0x29])
    func probes(flags: UInt8) throws {
        var scene = Scene()
        for port in 0..<20 { scene.packet(Scene.client(), Scene.server(UInt16(20 + port)), 5, flags: flags) }
        #expect(try Self.scans(scene).count == 1)
    }

    @Test("an IPv6 network of 64 bits is one source; another network is another")
    func networks() throws {
        func scan(_ network: (Int) -> UInt64) -> Scene {
            var scene = Scene()
            let host = IPAddress(high: 0x2001_0DB8_FFFF_0000, low: 9)
            for number in 0..<20 {
                Self.refused(
                    Scene.client6(UInt64(number) + 1, network: network(number)),
                    Endpoint(address: host, port: UInt16(20 + number)), &scene)
            }
            return scene
        }
        #expect(try Self.scans(scan { _ in 1 }).first?.source == IPAddress(high: 0x2001_0DB8_0000_0001, low: 0))
        #expect(try Self.scans(scan { UInt64($0) + 1 }).isEmpty)
    }

    @Test("connections that carry data, and slow tries, are none")
    func honest() throws {
        var scene = Scene()
        for port in 0..<60 {
            Dialogue.whole(
                [.client(Array("hello".utf8))], Scene.client(), Scene.server(UInt16(20 + port)), &scene)
        }
        for port in 0..<60 {
            Self.refused(Scene.client(), Scene.server(UInt16(200 + port)), &scene)
            scene.wait(milliseconds: 5_000)
        }
        #expect(try Self.scans(scene).isEmpty)
    }

    @Test("a flood tells how many came and from where; connections that are completed, or refused, are none")
    func floods() throws {
        var flood = Scene()
        for number in 0..<2_500 {
            flood.packet(Scene.client(number % 200, port: UInt16(number)), Scene.server(), 7, flags: Scene.syn)
        }
        let it = try #require(try flood.run().first { $0.kind == .synFlood })
        #expect(it.isForgeable && it.source == nil && it.target == Scene.server() && it.severity == .high)
        #expect(it.evidence.first?.name == "syns" && (it.evidence.first?.value ?? 0) >= 2_000)
        #expect(it.words.contains("192.0.2.2:7443"))

        var crowd = Scene()
        for number in 0..<1_000 {
            var dialogue = Dialogue(Scene.client(number % 200, port: UInt16(2_000 + number)), Scene.server())
            dialogue.open(&crowd)
            if number.isMultiple(of: 3) { dialogue.close(&crowd) }
        }
        for number in 0..<1_000 {
            Self.refused(Scene.client(number % 200, port: UInt16(4_000 + number)), Scene.server(81), &crowd)
        }
        #expect(try crowd.run().filter { $0.kind == .synFlood }.isEmpty)
    }

    @Test("a crowd that opens all at once, and is answered a little later, is no flood")
    func crowd() throws {
        var scene = Scene()
        var dialogues = (0..<400).map { Dialogue(Scene.client($0 % 200, port: UInt16(2_000 + $0)), Scene.server()) }
        for index in dialogues.indices { dialogues[index].send(.clientToServer, &scene, flags: Scene.syn) }
        for index in dialogues.indices { dialogues[index].send(.serverToClient, &scene, flags: Scene.syn | Scene.ack) }
        for index in dialogues.indices { dialogues[index].send(.clientToServer, &scene) }
        scene.wait(milliseconds: 5_000)
        Dialogue.whole(Talk.clean().turns, Scene.client(), Scene.server(), &scene)
        #expect(try scene.run().isEmpty)
    }

    @Test("a side that goes on after a reset in its name, and several resets out of place, weigh more")
    func resets() throws {
        let clean = Talk.clean().turns
        func start(_ scene: inout Scene) -> Dialogue {
            var dialogue = Dialogue()
            dialogue.open(&scene)
            dialogue.say(clean, &scene)
            return dialogue
        }
        var going = Scene()
        var dialogue = start(&going)
        going.packet(dialogue.server, dialogue.client, dialogue.next[1], flags: Scene.rst)
        dialogue.send(.serverToClient, &going, Wire.record(23, [UInt8](repeating: 3, count: 40)))
        let first = try going.run().filter { $0.kind == .resetInjection }
        #expect(first.map(\.severity) == [.high] && first.allSatisfy { $0.source == nil && $0.isForgeable })

        for (steps, severities) in [
            ([0, 1_460, 4_380], [Alarm.Severity.high]), ([1_460, 4_380], [.medium, .high]), ([0, 0, 0], []),
        ] as [([UInt32], [Alarm.Severity])] {
            var several = Scene()
            let other = start(&several)
            for step in steps { several.packet(other.server, other.client, other.next[1] &+ step, flags: Scene.rst) }
            #expect(try several.run().filter { $0.kind == .resetInjection }.map(\.severity) == severities)
        }
    }

    @Test("data that is sent again, or comes late, is no sign of a forged reset")
    func lateData() throws {
        var scene = Scene()
        var dialogue = Dialogue()
        dialogue.open(&scene)
        dialogue.say(Talk.clean().turns, &scene)
        let last = Talk.clean().turns[14].bytes
        scene.packet(dialogue.server, dialogue.client, dialogue.next[1], flags: Scene.rst)
        scene.packet(
            dialogue.server, dialogue.client, dialogue.next[1] &- UInt32(last.count), dialogue.next[0],
            flags: Scene.ack, last)
        dialogue = Dialogue(at: 90_000)
        scene.wait(milliseconds: 10)
        dialogue.open(&scene)
        dialogue.say(Talk.clean().turns, &scene)
        dialogue.close(&scene)
        #expect(try scene.run().isEmpty)
    }
}
