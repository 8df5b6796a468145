import Foundation
import Testing

@Suite(
    "a power cut under load", .enabled(if: Installation.isComplete, Installation.comment),
    .enabled(if: Disk.isThere, Disk.comment), .enabled(if: Faults.areThere, Faults.comment), .serialized)
struct PowerCutTests {
    @Test("leaves all that was acknowledged, once, in order, and its chain", .timeLimit(.minutes(20)))
    func keeps() async throws {
        let certificates = try await Certificates.shared().folder
        let disk = try await Disk()
        let talk = try await Talk(certificates: certificates)
        let server = try await Victim(on: disk.path + "/data", certificates: certificates)
        try await talk.connect(to: server.port)
        try await talk.acknowledged(20)
        var acknowledged = 0
        for round in 1...Extent.rounds(50) {
            try await talk.speak()
            try await Task.sleep(for: .milliseconds(.random(in: 1...150)))
            let (ledger, remains) = try await cut(disk, round.isMultiple(of: 2) ? .system : .drive, talk)
            let verdict = try await judge(remains.path + "/data", of: talk, by: ledger, certificates: certificates)
            #expect(verdict.isClean, "\(verdict)")
            acknowledged = verdict.acknowledged
        }
        try await talk.settle()
        print("power cut: \(Extent.rounds(50)) times, \(acknowledged) acknowledged at last")
        // One after which life goes on, with what is left.
        try await server.kill()
        try await talk.isCut()
        let remains = try await disk.cut(.drive)
        let next = try await Victim(on: remains.path + "/data", certificates: certificates)
        try #require(next.listens, "\(next.log)")
        try await talk.connect(to: next.port)
        try await talk.isConnected()
        try await talk.speak(50)
        let verdict = try await talk.verdict()
        #expect(verdict.isClean, "\(verdict)")
        try await talk.close()
        try await next.stop()
        try await verify(remains.path + "/data")
    }

    /// Cuts the power. What was promised before must be there.
    private func cut(_ disk: Disk, _ loss: Disk.Loss, _ talk: Talk) async throws -> (Ledger, Disk.Remains) {
        let before = try await talk.ledger()
        let remains = try await disk.cut(loss)
        try await talk.hush()
        return (before.with(sentUntil: try await talk.ledger()), remains)
    }

    @Test(
        "loses what was acknowledged where flushes are ignored, or SQLite does not flush: so the test can tell",
        .timeLimit(.minutes(5)), arguments: [Faults.Flaw.ignoresFlushes, .synchronousNormal], Disk.Loss.allCases)
    func control(_ flaw: Faults.Flaw, _ loss: Disk.Loss) async throws {
        let certificates = try await Certificates.shared().folder
        let disk = try await Disk()
        let talk = try await Talk(certificates: certificates)
        let faults = try await Faults(in: disk.path + "/data", flaw: flaw)
        let server = try await Victim(
            on: disk.path + "/data", certificates: certificates, environment: faults.environment)
        try await talk.connect(to: server.port)
        var lost: [String] = []
        for _ in 1...5 where lost.isEmpty {
            try await talk.speak()
            try await talk.acknowledged(try await talk.ledger().acknowledged.count + 100)
            let (ledger, remains) = try await cut(disk, loss, talk)
            let verdict = try await judge(remains.path + "/data", of: talk, by: ledger, certificates: certificates)
            lost = verdict.lost
            print(
                "\(flaw), \(loss): \(verdict.acknowledged) acknowledged, \(verdict.entries) there, \(lost.count) lost")
        }
        #expect(!lost.isEmpty, "a disk without memory would not be a disk")
        try await talk.close()
    }
}
