import Foundation
import Testing

@Suite("the audit log of a server", .enabled(if: Installation.isComplete, Installation.comment))
struct AuditLogTests {
    /// Runs `conclave-server audit` to its end.
    private func audit(
        _ arguments: [String], data: String, in scratch: Scratch, status: Int32 = 0,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Program {
        let program = try Program([Installation.server, "audit"] + arguments + ["--data", data], in: scratch)
        let got = try await program.status()
        #expect(got == status, "\(arguments): \(program.output) \(program.errors)", sourceLocation: sourceLocation)
        return program
    }

    /// The records, as objects, when there is one of this kind.
    private func records(
        _ data: String, in scratch: Scratch, until kind: String, _ arguments: [String] = []
    ) async throws -> [[String: Any]] {
        for _ in 0..<100 {
            let found = try await audit(["list", "--json", "--limit", "0"] + arguments, data: data, in: scratch).objects
            if found.contains(where: { $0["kind"] as? String == kind }) { return found }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw Timeout(description: "no \(kind) in the audit log")
    }

    private func kinds(_ records: [[String: Any]]) -> [String] { records.compactMap { $0["kind"] as? String } }

    /// Starts a server, lets two people talk, and somebody knock who has no certificate.
    private func busyServer(data: String, saying words: String = "hello") async throws -> (Server, Stranger, Stranger) {
        let server = try await Server(certificates: try await Certificates.shared().folder, data: data)
        let (alice, bob) = try await Stranger.pair(in: "lab", of: server)
        #expect(try await alice.ask("send", "lab 1 \(words)").seq == 3)
        try await knock(at: server, times: 1)
        return (server, alice, bob)
    }

    /// Connections that never say anything sensible.
    private func knock(at server: Server, times: Int) async throws {
        let program = try Program(
            [
                "python3", "-c",
                """
                import socket, sys
                for _ in range(int(sys.argv[2])):
                    s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
                    s.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
                    s.recv(100)
                    s.close()
                """, "\(server.port)", "\(times)",
            ], in: server.scratch)
        #expect(try await program.status() == 0, "\(program.errors)")
    }

    private func stop(_ server: Server) async throws {
        server.program.signal(SIGTERM)
        #expect(try await server.program.status() == 0)
    }

    @Test(
        "tells who came, who was refused and what became of rooms, and never what was said; it can be verified at any time"
    )
    func tells() async throws {
        let scratch = try Scratch()
        let data = scratch.path + "/data"
        let (server, alice, bob) = try await busyServer(data: data, saying: "xylophone-canary")
        var found = try await records(data, in: scratch, until: "refused")
        #expect(
            kinds(found) == ["server-started", "connected", "connected", "room-founded", "commit", "refused"])
        #expect(found[1]["user"] as? String == "alice" && found[1]["device"] as? String == "default")
        #expect((found[1]["address"] as? String)?.isEmpty == false)
        #expect(found[4]["added"] as? [String] == ["bob/default"])
        #expect((found[5]["words"] as? String)?.contains("TLS") == true, "\(found[5])")
        #expect((found[5]["address"] as? String)?.hasPrefix("127.0.0.1:") == true)
        #expect(try await audit(["verify"], data: data, in: scratch).output.contains("intact: nothing was"))

        let kept = scratch.path + "/kept"
        _ = try await audit(["export", "--checkpoint", kept], data: data, in: scratch)
        #expect(try String(contentsOfFile: kept, encoding: .utf8).hasPrefix("conclave audit checkpoint 1\nsize "))

        bob.kill()
        server.program.signal(SIGHUP)
        found = try await records(data, in: scratch, until: "reloaded")
        #expect(try await alice.ask("ping").event == "pong")
        try await stop(server)
        found = try await records(data, in: scratch, until: "server-stopped")
        #expect(Set(kinds(found)).isSuperset(of: ["disconnected", "reloaded"]))
        #expect(found.enumerated().allSatisfy { $0 + 1 == $1["record"] as? Int })

        let verified = try await audit(["verify", "--checkpoint", kept, "--json"], data: data, in: scratch)
        #expect(try verified.objects.first?["intact"] as? Bool == true)
        #expect(try verified.objects.first?["latestCheckpoint"] as? Int == found.count, "made when it stopped")
        let whole = try await audit(["export"], data: data, in: scratch).output
        let canary = Data("xylophone-canary".utf8)
        #expect(!whole.contains("xylophone-canary"))
        #expect(!whole.contains(canary.map { String(format: "%02x", $0) }.joined()))
    }

    @Test("is asked by user, event, address, time and number")
    func filters() async throws {
        let scratch = try Scratch()
        let data = scratch.path + "/data"
        let (server, _, _) = try await busyServer(data: data)
        _ = try await records(data, in: scratch, until: "refused")
        try await stop(server)
        func list(_ arguments: [String]) async throws -> [String] {
            kinds(try await audit(["list", "--json"] + arguments, data: data, in: scratch).objects)
        }
        #expect(try await list(["--event", "commit,room-founded"]) == ["room-founded", "commit"])
        #expect(try await list(["--user", "bob/default", "--event", "commit"]) == ["commit"])
        #expect(try await list(["--address", "127.0.0.0/8", "--event", "refused"]) == ["refused"])
        #expect(try await list(["--address", "203.0.113.0/24"]) == [])
        #expect(try await list(["--since", "1h", "--limit", "1"]) == ["server-stopped"])
        #expect(try await list(["--until", "1h"]) == [])
        let table = try await audit(["list", "--event", "commit"], data: data, in: scratch).output
        let lines = table.split(separator: "\n")
        #expect(
            lines.count == 2 && lines[0].contains("TIME (UTC)") && lines[1].contains("added bob/default"), "\(table)")
        #expect(!table.contains("\u{1B}"))
        let none = try await audit(["list", "--user", "zoe"], data: data, in: scratch)
        #expect(none.errors.hasPrefix("No record of ") && none.output.isEmpty)
    }

