import Foundation
import Testing

@Suite("a server's disk", .enabled(if: Installation.isComplete, Installation.comment), .serialized)
struct DiskTests {
    private static let disks = SmallDisk.isPossible

    /// A server whose folder is on a small disk, with alice and bob in a room.
    private struct Stage {
        let place: Administration
        let disk: SmallDisk
        let server: Server
        let alice: Program
        let bob: Program
        var data: String { disk.path + "/data" }
        var ballast: String { data + "/ballast" }

        init() async throws {
            place = try Administration()
            disk = try SmallDisk(mebibytes: 96)
            server = try await Server(
                certificates: try await Certificates.shared().folder, data: disk.path + "/data")
            alice = try await place.person("alice", at: server)
            bob = try await place.person("bob", at: server)
            try await say("hello")
        }

        /// Alice says something, and Bob sees it.
        func say(_ words: String) async throws {
            try alice.type(words)
            try await Administration.saw("alice: \(words)\n", bob)
        }

        /// How often Bob saw something.
        func count(_ words: String) -> Int {
            bob.output.split(separator: "\n").count { $0.hasSuffix("alice: \(words)") }
        }

        func end() async throws {
            for person in [alice, bob] {
                try person.type("/quit")
                #expect(try await person.status() == 0)
            }
            try await Administration.stop(server)
            let report = try await place.run(["verify", "--data", data])
            #expect(report.status == 0, "\(report.errors)")
        }
    }

