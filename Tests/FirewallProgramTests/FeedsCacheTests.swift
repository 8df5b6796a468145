import Foundation
import Glibc
import Testing

@Suite("conclave-feeds and its cache")
struct FeedsCacheTests {
    @Test("holds a list back whose size changed by half, until a person accepts it")
    func holds() throws {
        let server = try FeedsServer { _ in .reply(200, ["ETag": "\"1\""], FeedsProgram.list(300)) }
        defer { server.stop() }
        let program = try FeedsProgram()
        try program.write([.init("one", "http://127.0.0.1:\(server.port)/list")])
        #expect(try program.run(["once"]).output == "one: fetched, 300 entries\n")
        server.change {
            $0.headers["if-none-match"] == "\"2\"" ? .reply(304) : .reply(200, ["ETag": "\"2\""], FeedsProgram.list(20))
        }
        let held = try program.run(["once"])
        #expect(held.status == 0)
        #expect(held.output == "one: held back: 300 entries became 20. If that is right: conclave-feeds accept one\n")
        #expect(program.text("one.body") == FeedsProgram.list(300))
        #expect(program.text("one.held") == FeedsProgram.list(20))
        #expect(try program.run(["once"]).output == "one: unchanged, 300 entries\n")
        #expect(try program.run(["status"]).output.contains("a new list is held back"))
        #expect(try program.run(["accept", "one"]).output == "one: in force with 20 entries\n")
        #expect(program.text("one.body") == FeedsProgram.list(20))
        #expect(program.text("one.held") == nil)
        let again = try program.run(["accept", "one"])
        #expect(again.status == 64)
        #expect(again.errors.contains("no list of one is held back"))
        #expect(try program.run(["once"]).output == "one: fetched, the same 20 entries\n")
    }

    @Test("a list that came back to its size needs nobody's yes, and one that another accepted by renaming counts")
    func unholds() throws {
        let server = try FeedsServer { _ in .reply(200, [:], FeedsProgram.list(300)) }
        defer { server.stop() }
        let program = try FeedsProgram()
        try program.write([.init("one", "http://127.0.0.1:\(server.port)/list")])
        _ = try program.run(["once"])
        server.change { _ in .reply(200, [:], FeedsProgram.list(20)) }
        _ = try program.run(["once"])
        #expect(program.files.contains("one.held"))
        server.change { _ in .reply(200, [:], FeedsProgram.list(310)) }
        #expect(try program.run(["once"]).output == "one: fetched, 310 entries\n")
        #expect(!program.files.contains("one.held"))
        server.change { _ in .reply(200, [:], FeedsProgram.list(20)) }
        _ = try program.run(["once"])
        #expect(rename(program.cache.path + "/one.held", program.cache.path + "/one.body") == 0)
        #expect(try program.run(["once"]).output == "one: fetched, the same 20 entries\n")
        #expect(try program.meta("one")["held"] is NSNull)
    }

    @Test("killed in the middle of a list, it leaves the last good one, and the next goes on")
    func survivesKill() throws {
        let list = FeedsProgram.list(2)
        let server = try FeedsServer { _ in .reply(200, [:], list) }
        defer { server.stop() }
        let program = try FeedsProgram()
        try program.write([.init("one", "http://127.0.0.1:\(server.port)/list")])
        _ = try program.run(["once"])
        let json = program.text("one.json")
        let head = Array("HTTP/1.1 200 OK\r\n\r\n192.0.2.1\n".utf8)
        server.change { _ in .endless(head, Array("192.0.2.2\n".utf8), 10_000) }
        let started = try program.start(["once"])
        #expect(FeedsProgram.wait { (program.text(".one.body.part") ?? "").contains("192.0.2.2") })
        kill(started.process.processIdentifier, SIGKILL)
        started.process.waitUntilExit()
        #expect(program.text("one.body") == list)
        #expect(program.text("one.json") == json)
        server.change { _ in .reply(200, [:], FeedsProgram.list(3)) }
        #expect(try program.run(["once"]).output == "one: fetched, 3 entries\n")
        #expect(program.files == [".use.lock", "one.body", "one.json"])
    }

    @Test("killed at any moment of many rounds, whole lists and readable notes are left")
    func survivesKills() throws {
        let lists = [FeedsProgram.list(2_000), FeedsProgram.list(2_001)]
        let server = try FeedsServer { _ in .reply(200, [:], lists.randomElement() ?? "") }
        defer { server.stop() }
        let program = try FeedsProgram()
        try program.write([.init("one", "http://127.0.0.1:\(server.port)/list")])
        _ = try program.run(["once"])
        for _ in 0..<25 {
            let started = try program.start(["once"])
            usleep(UInt32.random(in: 1_000..<120_000))
            kill(started.process.processIdentifier, SIGKILL)
            started.process.waitUntilExit()
            #expect(lists.contains(program.text("one.body") ?? ""))
            #expect(try program.meta("one")["entries"] != nil)
        }
        #expect(try program.run(["once"]).status == 0)
    }