    @Test("is followed while the server runs")
    func follows() async throws {
        let scratch = try Scratch()
        let data = scratch.path + "/data"
        let (server, _, _) = try await busyServer(data: data)
        let follower = try Program(
            [
                Installation.server, "audit", "list", "--follow", "--limit", "0", "--json", "--user", "carol", "--data",
                data,
            ], in: scratch)
        let table = try Program(
            [Installation.server, "audit", "list", "--follow", "--event", "connected", "--data", data], in: scratch)
        try await table.says("alice/default")
        let carol = try await Stranger.connect("carol", to: server)
        try await follower.says("connected")
        try await table.says("carol/default")
        carol.kill()
        try await follower.says("disconnected")
        #expect(try follower.objects.map { $0["user"] as? String } == ["carol", "carol"])
        follower.signal(SIGINT)
        #expect(try await follower.status() == 128 + SIGINT)
    }

    @Test("goes on unbroken after kill -9")
    func goesOn() async throws {
        let scratch = try Scratch()
        let data = scratch.path + "/data"
        let (server, _, _) = try await busyServer(data: data)
        _ = try await records(data, in: scratch, until: "commit")
        server.program.signal(SIGKILL)
        _ = try await server.program.status()
        #expect(try await audit(["verify"], data: data, in: scratch).output.contains("intact"), "while nothing runs")
        let again = try await Server(certificates: server.certificates, data: data)
        _ = try await Stranger.connect("carol", to: again)
        try await stop(again)
        let found = try await records(data, in: scratch, until: "server-stopped")
        #expect(kinds(found).count { $0 == "server-started" } == 2)
        #expect(try await audit(["verify"], data: data, in: scratch).output.contains("intact"))
    }

    @Test("counts a storm instead of recording it, and loses no count")
    func storm() async throws {
        let scratch = try Scratch()
        let data = scratch.path + "/data"
        let (server, alice, _) = try await busyServer(data: data)
        try await knock(at: server, times: 300)
        #expect(try await alice.ask("ping").event == "pong")
        try await stop(server)
        let found = try await records(
            data, in: scratch, until: "server-stopped", ["--event", "refused,server-stopped"])
        let refused = found.filter { $0["kind"] as? String == "refused" }
        // A minute may have ended meanwhile.
        #expect(refused.count <= 2 * 21, "\(refused.count)")
        #expect(refused.reduce(0) { $0 + ($1["count"] as? Int ?? 1) } == 301)
        #expect(refused.contains { $0["address"] as? String == "127.0.0.1" }, "one that counts the others")
    }

