import Foundation
import Testing

/// One operation of the server on its files after the other is the one before which it dies, or in the middle of which.
@Suite("a server that dies at an operation on its files", .enabled(if: Faults.areThere, Faults.comment))
struct FaultTests {
    /// What the server is doing.
    enum Deed {
        case message, commit, largeCommit, checkpoint, stop
    }

    @Test(
        "while it stores a message, a commit or a large one, or stops, keeps all that it acknowledged",
        .timeLimit(.minutes(30)), arguments: [Deed.message, .commit, .largeCommit, .stop])
    func deed(_ deed: Deed) async throws {
        let stage = try await Stage(deed)
        let count = try await stage.attempt(.count).operations
        #expect(count >= 3, "there are operations: \(count)")
        var deaths = 0
        let points = Extent.some(Array(1...count))
        for point in points {
            for order in [Faults.Order.kill(point), .tear(point)] {
                if try await stage.attempt(order).died { deaths += 1 }
            }
        }
        let verdict = try await stage.verdict()
        #expect(verdict.isClean, "\(verdict)")
        // How many operations there are differs a little from time to time, as messages share transactions or do not.
        #expect(deaths > points.count / 2, "it died \(deaths) times")
        print("\(deed): \(count) operations, \(points.count * 2) faults, \(deaths) deaths; \(verdict)")
    }

    @Test(
        "while it brings the log into the database under load, keeps all that it acknowledged", .timeLimit(.minutes(30))
    )
    func checkpoint() async throws {
        let count = try await Stage(.checkpoint).attempt(.count).operations
        #expect(count >= 3, "there are operations: \(count)")
        var deaths = 0
        let points = Extent.some(Extent.spread(40, over: count))
        for point in points {
            for order in [Faults.Order.kill(point), .tear(point)] {
                // It takes so many bytes that a room would soon drop the first ones.
                let stage = try await Stage(.checkpoint)
                if try await stage.attempt(order).died { deaths += 1 }
                let verdict = try await stage.verdict()
                #expect(verdict.isClean, "\(order): \(verdict)")
            }
        }
        #expect(deaths >= points.count, "it died \(deaths) times")
        print("checkpoint: \(count) operations, \(points.count * 2) faults, \(deaths) deaths")
    }

    @Test("while it opens its store for the first time, begins anew", .timeLimit(.minutes(10)))
    func first() async throws {
        let certificates = try await Certificates.shared().folder
        try await dieWhileOpening(nil, certificates: certificates) { data in
            let server = try await Victim(on: data, certificates: certificates)
            try #require(server.listens, "\(server.log)")
            try await server.stop()
            try await verify(data)
        }
    }

    @Test("while it recovers from an earlier end, keeps all that it acknowledged", .timeLimit(.minutes(20)))
    func recovery() async throws {
        let (folder, certificates) = (try Scratch(), try await Certificates.shared().folder)
        let talk = try await Talk(certificates: certificates)
        let server = try await Victim(on: folder.path + "/data", certificates: certificates)
        try await talk.connect(to: server.port)
        try await talk.acknowledged(300)
        try await server.kill()
        try await talk.isCut()
        let ledger = try await talk.ledger()
        try await dieWhileOpening(folder.path + "/data", certificates: certificates) { data in
            let verdict = try await judge(data, of: talk, by: ledger, certificates: certificates)
            #expect(verdict.isClean, "\(verdict)")
        }
    }
}

/// A server that does the same thing again and again, and dies at it.
private final class Stage {
    private let deed: FaultTests.Deed
    private let talk: Talk
    private let folder: Scratch
    private let certificates: String
    private var data: String { folder.path + "/data" }

    init(_ deed: FaultTests.Deed) async throws {
        self.deed = deed
        folder = try Scratch()
        certificates = try await Certificates.shared().folder
        var plan = Talk.Plan(users: ["alice", "bob"], rooms: 1, messages: 0)
        switch deed {
        case .message: plan.commitEvery = .max
        case .commit: plan.commitEvery = 1
        case .largeCommit: (plan.commitEvery, plan.commitBytes) = (1, 150_000)
        case .checkpoint: (plan.commitEvery, plan.commitBytes) = (1, 2 << 20)
        case .stop: plan.commitEvery = 5
        }
        talk = try await Talk(plan, certificates: certificates)
    }

    /// - Returns: how many operations there were, and whether the server died of one.
    func attempt(_ order: Faults.Order) async throws -> (operations: Int, died: Bool) {
        // Of a checkpoint, what it does to the database; the log is written all the time.
        let faults = try await Faults(in: data, file: deed == .checkpoint ? "conclave.db" : nil)
        let server = try await Victim(on: data, certificates: certificates, environment: faults.environment)
        try #require(server.listens, "\(server.log)")
        try await talk.connect(to: server.port)
        try await talk.isConnected()
        // A room that was not founded yet is founded first.
        try await talk.settle()
        if deed == .stop {
            try await talk.speak(10)
            try await talk.settle()
        }
        try faults.order(order)
        switch deed {
        case .message, .commit, .largeCommit: try await talk.speak(2)
        // As much as brings the log to its length.
        case .checkpoint: try await talk.speak(6)
        case .stop: server.program.signal(SIGTERM)
        }
        while server.program.isRunning {
            if deed != .stop, try await talk.isSettled() { break }
            try await Task.sleep(for: .milliseconds(2))
        }
        let died = !server.program.isRunning
        try await server.kill()
        let status = try await server.program.status()
        #expect(status == 128 + SIGKILL || (deed == .stop && status == 0), "\(order): \(server.log)")
        try await talk.isCut()
        return (faults.operations.count, died && status != 0)
    }

    func verdict() async throws -> Verdict {
        let server = try await Victim(on: data, certificates: certificates)
        try #require(server.listens, "\(server.log)")
        try await talk.connect(to: server.port)
        try await talk.isConnected()
        let verdict = try await talk.verdict()
        try await talk.close()
        try await server.stop()
        try await verify(data)
        return verdict
    }
}
