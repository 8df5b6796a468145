import Chat
import ChatWire
import Foundation
import NIOCore
import Testing

@testable import ChatClient

/// Anything happens in any order, and at the end everybody has the same.
@Suite struct RandomRoomTests {
    private static var seeds: Range<UInt64> {
        ProcessInfo.processInfo.environment["CONCLAVE_FULL"] == "1" ? 1..<400 : 1..<9
    }

    @Test(arguments: seeds) func whateverHappensNothingIsLostDoubledOrReordered(_ seed: UInt64) throws {
        var random = Dice(seed: seed)
        let isOpen = random.roll(2) == 0
        let world = World()
        let count = 2 + random.roll(3)
        let devices = try (0..<count).map { try world.device("u\($0)/laptop") }
        try devices[0].type(isOpen ? "/join #lab" : "/create #lab")
        for device in devices.dropFirst() {
            try isOpen ? device.type("/join #lab") : devices[0].type("/invite \(device.identity.user)")
        }
        world.pass(3_000)
        let ledger = KeyLedger()
        var said: [String: Int] = [:]
        for step in 0..<40 {
            let index = random.roll(count)
            try act(random.roll(16), on: devices[index], step, world, &said, index, &random)
            ledger.note(devices)
            if random.roll(3) == 0 { world.pass(UInt64(50 * (1 + random.roll(30)))) }
        }
        for device in devices {
            device.store.faults = [:]
            if device.isDead { try device.restart() } else if device.connection == nil { device.reconnect() }
        }
        world.pass(60_000)
        for device in devices where !device.isIn("#lab") {
            try isOpen ? device.type("/join #lab") : devices[0].type("/invite \(device.identity.user)")
            world.pass(5_000)
        }
        ledger.note(devices)
        #expect(!said.isEmpty, "seed \(seed): nothing happened")
        try check(devices, said, seed)
        ledger.check(devices)
        #expect(ledger.seen > 0)
    }

    private func act(
        _ action: Int, on device: Device, _ step: Int, _ world: World, _ said: inout [String: Int], _ index: Int,
        _ random: inout Dice
    ) throws {
        if device.isDead { return try device.restart() }
        switch action {
        case 0...7:
            guard device.isIn("#lab") else { return }
            try device.type("/join #lab")
            let text = "\(step) of \(index)"
            try device.type(text)
            // What a person still sees after a crash was said.
            if device.isDead { try device.restart() }
            if try device.hasSaid(text, in: "#lab") { said[text] = index }
        case 8, 9:
            if device.isIn("#lab"), let room = try? device.room("#lab") {
                device.change { $0.with(room.id) { $0.want(.refresh) } }
            }
        case 10: device.store.faults[device.store.writes + 1 + random.roll(4)] = .crashBefore
        case 11: device.store.faults[device.store.writes + 1 + random.roll(4)] = .crashAfter
        case 12: if device.connection != nil { device.cut() }
        case 13: if device.connection == nil { device.reconnect() }
        case 14: try device.restart()
        default: world.pass(2_000)
        }
    }

    private func check(_ devices: [Device], _ said: [String: Int], _ seed: UInt64) throws {
        var orders: [[String]] = []
        for device in devices {
            let room = try device.room("#lab")
            #expect(
                room.phase == .active && room.unsentCount == 0,
                "seed \(seed): \(device.identity) \(room.phase) \(room.lostThread) \(device.failures)")
            #expect(try room.code == devices[0].room("#lab").code, "seed \(seed): \(device.identity)")
            #expect(room.memberCount == devices.count, "seed \(seed)")
            #expect(room.findings == [], "seed \(seed): \(device.identity) \(room.findings)")
            let texts = try device.texts(in: room).map {
                $0.split(separator: ":", maxSplits: 1).last.map { $0.trimmingCharacters(in: .whitespaces) } ?? ""
            }
            #expect(Set(texts).count == texts.count, "seed \(seed): \(device.identity) has something twice: \(texts)")
            #expect(
                Set(texts).isSuperset(of: said.keys),
                "seed \(seed): \(device.identity) lacks \(Set(said.keys).subtracting(texts))")
            orders.append(texts.filter { said[$0] != nil })
        }
        for order in orders { #expect(order == orders.first, "seed \(seed): another order") }
    }
}

/// Random frames: what a server says in a real run, with bytes changed.
@Suite struct FuzzedServerTests {
    private static var seeds: Range<UInt64> {
        ProcessInfo.processInfo.environment["CONCLAVE_FULL"] == "1" ? 1..<500 : 1..<13
    }

    @Test(arguments: seeds) func changedFramesNeitherStopADeviceNorShowAnythingTwice(_ seed: UInt64) throws {
        var random = Dice(seed: seed)
        let scene = try LyingServer(isOpen: seed % 2 == 0)
        let rate = [5, 15, 40][random.roll(3)]
        scene.lie = { frame in
            guard random.roll(rate) == 0, case let changed = mutated(frame, &random), let changed else {
                return [frame]
            }
            return random.roll(2) == 0 ? [changed] : [frame, changed]
        }
        for number in 0..<12 {
            try scene.alice.type("a\(number)")
            if scene.bob.connection == nil { scene.bob.reconnect() }
            if scene.bob.isIn("#lab") {
                try? scene.bob.type("/join #lab")
                try? scene.bob.type("b\(number)")
            }
            scene.world.pass(500)
        }
        scene.lie = nil
        scene.bob.cut()
        scene.bob.reconnect()
        scene.world.pass(60_000)
        for room in scene.bob.session.rooms.values where room.name?.text == "lab" || room.name?.description == "#lab" {
            let texts = try scene.bob.texts(in: room).filter { !$0.contains("unreadable") }
                .compactMap { $0.split(separator: " ").last.map(String.init) }
            #expect(Set(texts).count == texts.count, "seed \(seed): \(texts)")
            let isQuiet =
                room.findings.isEmpty && !scene.bob.events.contains { if case .rejoining = $0 { true } else { false } }
            if isQuiet, room.phase == .active {
                let missing = Set((0..<12).map { "a\($0)" }).subtracting(texts)
                #expect(missing.isEmpty || scene.bob.failures != [], "seed \(seed): lost in silence: \(missing)")
            }
        }
        let shown = try scene.alice.transcript(of: "#lab").filter { !$0.contains("unreadable") }
        #expect(Set(shown).count == shown.count, "seed \(seed): \(shown)")
    }

    private func mutated(_ frame: ServerFrame, _ random: inout Dice) -> ServerFrame? {
        var bytes = ByteBuffer()
        guard (try? frame.write(to: &bytes)) != nil else { return nil }
        var raw = Array(bytes.readableBytesView)
        guard raw.count > 6 else { return nil }
        for _ in 0..<(1 + random.roll(3)) { raw[5 + random.roll(raw.count - 5)] = UInt8(random.roll(256)) }
        var changed = ByteBuffer(bytes: raw)
        guard let whole = try? Frame.next(from: &changed) else { return nil }
        return try? ServerFrame(whole)
    }
}

/// Chance that can be had again.
struct Dice {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func roll(_ bound: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state >> 33) % bound
    }
}