    @Test("keeps as much as it is told, and says with a signature what it has dropped")
    func retention() async throws {
        let scratch = try Scratch()
        let data = scratch.path + "/data"
        let (server, _, _) = try await busyServer(data: data)
        for name in ["a", "b", "c"] { _ = try await Stranger.pair(in: name, of: server) }
        try await stop(server)
        let old = scratch.path + "/old"
        _ = try await audit(["export", "--checkpoint", old], data: data, in: scratch)
        let before = try await records(data, in: scratch, until: "server-stopped")
        try #require(before.count > 20)
        let again = try await Server(
            certificates: server.certificates, data: data, arguments: ["--audit-records", "10"])
        let found = try await records(data, in: scratch, until: "audit-cut")
        let cut = try #require(found.first { $0["kind"] as? String == "audit-cut" })
        let dropped = try #require(cut["count"] as? Int)
        #expect((before.count - 10...before.count - 9).contains(dropped), "the start may have been the eleventh")
        #expect(found.first?["record"] as? Int == dropped + 1)
        try await stop(again)
        let said = try await audit(["verify"], data: data, in: scratch).output
        #expect(said.contains("dropped      records up to \(dropped), by a signed cut"), "\(said)")
        // The end of what the checkpoint counts is still there.
        _ = try await audit(["verify", "--checkpoint", old], data: data, in: scratch)
        let last = try await Server(
            certificates: server.certificates, data: data, arguments: ["--audit-records", "10"])
        _ = try await Stranger.pair(in: "d", of: last)
        try await stop(last)
        let more = try await Server(
            certificates: server.certificates, data: data, arguments: ["--audit-records", "10"])
        for _ in 0..<100 {
            let first = try await records(data, in: scratch, until: "server-started").first?["record"] as? Int
            if first ?? 0 > before.count + 1 { break }
            try await Task.sleep(for: .milliseconds(100))
        }
        try await stop(more)
        let gone = try await audit(["verify", "--checkpoint", old], data: data, in: scratch, status: 1).output
        #expect(gone.contains("compare with a later checkpoint"), "\(gone)")
    }

    @Test("tells of backups and restores, and a checkpoint of between shows that the server went back")
    func backups() async throws {
        let scratch = try Scratch()
        let data = scratch.path + "/data"
        let backup = scratch.path + "/backup.db"
        let (server, _, _) = try await busyServer(data: data)
        func run(_ verb: String) async throws {
            let program = try Program([Installation.server, verb, backup, "--data", data], in: scratch)
            #expect(try await program.status() == 0, "\(program.errors)")
        }
        try await run("backup")
        _ = try await Stranger.connect("carol", to: server)
        try await stop(server)
        let found = try await records(data, in: scratch, until: "backup")
        #expect(
            (found.first { $0["kind"] as? String == "backup" }?["words"] as? String)?.hasPrefix("\(backup) · ")
                == true)
        let kept = scratch.path + "/kept"
        _ = try await audit(["export", "--checkpoint", kept], data: data, in: scratch)
        try await run("restore")
        let said = try await audit(["verify", "--checkpoint", kept], data: data, in: scratch, status: 1).output
        #expect(said.contains("or it was restored from an older backup"), "\(said)")
        let again = try await Server(certificates: server.certificates, data: data)
        let after = try await records(data, in: scratch, until: "restored")
        try await stop(again)
        let restored = try #require(after.first { $0["kind"] as? String == "restored" })
        #expect((restored["words"] as? String)?.hasPrefix("\(backup) · ") == true)
        #expect(try await audit(["verify"], data: data, in: scratch).output.contains("intact: nothing"))
    }

    @Test("takes in what others have left for it in the server's folder")
    func inbox() async throws {
        let scratch = try Scratch()
        let data = scratch.path + "/data"
        let (server, _, _) = try await busyServer(data: data)
        try await stop(server)
        let first = try #require(try await audit(["export"], data: data, in: scratch).objects.first)
        let event = try #require(first["event"] as? String)
        let folder = data + "/audit-inbox"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        // Version 1, kind 7: a backup. What the server tells itself it takes from nobody.
        try scratch.write("010007" + event.dropFirst(6), to: folder + "/note.event")
        try scratch.write(event, to: folder + "/started.event")
        try scratch.write("nonsense", to: folder + "/other.event")
        let again = try await Server(certificates: server.certificates, data: data)
        try await eventually("the note to be taken") {
            FileManager.default.fileExists(atPath: folder + "/note.event") ? nil : true
        }
        try await stop(again)
        let found = try await records(data, in: scratch, until: "server-stopped")
        #expect(kinds(found).count { $0 == "server-started" } == 2)
        #expect(kinds(found).count { $0 == "backup" } == 1)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["other.event", "started.event"])
    }
}
