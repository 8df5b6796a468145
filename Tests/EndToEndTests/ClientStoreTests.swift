import Foundation
import Testing

@Suite("the client's store", .enabled(if: Installation.isComplete, Installation.comment))
struct ClientStoreTests {
    @Test("is made once, for its owner only, and says where and how")
    func isMade() async throws {
        let server = try await Server.start()
        let alice = try Client("alice", of: server)
        let first = try await alice.run("rooms")
        let folder = try alice.storeFolder
        #expect(folder.contains("/alice-default@"))
        #expect(first.errors.contains("kept in \(folder), sealed by the key in store.key"), "\(first.errors)")
        let mode = try FileManager.default.attributesOfItem(atPath: folder + "/store.key")[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(try await alice.run("rooms").errors.isEmpty, "said once")
    }

    @Test("opens with its passphrase only, once it has one")
    func passphrase() async throws {
        let server = try await Server.start()
        var alice = try Client("alice", of: server)
        try await alice.run("send", ["#lab", "before"])
        let (right, wrong) = (alice.home.path + "/right", alice.home.path + "/wrong")
        try alice.home.write("correct horse\n", to: right)
        try alice.home.write("wrong horse\n", to: wrong)
        try await alice.run("passphrase", ["--new-from", right])
        // Without a terminal nobody can be asked.
        let none = try Program(["setsid", "-w"] + alice.commandLine("history", ["#lab"]), in: alice.home)
        #expect(try await none.status() == 77)
        #expect(none.errors.contains("locked by a passphrase") && none.errors.contains("CONCLAVE_PASSPHRASE_FILE"))
        alice.environment = ["CONCLAVE_PASSPHRASE_FILE": wrong]
        let refused = try await alice.run("history", ["#lab"], status: 77)
        #expect(refused.errors.contains("the passphrase is wrong"), "\(refused.errors)")
        #expect(refused.output.isEmpty)
        alice.environment = ["CONCLAVE_PASSPHRASE_FILE": right]
        #expect(try await alice.run("history", ["#lab"]).output.contains("you: before"))
        try await alice.run("passphrase", ["--remove"])
        alice.environment = [:]
        #expect(try await alice.run("history", ["#lab"]).output.contains("you: before"))
    }

    @Test("is used by one program at a time")
    func isInUse() async throws {
        let server = try await Server.start()
        let alice = try Client("alice", of: server)
        let tail = try await alice.tail("#lab")
        let second = try await alice.run("send", ["#lab", "hello"], status: 69)
        #expect(second.errors.contains("another running program has it open"), "\(second.errors)")
        tail.signal(SIGTERM)
        #expect(try await tail.status() == 0)
        try await alice.run("send", ["#lab", "hello"])
    }

    @Test("is refused when it is damaged, in words, and nothing of it is thrown away")
    func isDamaged() async throws {
        let server = try await Server.start()
        let alice = try Client("alice", of: server)
        try await alice.run("send", ["#lab", "hello"])
        let database = try alice.storeFolder + "/store.sqlite"
        var bytes = try #require(FileManager.default.contents(atPath: database))
        bytes.replaceSubrange(0..<64, with: Data(repeating: 0xA5, count: 64))
        try bytes.write(to: URL(fileURLWithPath: database))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: database)
        let refused = try await alice.run("history", ["#lab"], status: 78)
        #expect(
            refused.errors.contains("is no database any more") && refused.errors.contains("nothing was deleted"),
            "\(refused.errors)")
        #expect(FileManager.default.contents(atPath: database)?.count == bytes.count)
    }

    @Test("stops the program when it cannot be written, and says so", .enabled(if: Installation.has("prlimit")))
    func cannotBeWritten() async throws {
        let server = try await Server.start()
        let (alice, bob) = (try Client("alice", of: server), try Client("bob", of: server))
        let tail = try await bob.tail("#lab")
        try await alice.run("send", ["#lab", "one"])
        try await tail.says("alice: one")
        // No file of the process may grow from now on.
        let limit = try Program(
            ["prlimit", "--pid", "\(tail.identifier)", "--fsize=4096"], in: bob.home)
        try #require(try await limit.status() == 0, "\(limit.errors)")
        try await alice.run("send", ["#lab", "two"])
        #expect(try await tail.status() != 0)
        #expect(tail.errors.contains("could not be written down"), "\(tail.errors)")
        #expect(!tail.output.contains("alice: two"), "what was not written is not shown")
    }
}