    @Test("a full disk is said, and the last good list stays")
    func survivesFullDisk() throws {
        let server = try FeedsServer { _ in .reply(200, [:], FeedsProgram.list(100)) }
        defer { server.stop() }
        let program = try FeedsProgram()
        try program.write([.init("one", "http://127.0.0.1:\(server.port)/list")])
        let script = """
            set -e
            mount -t tmpfs -o size=64k tmpfs "$CACHE"
            "$FEEDS" once --policy "$POLICY" --cache "$CACHE"
            cp "$CACHE/one.body" "$FOLDER/before"
            head -c 100000 /dev/zero > "$CACHE/fill" 2>/dev/null || true
            "$FEEDS" once --policy "$POLICY" --cache "$CACHE" && exit 3
            echo "status $?"
            cmp "$CACHE/one.body" "$FOLDER/before"
            test ! -e "$CACHE/.one.body.part"
            rm "$CACHE/fill"
            "$FEEDS" once --policy "$POLICY" --cache "$CACHE"
            """
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
        process.arguments = (getuid() == 0 ? ["-m"] : ["-Urm"]) + ["sh", "-c", script]
        process.environment = [
            "PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "CACHE": program.cache.path, "FEEDS": FeedsProgram.path,
            "POLICY": program.policy.path, "FOLDER": program.folder.path,
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let words = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(words)")
        #expect(
            words.contains("No space left on device. Make room on the disk; the last good lists are kept"), "\(words)")
        #expect(words.contains("status 69"))
    }

    @Test("a damaged list in the cache is fetched anew, though the server would say that nothing changed")
    func mendsDamage() throws {
        let list = FeedsProgram.list(3)
        let server = try FeedsServer {
            $0.headers["if-none-match"] == nil ? .reply(200, ["ETag": "\"1\""], list) : .reply(304)
        }
        defer { server.stop() }
        let program = try FeedsProgram()
        try program.write([.init("one", "http://127.0.0.1:\(server.port)/list")])
        _ = try program.run(["once"])
        try "rubbish\n".write(to: program.cache.appendingPathComponent("one.body"), atomically: true, encoding: .utf8)
        let outcome = try program.run(["once"])
        #expect(outcome.errors.contains("damaged"))
        #expect(program.text("one.body") == list)
        try "rubbish".write(to: program.cache.appendingPathComponent("one.json"), atomically: true, encoding: .utf8)
        #expect(try program.run(["once"]).status == 0)
        #expect(try program.meta("one")["entries"] as? Int == 3)
    }

    @Test("leaves Spamhaus alone for an hour, except by force")
    func sparesSpamhaus() throws {
        let list = "{\"cidr\":\"198.51.100.0/24\"}\n{\"type\":\"metadata\",\"records\":1,\"copyright\":\"(c) X\"}\n"
        let server = try FeedsServer { _ in .reply(200, [:], list) }
        defer { server.stop() }
        let program = try FeedsProgram()
        try program.write([.init("drop", "http://127.0.0.1:\(server.port)/list", "spamhaus-drop")])
        #expect(try program.run(["once"]).output == "drop: fetched, 1 entry\n")
        #expect(try program.run(["once"]).output.contains("less than an hour ago"))
        #expect(server.requests.count == 1)
        #expect(try program.run(["once", "--force"]).output == "drop: fetched, the same 1 entry\n")
        #expect(server.requests.count == 2)
        #expect(try program.run(["status"]).output.contains("drop: (c) X"))
    }

    @Test("says what is wrong with how it was called")
    func explains() throws {
        let program = try FeedsProgram()
        #expect(try program.run(["once"]).status == 66)
        try program.write([.init("one", "http://feeds.example/list")])
        let refused = try program.run(["once"])
        #expect(refused.status == 78)
        #expect(refused.errors.contains("http:// is for this machine alone"), "\(refused.errors)")
        try program.write([.init("one", "http://127.0.0.1:1/list")])
        let unknown = try program.run(["once", "two"])
        #expect(unknown.status == 64)
        #expect(unknown.errors.contains("there are: one"))
        #expect(try program.run(["once", "--max-mib", "65"]).status == 64)
        try FileManager.default.removeItem(at: program.cache)
        let missing = try program.run(["once"])
        #expect(missing.status == 66)
        #expect(missing.errors.contains("Make the folder"))
    }

    @Test("a list of a million entries comes whole where it is allowed to")
    func fetchesMillion() throws {
        let lines = (0..<1_000_000).map { "198.\(18 + $0 >> 16).\($0 >> 8 & 255).\($0 & 255)\n" }.joined()
        let server = try FeedsServer { _ in .reply(200, [:], lines) }
        defer { server.stop() }
        let program = try FeedsProgram()
        try program.write([.init("one", "http://127.0.0.1:\(server.port)/list", "plain")])
        let refused = try program.run(["once"])
        #expect(refused.errors.contains("larger than 4 MiB. If it is meant to be, allow more with --max-mib"))
        let outcome = try program.run(["once", "--max-mib", "64"])
        #expect(outcome.output == "one: fetched, 1000000 entries\n", "\(outcome.errors)")
        #expect(program.text("one.body") == lines)
    }
}
