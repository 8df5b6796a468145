import Foundation
import Testing

/// The log of a database, as a bad disk leaves it. What stood behind the damage cannot be there; what is before it must be, as it was.
@Suite("a log of the database that is damaged", .enabled(if: Installation.isComplete, Installation.comment))
struct TornLogTests {
    enum Damage: CaseIterable {
        /// The end is missing.
        case cut
        /// A bit is another one.
        case flip
        /// A sector holds something else.
        case sector
        /// Behind the end lies something.
        case garbage
    }

    @Test(
        "leaves an unbroken beginning of every room's log, and a server that goes on", .timeLimit(.minutes(10)),
        arguments: Damage.allCases)
    func damage(_ damage: Damage) async throws {
        let (scratch, certificates) = (try Scratch(), try await Certificates.shared().folder)
        // Not as much as would begin to bring the log into the database: then both belong together.
        let talk = try await Talk(Talk.Plan(messages: 40), certificates: certificates)
        let server = try await Victim(on: scratch.path + "/data", certificates: certificates)
        try await talk.connect(to: server.port)
        try await talk.acknowledged(200)
        try await server.kill()
        try await talk.isCut()
        let ledger = try await talk.ledger()
        let log = try Data(contentsOf: URL(fileURLWithPath: scratch.path + "/data/conclave.db-wal"))
        try #require(log.count > 100_000, "there is a log")
        var (losses, entries): (Int, [Int]) = (0, [])
        for _ in 1...Extent.rounds(40) {
            let copy = try Scratch()
            let data = copy.path + "/data"
            try FileManager.default.copyItem(atPath: scratch.path + "/data", toPath: data)
            try Self.damaged(log, damage).write(to: URL(fileURLWithPath: data + "/conclave.db-wal"))
            let verdict = try await judge(data, of: talk, by: ledger, certificates: certificates)
            #expect(verdict.broken.isEmpty, "\(verdict)")
            if damage == .garbage { #expect(verdict.lost.isEmpty, "\(verdict)") }
            losses += verdict.lost.isEmpty ? 0 : 1
            entries.append(verdict.entries)
        }
        if damage != .garbage { #expect(losses > 0, "the damage was where something stood") }
        print("\(damage): \(entries) entries of \(ledger.acknowledged.count) were left")
        try await talk.close()
    }

    private static func damaged(_ log: Data, _ damage: Damage) -> Data {
        // The header of a log that begins anew was flushed long ago.
        let place = Int.random(in: 32..<log.count)
        switch damage {
        case .cut: return log.prefix(place)
        case .flip:
            var flipped = log
            flipped[place] ^= 1 << UInt8.random(in: 0...7)
            return flipped
        case .sector:
            let sector = place / 512 * 512
            var other = log
            for index in sector..<min(sector + 512, log.count) { other[index] ^= 0xFF }
            return other
        case .garbage: return log + Data((0..<20_000).map { _ in UInt8.random(in: 0 ... .max) })
        }
    }
}
