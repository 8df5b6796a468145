import Foundation
import Testing

/// What rooms promise, with the real programs.
@Suite("end-to-end encrypted rooms", .enabled(if: Installation.isComplete, Installation.comment))
struct EncryptedRoomTests {
    @Test("what is said is in no file of the server, and sealed in those of the clients")
    func canary() async throws {
        let server = try await Server.start()
        let (alice, bob) = (try Client("alice", of: server), try Client("bob", of: server))
        let canary = "canary-\(UUID().uuidString)"
        let tail = try await bob.tail("#lab", ["--count", "2"])
        try await alice.run("send", ["#lab", canary])
        try await alice.run("send", ["@bob", "for you: \(canary)"])
        #expect(try await tail.status() == 0, "\(tail.errors)")
        #expect(tail.output.contains("alice: \(canary)") && tail.output.contains("alice: for you: \(canary)"))
        server.program.signal(SIGTERM)
        #expect(try await server.program.status() == 0)
        #expect(try Self.files(in: server.scratch.path, holding: canary) == [])
        #expect(server.log.contains("alice/default"), "the log was looked at")
        for client in [alice, bob] {
            #expect(try Self.files(in: client.storeFolder, holding: canary) == [])
        }
        #expect(try Self.files(in: bob.home.path, holding: canary).count == 1, "the output of tail")
    }

    /// Names of the files below a folder that hold a text.
    private static func files(in folder: String, holding text: String) throws -> [String] {
        let names = try #require(FileManager.default.enumerator(atPath: folder)).compactMap { $0 as? String }
        #expect(!names.isEmpty, "there is something to look at")
        return names.filter { name in
            FileManager.default.contents(atPath: folder + "/" + name)?.range(of: Data(text.utf8)) != nil
        }
    }

    @Test(
        "the server holds no code that could decrypt",
        .enabled(if: Installation.isCI || Installation.has("nm"), "nm is missing; install binutils"))
    func symbols() async throws {
        let scratch = try Scratch()
        for (name, hasMLS) in [("conclave-server", false), ("conclave", true)] {
            let nm = try Program(["nm", Installation.programs + "/" + name], in: scratch)
            try #require(try await nm.status() == 0, "\(nm.errors)")
            let symbols = nm.output
            #expect(symbols.contains("$s8ChatWire"), "\(name) has its symbols")
            #expect(symbols.contains("$s3MLS") == hasMLS, "\(name)")
        }
    }

    @Test("direct messages reach the other user, also one who was away")
    func direct() async throws {
        let server = try await Server.start()
        let (alice, bob) = (try Client("alice", of: server), try Client("bob", of: server))
        let early = try await alice.run("send", ["@bob", "are you there?", "--timeout", "60"], status: 69)
        #expect(early.errors.contains("bob has no device here yet; what you said is kept"), "\(early.errors)")
        let tail = try bob.start("tail", ["--json", "--count", "2"])
        let chat = try alice.start("chat")
        try chat.type("/msg bob now you are")
        #expect(try await tail.status() == 0)
        let said = try tail.objects.filter { $0["kind"] as? String == "text" }
        #expect(said.first?["text"] as? String == "are you there?" && said.first?["room"] as? String == "@alice")
        try chat.type("/quit")
        #expect(try await chat.status() == 0, "\(chat.errors)")
        try await bob.run("send", ["@alice", "I am"])
        let heard = try alice.start("tail", ["--count", "1"])
        #expect(try await heard.status() == 0)
        #expect(heard.output.contains("bob: I am"), "\(heard.output)")
    }

    @Test("answers, changes and reactions name the message by its number")
    func changes() async throws {
        let server = try await Server.start()
        let (alice, bob) = (try Client("alice", of: server), try Client("bob", of: server))
        let one = try alice.start("chat", ["--room", "#lab"])
        try await one.says("you are in #lab")
        let two = try bob.start("chat", ["--room", "#lab"])
        try await one.says("bob/default joined")
        try one.type("the first")
        try await two.says("alice: the first")
        try two.type("/reply the answer")
        try await one.says("bob [to")
        #expect(one.output.contains("alice: “the first”]: the answer"), "\(one.output)")
        try one.type("/edit the second")
        try await two.says("to: the second")
        try two.type("/react 👍")
        try await one.says("bob reacted 👍 to")
        try one.type("/topic herons")
        try await two.says("alice/default set the topic: herons")
        try two.type("/delete")
        try await one.says("bob took")
        try two.type("/delete 1")
        try await eventually("a refusal: \(two.errors)") {
            two.errors.contains("there is no such message") ? true : nil
        }
        for program in [one, two] {
            try program.type("/quit")
            #expect(try await program.status() == 0, "\(program.errors)")
        }
    }

