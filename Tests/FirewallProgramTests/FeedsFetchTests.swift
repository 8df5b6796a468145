import Foundation
import Testing

@Suite("conclave-feeds and its servers")
struct FeedsFetchTests {
    @Test("fetches a list, and then only asks whether it has changed", arguments: ["etag", "date"])
    func fetches(mark: String) throws {
        let list = FeedsProgram.list(3)
        let date = "Mon, 05 Oct 2026 11:20:08 GMT"
        let server = try FeedsServer { request in
            if mark == "etag" {
                return request.headers["if-none-match"] == "\"v1\""
                    ? .reply(304) : .reply(200, ["ETag": "\"v1\"", "Set-Cookie": "a=b"], list)
            }
            return request.headers["if-modified-since"] == date
                ? .reply(304) : .reply(200, ["Last-Modified": date], list)
        }
        defer { server.stop() }
        let program = try FeedsProgram()
        try program.write([.init("one", "http://127.0.0.1:\(server.port)/list")])
        let first = try program.run(["once"])
        #expect(first.status == 0, "\(first.errors)")
        #expect(first.output == "one: fetched, 3 entries\n")
        #expect(program.text("one.body") == list)
        let mode = try FileManager.default.attributesOfItem(atPath: program.cache.path + "/one.body")[.posixPermissions]
        #expect(mode as? Int == 0o644)
        #expect(try program.run(["once", "one"]).output == "one: unchanged, 3 entries\n")
        #expect(program.text("one.body") == list)
        #expect(server.requests.count == 2)
        #expect(server.requests.allSatisfy { $0.headers["user-agent"] == "conclave-feeds/0.1.0" })
        #expect(server.requests.allSatisfy { $0.headers["cookie"] == nil })
        #expect(server.requests.first?.headers["if-none-match"] == nil)
        let meta = try program.meta("one")
        #expect(meta["entries"] as? Int == 3)
        #expect(meta["published"] as? Int == 1_791_199_208)
        #expect(meta["failures"] as? Int == 0)
    }

    @Test("follows the publisher's other addresses by the same rule")
    func follows() throws {
        let server = try FeedsServer { request in
            switch request.path {
            case "/a": .reply(302, ["Location": "/b"])
            case "/b": .reply(307, ["Location": "c"])
            default: .reply(200, [:], FeedsProgram.list(1))
            }
        }
        defer { server.stop() }
        let program = try FeedsProgram()
        try program.write([.init("one", "http://127.0.0.1:\(server.port)/a")])
        #expect(try program.run(["once"]).status == 0)
        #expect(server.requests.map(\.path) == ["/a", "/b", "/c"])
    }

    private static let head = Array("HTTP/1.1 200 OK\r\n\r\n".utf8)

    /// What goes wrong, and what a person reads.
    static let faults: [(name: String, answer: FeedsServer.Answer, words: String)] = [
        ("missing", .reply(404), "the list is not there (404)"),
        ("forbidden", .reply(403), "refuses (403)"),
        ("broken", .reply(500), "in trouble (500)"),
        ("busy", .reply(429, ["Retry-After": "7200"]), "asked too often (429)"),
        ("unasked", .reply(206, [:], FeedsProgram.list(2)), "answered 206"),
        (
            "short", .raw(Array("HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n\(FeedsProgram.list(2))".utf8)),
            "transfer"
        ),
        ("cut", .reply(200, [:], String(FeedsProgram.list(2).dropLast(17))), "cut off"),
        ("page", .reply(200, ["Content-Type": "text/html"], "<!DOCTYPE html><html>Sorry</html>"), "web page"),
        ("empty", .reply(200), "empty"),
        ("noise", .raw(head + (1...255).map { UInt8($0) } + [10]), "no address"),
        ("nohttp", .raw(Array("220 hello\r\n".utf8)), "transfer failed"),
        ("nothing", .raw([]), "one: "),
        ("file", .reply(302, ["Location": "file:///etc/passwd"]), "file:///etc/passwd is refused"),
        ("elsewhere", .reply(301, ["Location": "http://192.0.2.1/list"]), "http://192.0.2.1/list is refused"),
        ("nowhere", .reply(302), "does not say where"),
        ("around", .reply(302, ["Location": "/list"]), "more than 3 times"),
        (
            "announced", .raw(Array("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n# x\n".utf8)),
            "larger than 1 MiB"
        ),
        ("endless", .endless(head, Array(String(repeating: "# remark\n", count: 1_000).utf8), 0), "larger than 1 MiB"),
        ("drip", .endless(head, Array("#".utf8), 50_000), "did not come within 2 s"),
        ("silent", .endless([], [], 50_000), "did not come within 2 s"),
    ]

