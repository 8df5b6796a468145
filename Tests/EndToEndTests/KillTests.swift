import Foundation
import Testing

/// Clients that are killed at any moment, with real stores and a real server.
@Suite("clients that are killed at any moment", .enabled(if: Installation.isComplete, Installation.comment))
struct KillTests {
    /// How often somebody is killed; `scripts/test --full` does it 200 times.
    private static let rounds = ProcessInfo.processInfo.environment["CONCLAVE_FULL"] == "1" ? 200 : 12

    @Test("lose nothing that they showed as said, and show nothing twice", .timeLimit(.minutes(15)))
    func kill9() async throws {
        let server = try await Server.start()
        let clients = [try Client("alice", of: server), try Client("bob", of: server)]
        var running = try clients.map { try $0.start("chat", ["--room", "#lab"]) }
        for program in running { try await program.says("you are in #lab") }
        var shown: Set<String> = []
        for round in 1...Self.rounds {
            for number in 1...6 {
                // Whoever was killed in the last round may still be starting.
                for (user, program) in running.enumerated() { try? program.type("m\(round)-\(number)-\(user)") }
            }
            try await Task.sleep(for: .milliseconds(.random(in: 0...250)))
            let victim = Int.random(in: 0...1)
            running[victim].signal(SIGKILL)
            _ = try await running[victim].status()
            shown.formUnion(Self.ownWords(in: running[victim].output))
            running[victim] = try clients[victim].start("chat", ["--room", "#lab"])
        }
        for (user, program) in running.enumerated() {
            try program.type("the end of \(user)")
        }
        for program in running {
            for user in 0...1 { try await program.says("the end of \(user)") }
        }
        for program in running {
            shown.formUnion(Self.ownWords(in: program.output))
            program.signal(SIGTERM)
            _ = try await program.status()
        }
        var histories: [[String]] = []
        for client in clients {
            let history = try await client.run("history", ["#lab", "--json", "--limit", "1000000"])
            histories.append(
                try history.objects.filter { $0["kind"] as? String == "text" }.compactMap { $0["text"] as? String })
            #expect(
                try history.objects.filter { $0["kind"] as? String == "unreadable" }.isEmpty, "everything could be read"
            )
            #expect(!history.output.contains("The server"), "nothing was found of the server")
        }
        #expect(shown.count >= Self.rounds, "something was said")
        for history in histories {
            #expect(Set(history).count == history.count, "nothing is there twice")
            #expect(shown.subtracting(history).isEmpty, "nothing that was shown as said is missing")
        }
        // Who came in second has not what was said before.
        let common = Set(histories[0]).intersection(histories[1])
        #expect(
            histories[0].filter(common.contains) == histories[1].filter(common.contains), "both have the same order")
        #expect(common.isSuperset(of: shown))
    }

    /// What a program showed as its own user's words that have their place: `12:37 #lab 4 you: text`.
    private static func ownWords(in output: String) -> [String] {
        output.split(separator: "\n").compactMap { line in
            line.range(of: " you: ").map { String(line[$0.upperBound...]) }
        }
    }
}
