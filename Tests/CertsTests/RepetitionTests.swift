import Foundation
import Testing

@Suite("running a command again")
struct RepetitionTests {
    @Test("changes nothing when all is there as asked")
    func unchanged() async throws {
        let folder = try await CertsFolder.initialised("--host", "chat.example.org")
        try await folder.expect(0, ["client", "alice", "--days", "30"])
        let before = try folder.snapshot()
        for arguments in [
            ["init"], ["init", "--strength", "128", "--host", "chat.example.org"], ["server"],
            ["server", "--host", "CHAT.example.org", "--host", "::1"], ["client", "alice"],
            ["client", "alice/default", "--days", "30"], ["client", "alice", "--device", "default"],
        ] {
            let again = try await folder.expect(0, arguments)
            #expect(again.output.contains("Nothing has changed"), "\(arguments)")
        }
        #expect(try folder.snapshot() == before)
    }

    @Test("is refused, with the remedy, when it asks for something else")
    func contradicting() async throws {
        let folder = try await CertsFolder.initialised()
        try await folder.expect(0, ["client", "alice"])
        let before = try folder.snapshot()
        for (line, remedy) in [
            ("init --strength 256", "--dir"), ("init --host other.example.org", "server --host other.example.org"),
            ("init --days 30", "renew server --days 30"), ("server --days 30", "renew server --days 30"),
            ("client alice --days 30", "renew alice/default --days 30"),
        ] {
            let refusal = try await folder.expect(78, line.split(separator: " ").map(String.init))
            #expect(refusal.errors.contains(remedy), "\(refusal.errors)")
        }
        #expect(try folder.snapshot() == before)
    }

    @Test("adds names to the server's certificate, and keeps its key and its names")
    func moreNames() async throws {
        let folder = try await CertsFolder.initialised("--host", "one.example.org")
        let key = try folder.contents("server.key")
        try await folder.expect(0, ["server", "--host", "two.example.org"])
        let names = try await folder.extensions(of: "server.pem")["X509v3 Subject Alternative Name"]
        #expect(names?.contains("DNS:one.example.org") == true)
        #expect(names?.contains("DNS:two.example.org") == true)
        #expect(try folder.contents("server.key") == key)
        try await folder.audit()
    }

    @Test("never overwrites a key that came from elsewhere", arguments: ["alice/default.key", "alice/default.pem"])
    func strayFile(path: String) async throws {
        let folder = try await CertsFolder.initialised()
        try FileManager.default.createDirectory(
            at: folder.url.appending(path: "alice"), withIntermediateDirectories: false)
        try Data("mine".utf8).write(to: folder.url.appending(path: path))
        try await folder.expect(73, ["client", "alice"])
        #expect(try folder.contents(path) == Data("mine".utf8))
        #expect(try await folder.list().current("alice/default") == nil)
    }

    @Test("says what to do when the key was handed over")
    func keyElsewhere() async throws {
        let folder = try await CertsFolder.initialised()
        try await folder.expect(0, ["client", "alice"])
        try FileManager.default.removeItem(at: folder.url.appending(path: "alice/default.key"))
        for command in ["client", "renew"] {
            let refusal = try await folder.expect(66, [command, "alice"])
            #expect(refusal.errors.contains("revoke alice/default"))
        }
        try await folder.expect(0, ["revoke", "alice"])
        try await folder.expect(0, ["client", "alice"])
        try await folder.audit()
    }
}

extension CertsFolder {
    /// Every file with its bytes.
    func snapshot() throws -> [String: Data] {
        var files: [String: Data] = [:]
        for path in try modes().keys { files[path] = try? contents(path) }
        return files
    }
}
