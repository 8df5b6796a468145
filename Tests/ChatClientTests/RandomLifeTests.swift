import Chat
import ChatClient
import ChatServer
import ChatWire
import Foundation
import Testing

/// Devices that talk, come in, renew their keys, die, lose their connections and come back, in an order that a seed decides.
@Suite struct RandomLifeTests {
    @Test func whateverHappensNothingIsLostOrComesTwice() throws {
        let runs: UInt64 = ProcessInfo.processInfo.environment["CONCLAVE_FULL"] == nil ? 12 : 300
        for seed in 1...runs { try run(seed) }
    }

    private func run(_ seed: UInt64) throws {
        var random = SplitMix(seed)
        let world = World()
        let witness = KeyWitness(world)
        let devices = try (0..<Int.random(in: 2...4, using: &random)).map { try world.device("user\($0)/laptop") }
        for device in devices { try device.type("/join #lab") }
        world.pass(2_000)
        var said: [String] = []
        for step in 0..<40 {
            let number = Int.random(in: 0..<devices.count, using: &random)
            let device = devices[number]
            if device.isDead { try device.restart() }
            switch Int.random(in: 0..<10, using: &random) {
            case 0...3:
                let before = device.store.writes
                let text = "\(step)"
                try device.type(text)
                // Whoever died before it was written has not said it.
                if device.store.writes > before, !device.isDead { said.append("user\(number): \(text)") }
            case 4: device.change { $0.rooms.values.first?.want(.refresh) }
            case 5:
                device.store.faults[device.store.writes + Int.random(in: 1...4, using: &random)] =
                    Bool.random(using: &random) ? .crashBefore : .crashAfter
            case 6: device.cut()
            case 7: device.reconnect()
            case 8: try device.restart()
            default: world.pass(UInt64.random(in: 50...1_000, using: &random))
            }
        }
        for device in devices {
            if device.isDead { try device.restart() } else { device.reconnect() }
            device.store.faults = [:]
        }
        world.pass(5_000)
        for device in devices where device.isDead { try device.restart() }
        world.pass(15_000)
        let first = try history(of: devices[0])
        for device in devices {
            let own = try history(of: device)
            #expect(own == first, "seed \(seed): \(device.identity)")
            #expect(Set(own).count == own.count, "seed \(seed): twice")
            let missing = Set(said).subtracting(own)
            #expect(missing.isEmpty, "seed \(seed): lost")
            #expect(try device.room("#lab").code == devices[0].room("#lab").code, "seed \(seed)")
            let findings = try device.findings(of: "#lab")
            #expect(findings == [], "seed \(seed): \(device.identity)")
        }
        #expect(witness.seen > 0)
        witness.finish()
    }

    private func history(of device: Device) throws -> [String] { try device.transcript(of: "#lab") }
}

/// Random numbers that a seed decides.
private struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
