import Testing

@testable import TLSMonitor

@Suite("Alarms")
struct AlarmTests {
    private static func run(_ act: (inout Scene) -> Void, _ settings: [String: String] = [:]) throws -> [Alarm] {
        var scene = Scene()
        act(&scene)
        return try scene.run(settings)
    }

    @Test("every kind is raised by its capture, and not by the one beside it", arguments: Alarm.Kind.allCases)
    func everyKind(kind: Alarm.Kind) throws {
        let scene = try #require(AlarmScene.of(kind), "\(kind) has no capture")
        let raised = try Self.run(scene.raising, scene.settings)
        let it = try #require(
            raised.first { $0.kind == kind }, "\(kind) was not raised; raised: \(raised.map(\.words))")
        #expect(raised.count { $0.kind == kind } == 1)
        #expect(it.packet > 0 && it.time > 1_699_999_999_000_000_000 && it.id.count == 16 && it.count == 1)
        #expect(it.words.count > 40 && !it.words.hasSuffix(".") && !it.words.contains("\n"))
        let quiet = try Self.run(scene.quiet, scene.settings)
        #expect(!quiet.contains { $0.kind == kind }, "\(quiet.map(\.words))")
    }

    @Test("a kind that is switched off is not raised", arguments: Alarm.Kind.allCases)
    func switchedOff(kind: Alarm.Kind) throws {
        let scene = try #require(AlarmScene.of(kind))
        var settings = scene.settings
        settings[kind.rawValue] = "off"
        #expect(!(try Self.run(scene.raising, settings)).contains { $0.kind == kind })
    }

    @Test("a conversation as it should be raises nothing")
    func silence() throws {
        let alarms = try Self.run { scene in
            for number in 0..<20 {
                Dialogue.whole(
                    Talk.clean(seed: UInt64(number)).turns, Scene.client(number % 3, port: UInt16(40_000 + number)),
                    Scene.server(), &scene)
            }
        }
        #expect(alarms.isEmpty, "\(alarms.map(\.words))")
    }

    @Test("the same is raised once in a time, and then with how often it was")
    func repeats() throws {
        func refuse(_ number: Int, _ scene: inout Scene) {
            Dialogue.whole(
                Speech.old(0x0301), Scene.client(port: UInt16(50_000 + number)), Scene.server(), &scene)
        }
        var scene = Scene()
        for number in 0..<5 { refuse(number, &scene) }
        scene.wait(milliseconds: 61_000)
        refuse(9, &scene)
        refuse(10, &scene)
        let alarms = try scene.run(["state-repeat-seconds": "60"]).filter { $0.kind == .oldVersion }
        #expect(alarms.map(\.count) == [1, 5])
        #expect(Set(alarms.map(\.id)).count == 1)
        #expect(alarms.allSatisfy { $0.severity == .high })
    }

    @Test("of one kind so many are raised and no more, and how many were withheld is said later")
    func quota() throws {
        var scene = Scene()
        for number in 0..<50 {
            Dialogue.whole(Speech.old(0x0303), Scene.client(), Scene.server(7_443, host: number), &scene)
        }
        scene.wait(milliseconds: 61_000)
        Dialogue.whole(Speech.old(0x0303), Scene.client(), Scene.server(7_443, host: 60), &scene)
        let alarms = try scene.run(["alarms-per-kind": "10"]).filter { $0.kind == .oldVersion }
        #expect(alarms.count == 11)
        #expect(alarms.last?.evidence.contains(Alarm.Evidence("withheld", 40)) == true)
    }

    @Test("what one source does to different targets is not the same")
    func identity() throws {
        var scene = Scene()
        for host in 1...3 {
            Dialogue.whole(Speech.old(0x0303), Scene.client(), Scene.server(7_443, host: host), &scene)
        }
        let first = try scene.run().filter { $0.kind == .oldVersion }
        #expect(Set(first.map(\.id)).count == 3)
        #expect(try scene.run().map(\.id).sorted() == scene.run().map(\.id).sorted())
    }
}