    @Test("keeps the last good list whatever the server does, and says what it did", arguments: faults.map(\.name))
    func keepsLastGood(name: String) throws {
        let fault = try #require(Self.faults.first { $0.name == name })
        let list = FeedsProgram.list(2)
        let server = try FeedsServer { _ in .reply(200, [:], list) }
        defer { server.stop() }
        let program = try FeedsProgram()
        try program.write([.init("one", "http://127.0.0.1:\(server.port)/list")])
        #expect(try program.run(["once"]).status == 0)
        server.change { _ in fault.answer }
        let outcome = try program.run(["once", "--timeout", "2", "--max-mib", "1"])
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains(fault.words), "\(outcome.errors)")
        #expect(outcome.errors.hasPrefix("conclave-feeds: one: "))
        #expect(program.text("one.body") == list)
        #expect(program.files == [".use.lock", "one.body", "one.json"])
        let meta = try program.meta("one")
        #expect(meta["failures"] as? Int == 1)
        #expect(meta["entries"] as? Int == 2)
        let checked = try #require(meta["checkedAt"] as? Int), next = try #require(meta["nextAt"] as? Int)
        #expect(name == "busy" ? next - checked >= 7_200 : (270...340).contains(next - checked))
        server.change { _ in .reply(200, [:], FeedsProgram.list(3)) }
        #expect(try program.run(["once"]).output == "one: fetched, 3 entries\n")
        #expect(try program.meta("one")["lastError"] is NSNull)
    }

    @Test("something packed does not swell beyond the bound")
    func boundsBomb() throws {
        let packer = Process()
        packer.executableURL = URL(fileURLWithPath: "/bin/sh")
        packer.arguments = ["-c", "head -c 300000000 /dev/zero | tr '\\0' '#' | gzip -9"]
        let pipe = Pipe()
        packer.standardOutput = pipe
        try packer.run()
        let packed = [UInt8](pipe.fileHandleForReading.readDataToEndOfFile())
        packer.waitUntilExit()
        let head = Array("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(packed.count)\r\n\r\n".utf8)
        let server = try FeedsServer { _ in .raw(head + packed) }
        defer { server.stop() }
        let program = try FeedsProgram()
        try program.write([.init("one", "http://127.0.0.1:\(server.port)/list")])
        let outcome = try program.run(["once", "--timeout", "20"])
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("larger than") || outcome.errors.contains("longer than"), "\(outcome.errors)")
        #expect(server.requests.first?.headers["accept-encoding"] == "identity")
        #expect(!program.files.contains("one.body"))
    }

    @Test("one feed's trouble does not keep the others from coming")
    func goesOn() throws {
        let server = try FeedsServer { $0.path == "/a" ? .reply(500) : .reply(200, [:], FeedsProgram.list(1)) }
        defer { server.stop() }
        let program = try FeedsProgram()
        let base = "http://127.0.0.1:\(server.port)"
        try program.write([.init("a", base + "/a"), .init("b", base + "/b"), .init("gone", "http://127.0.0.1:1/x")])
        let outcome = try program.run(["once", "--json"])
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("gone: the server cannot be reached"), "\(outcome.errors)")
        let json = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: [[String: Any]]]
        #expect(json?["feeds"]?.map { $0["state"] as? String } == ["missing", "ok", "missing"])
        let status = try program.run(["status"])
        #expect(status.output.contains("FEED  ENTRIES  CONFIRMED  CHANGED  STATE\n"))
        #expect(status.output.contains("no list yet, 1 failure"))
    }
}