    private func size(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_blocks) * 512 : 0
    }

    @Test(
        "that is nearly full: nothing new is taken, and said so; reading goes on, and so does all when there is space",
        .enabled(if: disks, SmallDisk.comment))
    func low() async throws {
        let stage = try await Stage()
        #expect(size(stage.ballast) == 6 << 20, "a sixteenth of it is set aside")
        try stage.bob.type("/quit")
        #expect(try await stage.bob.status() == 0)
        try stage.alice.type("for Bob")
        try stage.disk.fill(leaving: 3 << 20)
        try await Task.sleep(for: .milliseconds(300))
        // The first one is still taken: only then the server looks.
        try stage.alice.type("first")
        _ = try await stage.server.logged("nothing new is taken until")
        try stage.alice.type("second")
        try await eventually("alice to be told: \(stage.alice.output)") {
            (stage.alice.output + stage.alice.errors).contains("the server's disk is full") ? true : nil
        }
        let bob = try stage.place.chat("bob", at: stage.server)
        try await Administration.saw("alice: for Bob\n", bob)
        #expect(!bob.output.contains("second"))
        #expect(size(stage.ballast) == 6 << 20, "it was not needed")
        try stage.disk.empty()
        _ = try await stage.server.logged("has space again")
        try await Administration.saw("alice: second\n", bob)
        try bob.type("/quit")
        #expect(try await bob.status() == 0)
        try stage.alice.type("/quit")
        #expect(try await stage.alice.status() == 0)
        try await Administration.stop(stage.server)
        #expect(try await stage.place.run(["verify", "--data", stage.data]).status == 0)
    }

    @Test(
        "that is full to the last byte: what was taken is stored in the space that was set aside",
        .enabled(if: disks, SmallDisk.comment))
    func full() async throws {
        let stage = try await Stage()
        try stage.disk.fill()
        // Larger than what may be free in the last page of the log.
        let long = String(repeating: "long ", count: 4_000)
        try await stage.say("taken " + long.dropLast())
        _ = try await stage.server.logged("what was set aside is used")
        #expect(size(stage.ballast) == 0)
        try stage.alice.type("later")
        try await eventually("alice to be told") {
            (stage.alice.output + stage.alice.errors).contains("the server's disk is full") ? true : nil
        }
        #expect(stage.count("later") == 0)
        try stage.disk.empty()
        _ = try await stage.server.logged("has space again")
        #expect(size(stage.ballast) == 6 << 20, "it is there before anything new is taken")
        try await Administration.saw("alice: later\n", stage.bob)
        #expect(stage.count("later") == 1)
        try await stage.end()
        let told = try await stage.place.run(["audit", "list", "--json", "--data", stage.data])
        #expect(told.output.contains("\"disk-full\"") && told.output.contains("\"disk-free\""), "\(told)")
    }

    @Test(
        "that is full, with nothing set aside: what was taken is not acknowledged until there is space, and then it is",
        .enabled(if: disks, SmallDisk.comment))
    func stuck() async throws {
        let stage = try await Stage()
        try FileManager.default.removeItem(atPath: stage.ballast)
        try stage.disk.fill()
        let long = String(repeating: "long ", count: 4_000).dropLast()
        try stage.alice.type("waiting " + long)
        _ = try await stage.server.logged("full to the last byte")
        try await Task.sleep(for: .milliseconds(1_500))
        #expect(stage.server.program.isRunning)
        #expect(stage.count("waiting " + long) == 0 && !stage.alice.output.contains("waiting long"))
        try stage.disk.empty()
        _ = try await stage.server.logged("what waited for space on the disk is stored")
        try await Administration.saw("alice: waiting \(long)\n", stage.bob)
        _ = try await stage.server.logged("has space again")
        try await stage.say("and on")
        #expect(stage.count("waiting " + long) == 1)
        try await stage.end()
    }

    @Test(
        "that is full when the server starts: it starts in the space that was set aside, and takes nothing",
        .enabled(if: disks, SmallDisk.comment))
    func fullAtStart() async throws {
        let stage = try await Stage()
        try await stage.end()
        // Whoever looked at the store has left the index of its log, which takes space.
        try? FileManager.default.removeItem(atPath: stage.data + "/conclave.db-shm")
        try stage.disk.fill()
        let again = try await Server(certificates: stage.server.certificates, data: stage.data)
        _ = try await again.logged("what was set aside is used to open the store")
        _ = try await again.logged("nothing new is taken")
        try stage.disk.empty()
        _ = try await again.logged("has space again")
        try await Administration.stop(again)
    }

    @Test(
        "that fails at an fsync: what waits is never acknowledged, and the server stops by one line with status 69",
        .enabled(if: Installation.has("strace"), "strace is missing"), arguments: [4, 9, 14])
    func failedSync(number: Int) async throws {
        let place = try Administration()
        let certificates = try await Certificates.shared().folder
        let first = try await Server(certificates: certificates, data: place.data)
        let bob = try await place.person("bob", at: first)
        try bob.type("/quit")
        #expect(try await bob.status() == 0)
        try await Administration.stop(first)

        let program = try Program(
            ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync", "-e"]
                + ["inject=fdatasync:error=EIO:when=\(number)+"]
                + Server.command(certificates, data: place.data, port: first.port), in: place.scratch)
        let alice = try place.chat("alice", at: first)
        var said = 0
        try await eventually("the server to stop: \(program.errors)", within: 30) {
            said += 1
            if said.isMultiple(of: 10) { try? alice.type("number \(said / 10)") }
            return program.isRunning ? nil : true
        }
        #expect(try await program.status() == 69)
        #expect(program.errors.contains("critical the disk failed at the database"), "\(program.errors)")
        #expect(program.errors.contains("has acknowledged nothing that is not stored"))
        let shown = alice.output.split(separator: "\n").filter { $0.contains("you: number ") }
        // On a disk that works again, all that was acknowledged is there, once.
        let again = try await Server(certificates: certificates, data: place.data, port: first.port)
        try alice.type("the end")
        try await Administration.saw("you: the end\n", alice)
        let all = alice.output.split(separator: "\n").filter { $0.contains("you: number ") }
        #expect(Set(all).count == all.count && Set(shown).isSubset(of: all))
        alice.signal(SIGTERM)
        _ = try await alice.status()
        try await Administration.stop(again)
        #expect(try await place.entries(["--data", place.data]) > all.count)
    }
}