    @Test("what was said can be read, searched and exported without a server")
    func offline() async throws {
        let server = try await Server.start()
        let (alice, bob) = (try Client("alice", of: server), try Client("bob", of: server))
        let tail = try await bob.tail("#lab", ["--count", "2"])
        try await alice.run("send", ["#lab", "Der Café ist kalt"])
        try await alice.run("send", ["#lab", "\u{1B}[2Jand so is the tea"])
        #expect(try await tail.status() == 0, "\(tail.errors)")
        server.program.signal(SIGTERM)
        #expect(try await server.program.status() == 0)

        let history = try await bob.run("history", ["#lab"])
        #expect(history.output.contains("alice: Der Café ist kalt") && !history.output.contains("\u{1B}"))
        let objects = try await bob.run("history", ["#lab", "--json", "--limit", "3"]).objects
        #expect(
            (1...3).contains(objects.count) && objects.last?["text"] as? String == "\u{1B}[2Jand so is the tea",
            "\(objects)")
        let found = try await bob.run("search", ["cafe", "#lab"])
        #expect(found.output.contains("Der Café ist kalt") && !found.output.contains("tea"))
        #expect(try await bob.run("search", ["coffee"]).output.isEmpty)
        let text = try await bob.run("export", ["#lab", "--format", "text"])
        #expect(text.output.contains("<alice> Der Café ist kalt"))
        #expect(try await bob.run("export", ["#lab"]).objects.count == text.output.split(separator: "\n").count)
        let rooms = try await bob.run("rooms", ["--json"]).objects
        #expect(rooms.map { $0["room"] as? String } == ["#lab"] && rooms.first?["devices"] as? Int == 2)
        let devices = try await bob.run("devices", ["alice", "--json"]).objects
        #expect(devices.map { $0["device"] as? String } == ["alice/default"])
        #expect(try await bob.run("history", ["#den"], status: 69).errors.contains("has nothing of #den"))
        let late = try await bob.run("send", ["#lab", "anyone?"], status: 69)
        #expect(late.errors.contains("cannot be reached"), "\(late.errors)")
    }

    @Test("all members see the same code")
    func code() async throws {
        let server = try await Server.start()
        let (alice, bob) = (try Client("alice", of: server), try Client("bob", of: server))
        try await alice.run("send", ["#lab", "hello"])
        try await bob.run("send", ["#lab", "hello"])
        func code(_ client: Client) async throws -> [String] {
            let output = try await client.run("verify", ["#lab"]).output
            return output.split(separator: "\n").filter { $0.contains(/^ +\d{5} \d{5} \d{5}$/) }.map(String.init)
        }
        let codes = [try await code(alice), try await code(bob)]
        #expect(codes[0].count == 2 && codes[0] == codes[1], "\(codes)")
        #expect(try await alice.run("verify", ["#lab", "--ok"]).output.contains("#lab · verified"))
        #expect(try await alice.run("devices", ["bob", "--json"]).objects.first?["compared"] as? Bool == true)
        #expect(try await bob.run("devices", ["alice", "--json"]).objects.first?["compared"] as? Bool == false)
    }

    @Test("a device whose certificate is revoked is removed from its rooms by the members")
    func revocation() async throws {
        let certificates = try await Certificates(users: ["alice", "bob"])
        let server = try await Server(certificates: certificates.folder)
        let (alice, bob) = (try Client("alice", of: server), try Client("bob", of: server))
        let one = try alice.start("chat", ["--room", "#lab"])
        try await one.says("you are in #lab")
        let two = try bob.start("chat", ["--room", "#lab"])
        try await one.says("bob/default joined")
        try two.type("while I may")
        try await one.says("bob: while I may")
        try await certificates.run(["revoke", "bob"])
        server.program.signal(SIGHUP)
        try await one.says("bob/default was removed: its certificate is revoked")
        #expect(try await two.status() == 78, "it does not try again")
        #expect(two.errors.contains("revoked"), "\(two.errors)")
        try one.type("among ourselves")
        try one.type("/quit")
        #expect(try await one.status() == 0, "\(one.errors)")
        let rooms = try await alice.run("rooms", ["--json"]).objects
        #expect(rooms.first?["devices"] as? Int == 1)
    }
}
