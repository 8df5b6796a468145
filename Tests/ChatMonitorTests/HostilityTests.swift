import ChatWire
import Foundation
import NIOCore
import TLSMonitor
import Testing

@Suite("Hostile streams") struct HostilityTests {
    /// The same numbers every time (SplitMix64).
    struct Numbers: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = state
            value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
            return value ^ value >> 31
        }

        mutating func bytes(_ count: Int) -> [UInt8] {
            (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) }
        }
    }

    /// More of them where CONCLAVE_ROUNDS says so.
    static let rounds = ProcessInfo.processInfo.environment["CONCLAVE_ROUNDS"].flatMap { UInt64($0) } ?? 60

    @Test("noise never proves, never traps, and every byte of it has its class", arguments: 0..<Self.rounds)
    func noise(seed: UInt64) {
        var numbers = Numbers(state: seed)
        var inspection = Inspection(canaries: ["meet at noon"])
        var fed = 0
        for _ in 0..<40 {
            let direction: FlowDirection = Bool.random(using: &numbers) ? .clientToServer : .serverToClient
            var bytes = numbers.bytes(Int.random(in: 0...300, using: &numbers))
            // Half of it has the form of frames, so that what is behind the framing is reached.
            if Bool.random(using: &numbers) {
                bytes = Inspection.raw(UInt8.random(in: 0...96, using: &numbers), bytes)
            }
            fed += bytes.count
            inspection.say(direction, bytes, flow: Int.random(in: 1...20, using: &numbers))
        }
        let report = inspection.inspector.finish()
        #expect(report.verdict != .proven)
        #expect(report.total == fed)
        #expect(!report.says("error in this program"), "\(report.told)")
    }

    @Test("good streams with some bytes changed never trap, and the ledger balances", arguments: 0..<Self.rounds)
    func mutations(seed: UInt64) throws {
        var numbers = Numbers(state: 1_000 + seed)
        let material = try Material.usual.get()
        var inspection = Inspection(canaries: ["meet at noon"])
        var fed = 0
        func change(_ bytes: [UInt8]) -> [UInt8] {
            var bytes = bytes
            for _ in 0..<Int.random(in: 0...2, using: &numbers) {
                let place = Int.random(in: 4..<bytes.count, using: &numbers)
                bytes[place] = UInt8.random(in: 0...255, using: &numbers)
            }
            fed += bytes.count
            return bytes
        }
        for frame in try material.clientFrames() {
            inspection.say(.clientToServer, change(try Inspection.bytes(frame)))
        }
        for frame in try material.serverFrames() {
            inspection.say(.serverToClient, change(try Inspection.bytes(frame)))
        }
        let report = inspection.inspector.finish()
        #expect(!report.says("error in this program"), "\(report.told)")
        #expect(report.total == fed)
    }

    @Test("streams that are cut anywhere leave a doubt and no violation")
    func cut() throws {
        let material = try Material.usual.get()
        let bytes = try Inspection.bytes(.submit(RequestID(1), try material.submission()))
        for count in stride(from: 1, to: bytes.count, by: 97) {
            var inspection = Inspection()
            inspection.say(.clientToServer, Array(bytes[..<count]))
            #expect(inspection.inspector.finish().verdict == .inconclusive)
        }
    }

    @Test("what waits is bounded: too much of it leaves a doubt")
    func memory() {
        let piece = Inspection.raw(62, [UInt8](repeating: 0x99, count: 60_000))
        var inspection = Inspection()
        var fed = 0
        for flow in 1...5 {
            for _ in 0..<250 {
                inspection.say(.clientToServer, piece, flow: flow, record: piece.count)
                fed += piece.count
            }
        }
        let report = inspection.inspector.finish()
        #expect(report.verdict == .inconclusive)
        #expect(report.says("more waits to become whole than is kept"), "\(report.told)")
        #expect(report.total == fed)
        #expect(report.bytes("unaccounted") == fed)
    }

    @Test("what is begun and never whole is bounded, and leaves a doubt")
    func beginnings() throws {
        let room = try Material.usual.get().room
        var inspection = Inspection()
        for index in 0..<400 as Range<UInt32> {
            let hash = Digest(of: [UInt8(index & 255), UInt8(index >> 8)])
            try inspection.client(.fetch(RequestID(index), room, hash, offset: 0))
            try inspection.server(.part(RequestID(index), total: 9, bytes: ByteBuffer(bytes: [1])))
        }
        let report = inspection.inspector.finish()
        #expect(report.verdict == .inconclusive)
        #expect(report.says("more is fetched at once than is followed"), "\(report.told)")
        #expect(report.bytes("unaccounted") == 400)
    }

    @Test("a flood of violations is told in part")
    func flood() {
        var inspection = Inspection()
        for _ in 0..<2_000 { inspection.say(.clientToServer, Inspection.raw(200, [1, 2, 3])) }
        let report = inspection.inspector.finish()
        #expect(report.findings.count == 21)
        #expect(report.says("1980 more findings inside"), "\(report.told)")
    }
}
