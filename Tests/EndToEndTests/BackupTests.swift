import Foundation
import Testing

@Suite("backup, restore and verify", .enabled(if: Installation.isComplete, Installation.comment))
struct BackupTests {
    @Test("a backup of a running server holds all that was said before, and a server goes on from it")
    func roundTrip() async throws {
        let place = try Administration()
        let certificates = try await Certificates.shared().folder
        let server = try await Server(certificates: certificates, data: place.data)
        let alice = try await place.person("alice", at: server)
        let bob = try await place.person("bob", at: server)
        var said = 0
        var latest = ""
        for round in 0..<4 {
            for _ in 0..<25 {
                said += 1
                try alice.type("number \(said)")
            }
            try await Administration.saw("alice: number \(said - 20)\n", bob)
            let seen = bob.output.split(separator: "\n").filter { $0.contains("alice: number ") }.count
            latest = place.scratch.path + "/backup\(round).db"
            let outcome = try await place.run(["backup", latest, "--data", place.data])
            #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
            #expect(outcome.output.contains("1 room · ") && outcome.output.contains("found whole"))
            #expect(try await place.entries([latest]) >= seen)
        }
        try await Administration.saw("alice: number \(said)\n", bob)
        let all = try await place.entries(["--data", place.data])
        #expect(all >= said)
        let running = try await place.run(["restore", latest, "--data", place.data])
        #expect(running.status == 69 && running.errors.contains("stop it first"), "\(running.errors)")
        for person in [alice, bob] {
            try person.type("/quit")
            #expect(try await person.status() == 0)
        }
        try await Administration.stop(server)
        let before = try await place.run(["audit", "list", "--json", "--data", place.data])
        #expect(before.output.contains("\"backup\""), "\(before)")

        let restored = try await place.run(["restore", latest, "--data", place.data])
        #expect(restored.status == 0, "\(restored.errors)")
        #expect(restored.output.contains("Start the server now."))
        #expect(try await place.entries(["--data", place.data]) == place.entries([latest]))
        let kept = try #require(try place.kept.first)
        #expect(try await place.entries(["--data", kept]) == all, "the old store is there, whole")
        let again = try await Server(certificates: certificates, data: place.data)
        #expect(again.log.contains("rooms 1"))
        try await Administration.stop(again)
        let told = try await place.run(["audit", "list", "--json", "--data", place.data])
        #expect(told.status == 0 && told.output.contains("\"restored\""), "\(told)")

        // And back: what was kept is a store like any other.
        let back = try await place.run(["restore", kept + "/conclave.db", "--data", place.data, "--json"])
        #expect(back.status == 0 && (back.json["restored"] as? [String: Any])?["entries"] as? Int == all)
        #expect(try place.kept.count == 2)
    }

    @Test("what cannot be done is said in a line, with a status, and changes nothing")
    func refuses() async throws {
        let place = try Administration()
        let certificates = try await Certificates.shared().folder
        let none = try await place.run(["backup", "b.db", "--data", place.data])
        #expect(none.status == 66 && none.errors.contains("there is no store in \(place.data)"))
        let server = try await Server(certificates: certificates, data: place.data)
        try await Administration.stop(server)
        #expect(try await place.run(["backup", "b.db", "--data", place.data]).status == 0)
        let before = try Data(contentsOf: URL(fileURLWithPath: place.scratch.path + "/b.db"))
        try place.scratch.write(
            "this is no backup, and long enough to be looked at as one", to: place.scratch.path + "/text")
        let names = try place.names
        let cases: [([String], Int32, String)] = [
            (["backup", "b.db", "--data", place.data], 64, "replace it with --force"),
            (["backup", place.data + "/b.db", "--data", place.data], 64, "choose a place elsewhere"),
            (["backup", "/dev/null", "--data", place.data, "--force"], 64, "is no file"),
            (["backup", "no/folder/b.db", "--data", place.data], 69, "cannot be made: No such file"),
            (["restore", "nothing", "--data", place.data], 66, "there is no file nothing"),
            (["restore", "text", "--data", place.data], 1, "choose another backup"),
            (["restore", place.data + "/conclave.db", "--data", place.data], 64, "itself"),
            (["verify", "text"], 1, "choose another backup"),
            (["verify", "b.db", "--data", place.data], 64, "not both"),
            (["verify", "--data", "elsewhere"], 66, "there is no store in elsewhere"),
        ]
        for (arguments, status, words) in cases {
            let outcome = try await place.run(arguments)
            #expect(outcome.status == status && outcome.errors.contains(words), "\(arguments): \(outcome)")
        }
        #expect(try place.names == names)
        #expect(try Data(contentsOf: URL(fileURLWithPath: place.scratch.path + "/b.db")) == before)
        #expect(try await place.run(["backup", "b.db", "--data", place.data, "--force"]).status == 0)
    }

    @Test(
        "a restoration that is killed at any step leaves the old store or the new one, and nothing is lost",
        .enabled(if: Installation.has("strace"), "strace is missing"))
    func killedRestore() async throws {
        let certificates = try await Certificates.shared().folder
        let first = try Administration()
        let server = try await Server(certificates: certificates, data: first.data)
        let alice = try await first.person("alice", at: server)
        #expect(try await first.run(["backup", "b.db", "--data", first.data]).status == 0)
        let old = try await first.entries(["b.db"])
        for number in 1...5 { try alice.type("number \(number)") }
        try await eventually("five more entries") {
            alice.output.contains("number 5") ? true : nil
        }
        // As a kill leaves it: much is in the log only.
        server.program.signal(SIGKILL)
        _ = try await server.program.status()
        let all = try await first.entries(["--data", first.data])
        #expect(all >= old + 5)

        var kills = 0
        for call in ["mkdir", "link", "unlink", "rename", "fsync"] {
            for number in 1...12 {
                let place = try Administration()
                try FileManager.default.copyItem(atPath: first.data, toPath: place.data)
                let outcome = try await place.run(
                    ["restore", first.scratch.path + "/b.db", "--data", place.data],
                    under: [
                        "strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=\(call)", "-e",
                        "inject=\(call):signal=KILL:when=\(number)",
                    ])
                // There is no such call any more.
                if outcome.status == 0 { break }
                kills += 1
                let names = try place.names
                let isThere = names.contains("conclave.db")
                let found = isThere ? try await place.entries(["--data", place.data]) : 0
                if isThere {
                    #expect([old, all].contains(found), "\(call) \(number)")
                    if found == all { #expect(names.contains("conclave.db-wal")) }
                }
                if found != all {
                    let kept = try #require(try place.kept.first)
                    #expect(try await place.entries(["--data", kept]) == all, "\(call) \(number)")
                }
                if !isThere {
                    let (status, words) = try await Server.fail(
                        Server.command(certificates, data: place.data, port: 0), in: place.scratch)
                    #expect(status == 69 && words.contains("run conclave-server restore again"), "\(words)")
                }
                let again = try await place.run(["restore", first.scratch.path + "/b.db", "--data", place.data])
                #expect(again.status == 0, "\(again.errors)")
                #expect(try await place.entries(["--data", place.data]) == old)
            }
        }
        #expect(kills > 10)
    }
}
