import Chat
import Foundation
import Testing

@Suite("a server that is killed at any moment under load", .enabled(if: Installation.isComplete, Installation.comment))
struct KillTests {
    @Test("keeps all that it acknowledged, once, in order, and its chain", .timeLimit(.minutes(20)))
    func kill9() async throws {
        let talk = try await Talk(certificates: try await Certificates.shared().folder)
        try await kill(talk, rounds: Extent.rounds(200))
        try await talk.close()
    }

    @Test(
        "keeps it also while it drops the beginnings of long logs, and says where they begin", .timeLimit(.minutes(20)))
    func retention() async throws {
        let talk = try await Talk(certificates: try await Certificates.shared().folder)
        // A part of a log is dropped whole, and has 256 entries. What a device sends again must not have been dropped since: then nobody
        // could tell whether it is a repetition.
        let limits = ["CONCLAVE_LIMITS": "entries-per-room=1500,messages-per-second=100000,message-burst=100000"]
        let readings = try await kill(talk, rounds: Extent.rounds(60), environment: limits, least: 4_500)
        for reading in readings.values.compactMap(\.first) {
            #expect(
                reading.first > 256 && reading.lines.count <= 1_500 + 256, "\(reading.first), \(reading.lines.count)")
        }
        try await talk.close()
    }

    /// Kills servers under load, and takes the last one's word.
    /// - Parameter least: acknowledgements to be waited for before the first kill.
    @discardableResult
    private func kill(
        _ talk: Talk, rounds: Int, environment: [String: String] = [:], least: Int = 50
    ) async throws -> [RoomID: [Reading]] {
        let folder = try Scratch()
        let data = folder.path + "/data"
        let certificates = try await Certificates.shared().folder
        var server = try await Victim(on: data, certificates: certificates, environment: environment)
        try await talk.connect(to: server.port)
        try await talk.acknowledged(least)
        for round in 1...rounds {
            // Mostly in the middle of the talk; now and then while the clients come back.
            if !round.isMultiple(of: 4) {
                try await talk.acknowledged(try await talk.ledger().acknowledged.count + 1)
            }
            try await Task.sleep(for: .milliseconds(.random(in: 0...100)))
            try await server.kill()
            try await talk.isCut()
            let begin = ContinuousClock.now
            server = try await Victim(on: data, certificates: certificates, environment: environment)
            try #require(server.listens, "\(server.log)")
            #expect(begin.duration(to: .now) < .seconds(5), "it is there again soon")
            try await talk.connect(to: server.port)
        }
        try await talk.isConnected()
        let verdict = try await talk.verdict()
        #expect(verdict.isClean, "\(verdict)")
        #expect(verdict.acknowledged > rounds * 10, "something was said: \(verdict)")
        let (ledger, readings) = (try await talk.ledger(), try await talk.read())
        #expect(ledger.repeats > 0, "something was said again")
        print("kill -9: \(rounds) times, \(verdict.acknowledged) acknowledged, \(ledger.repeats) said again")
        try await server.stop()
        try await verify(data)
        return readings
    }
}
