import Foundation
import Testing

/// The real programs, and a server whose data folder is put back to an earlier copy.
@Suite("a server that was restored from a copy", .enabled(if: Installation.isComplete, Installation.comment))
struct RollbackTests {
    private func person(_ name: String, at server: Server, home: Scratch) throws -> Program {
        try Program(
            [
                Installation.programs + "/conclave", "--as", name, "--server", "localhost:\(server.port)", "--certs",
                server.certificates, "--room", "#lab",
            ], in: home)
    }

    private func stop(_ server: Server) async throws {
        server.program.signal(SIGTERM)
        #expect(try await server.program.status() == 0, "\(server.log)")
    }

    private func saw(_ words: String, _ person: Program) async throws {
        try await eventually("\"\(words)\" in \(person.output.suffix(3_000)) \(person.errors.suffix(3_000))") {
            person.output.contains(words) ? true : nil
        }
    }

    private func copy(_ folder: String, to other: String) throws {
        try? FileManager.default.removeItem(atPath: other)
        try FileManager.default.copyItem(atPath: folder, toPath: other)
    }

    @Test(
        "gets back from the clients what it has acknowledged since: messages, a new member, a removal; once for everybody"
    )
    func restored() async throws {
        let folder = try Scratch()
        let data = folder.path + "/data"
        let made = try await Certificates(users: ["alice", "bob", "carol", "dave"])
        let certificates = made.folder
        defer { withExtendedLifetime(made) {} }
        var server = try await Server(certificates: certificates, data: data)
        let port = server.port
        let homes = try ["alice", "bob", "carol", "dave"].reduce(into: [String: Scratch]()) { $0[$1] = try Scratch() }
        func start(_ name: String) throws -> Program {
            try person(name, at: server, home: try #require(homes[name]))
        }
        let alice = try start("alice")
        try await saw("you are in #lab", alice)
        let bob = try start("bob")
        try await saw("bob/default joined", alice)
        let carol = try start("carol")
        try await saw("carol/default joined", alice)
        try alice.type("before the copy")
        for other in [bob, carol] { try await saw("alice: before the copy", other) }

        try await stop(server)
        try copy(data, to: folder.path + "/copy")
        server = try await Server(certificates: certificates, data: data, port: port)
        // All of this is acknowledged, and will be lost.
        for number in 1...5 {
            try alice.type("alice \(number)")
            try bob.type("bob \(number)")
        }
        for number in 1...5 {
            try await saw("alice: alice \(number)", bob)
            try await saw("bob: bob \(number)", alice)
        }
        try alice.type("/kick carol")
        try await saw("carol/default was removed", bob)
        let dave = try start("dave")
        try await saw("dave/default joined", alice)
        try await saw("you are in #lab", dave)
        try dave.type("dave is here")
        try await saw("dave: dave is here", alice)
        try await saw("dave: dave is here", bob)
        try bob.type("/reply a warm welcome")
        try await saw("a warm welcome", dave)
        try await saw("a warm welcome", alice)

        try await stop(server)
        try copy(folder.path + "/copy", to: data)
        server = try await Server(certificates: certificates, data: data, port: port)
        // The three who are in the room find it, and heal it by themselves.
        for other in [alice, bob] { try await saw("its log was set back to", other) }
        try alice.type("after the restore")
        for other in [bob, dave] { try await saw("alice: after the restore", other) }
        try dave.type("and dave again")
        for other in [alice, bob] { try await saw("dave: and dave again", other) }
        // What is about a message of somebody else waits a little for that one to be said again.
        try await Task.sleep(for: .seconds(8))
        for person in [alice, bob, dave] {
            try person.type("/quit")
            #expect(try await person.status() == 0, "\(person.output) \(person.errors)")
        }
        let said =
            ["before the copy", "dave is here", "a warm welcome", "after the restore", "and dave again"]
            + (1...5).flatMap { ["alice \($0)", "bob \($0)"] }
        for name in ["alice", "bob"] {
            let texts = try await history(of: name, at: server, try #require(homes[name]))
            #expect(texts.sorted() == said.sorted(), "\(name): \(texts)")
        }
        let daves = try await history(of: "dave", at: server, try #require(homes["dave"]))
        #expect(
            daves.sorted() == ["a warm welcome", "after the restore", "and dave again", "dave is here"], "\(daves)")
        // Nothing was shown twice to those who saw it all.
        for person in [alice, bob] {
            for text in ["alice: alice 3", "bob: bob 3", "dave: dave is here"] {
                let you = text.replacingOccurrences(of: "alice: ", with: "you: ").replacingOccurrences(
                    of: "bob: ", with: "you: ")
                let lines = person.output.split(separator: "\n").filter { $0.hasSuffix(text) || $0.hasSuffix(you) }
                #expect(lines.count == 1, "\(text) in \(lines)")
            }
        }
        let carols = try await history(of: "carol", at: server, try #require(homes["carol"]))
        #expect(!carols.contains("after the restore") && !carols.contains("dave is here"), "\(carols)")
        try carol.type("/quit")
        _ = try await carol.status()
        try await stop(server)
    }

    /// The texts that a device has, none of them lost.
    private func history(of name: String, at server: Server, _ home: Scratch) async throws -> [String] {
        let program = try Program(
            [
                Installation.programs + "/conclave", "history", "--as", name, "--server", "localhost:\(server.port)",
                "--certs", server.certificates, "#lab", "--json", "--limit", "500",
            ], in: home)
        guard try await program.status() == 0 else { return [] }
        return try program.objects.compactMap { object in
            guard ["text", "reply"].contains(object["kind"] as? String) else { return nil }
            #expect(object["lost"] == nil, "\(name): \(object)")
            return object["text"] as? String
        }
    }
}
