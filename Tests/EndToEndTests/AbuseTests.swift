import Foundation
import Testing

@Suite("abuse of a server", .enabled(if: Installation.isComplete, Installation.comment))
struct AbuseTests {
    private func server(_ limits: String...) async throws -> Server {
        try await Server(
            certificates: try await Certificates.shared().folder, arguments: limits.flatMap { ["--limit", $0] })
    }

    /// Sockets that connect from addresses of this machine and say nothing; each prints a line when it is closed.
    private func silentSockets(from hosts: [Int], to server: Server) throws -> Program {
        try Program(
            [
                "python3", "-c",
                """
                import select, socket, sys
                all = {}
                for host in sys.argv[2:]:
                    one = socket.socket()
                    one.bind(("127.0.0." + host, 0))
                    one.connect(("127.0.0.1", int(sys.argv[1])))
                    all[one] = host
                print("connected", flush=True)
                while all:
                    for one in select.select(list(all) + [sys.stdin], [], [])[0]:
                        if one is sys.stdin:
                            sys.exit()
                        try:
                            gone = not one.recv(1000)
                        except ConnectionError:
                            gone = True
                        if gone:
                            print("closed", all.pop(one), flush=True)
                """, "\(server.port)",
            ] + hosts.map(String.init), in: server.scratch)
    }

    // MARK: Silence and slowness

    @Test("a connection without a handshake is closed after the time that it has")
    func silentHandshake() async throws {
        let server = try await server("handshake-seconds=1")
        let begin = ContinuousClock.now
        let sockets = try silentSockets(from: [1, 1, 2], to: server)
        try await eventually("three ends: \(sockets.output)") {
            sockets.output.split(separator: "\n").count == 4 ? true : nil
        }
        #expect(begin.duration(to: .now) < .seconds(15))
        #expect(try await server.logged("not finished within 1 s").contains("refused"))
    }

    @Test("a connection that says nothing is ended after the time that it has; one that pings goes on")
    func silence() async throws {
        let server = try await server("silence-seconds=3")
        let quiet = try await Stranger.connect("alice", to: server)
        let alive = try await Stranger.connect("bob", to: server)
        for _ in 0..<14 {
            #expect(try await alive.ask("ping").event == "pong")
            try await Task.sleep(for: .milliseconds(500))
        }
        let end = try await quiet.next()
        #expect(end.event == "closing" && end.code == 12 && end.retry == true)
        #expect(try await quiet.next().clean == true)
    }

    @Test("bytes that never become a frame are silence")
    func trickle() async throws {
        let server = try await server("silence-seconds=4")
        let alice = try await Stranger.connect("alice", to: server)
        let begin = ContinuousClock.now
        try alice.type("raw 000000ff")
        for _ in 0..<8 {
            try await Task.sleep(for: .milliseconds(450))
            try alice.type("raw 06")
        }
        let end = try await alice.next()
        #expect(end.event == "closing" && end.code == 12, "\(end)")
        #expect(begin.duration(to: .now) < .milliseconds(7_500), "4 s, though a byte came after 3.6")
    }

    @Test("a long frame that does not become whole ends the connection, and its memory is given back")
    func unfinished() async throws {
        let server = try await server("long-frame-seconds=1")
        let alice = try await Stranger.connect("alice", to: server)
        try alice.type("raw 000000033e0000")
        let end = try await alice.next()
        #expect(end.event == "closing" && end.code == 12 && end.words?.contains("long frame") == true, "\(end)")
    }

    // MARK: Lengths

    @Test(
        "a length that no frame has ends the connection at once, and nobody else's",
        arguments: ["ffffffff", "00000000", "00011001", "7fffffff00"])
    func badLength(prefix: String) async throws {
        let server = try await Server.start()
        let alice = try await Stranger.connect("alice", to: server)
        let bob = try await Stranger.connect("bob", to: server)
        try alice.type("raw \(prefix)")
        let end = try await alice.next()
        #expect(end.event == "closing" && end.code == 3 && end.retry == false, "\(end)")
        #expect(try await alice.next().clean == true)
        #expect(try await bob.ask("ping").event == "pong")
    }

    @Test("pieces without end are bounded for a user, whatever others send")
    func endlessPieces() async throws {
        let server = try await server("staged-bytes-per-user=100 KiB")
        let alice = try await Stranger.connect("alice", to: server)
        let bob = try await Stranger.connect("bob", to: server)
        let piece = "raw 0000c3513e" + String(repeating: "00", count: 50_000)
        try bob.type(piece)
        for _ in 0..<3 { try alice.type(piece) }
        let end = try await alice.next()
        #expect(end.event == "closing" && end.code == 13 && end.retry == true, "\(end)")
        #expect(try await Stranger.connect("alice", to: server).ask("ping").event == "pong")
        try bob.type("raw 0000000b3f0600000000000000000000")
        let refusal = try await bob.next()
        #expect(refusal.event == "closing" && refusal.code == 3, "it came whole, and is no publication: \(refusal)")
    }

    // MARK: Floods

    @Test("who floods a room is read more slowly, loses nothing, and holds up nobody else")
    func flood() async throws {
        let server = try await server("message-burst=100", "messages-per-second=50")
        let (bob, carol) = (
            try await Stranger.connect("bob", to: server), try await Stranger.connect("carol", to: server)
        )
        #expect(try await bob.ask("create", "quiet").seq == 1)
        #expect(try await bob.ask("add", "quiet 0 carol/default").seq == 2)
        #expect(try await bob.ask("enter", "quiet").head == 2)
        #expect(try await carol.ask("enter", "quiet").head == 2)

        let alice = try await Stranger.connect("alice", to: server)
        #expect(try await alice.ask("create", "loud").seq == 1)
        let count = 400
        let begin = ContinuousClock.now
        for number in 0..<count { try alice.type("send \(100 + number) loud 0 m\(number)") }

        // Meanwhile two others talk as if she were not there.
        var latencies: [Duration] = []
        for number in 0..<20 {
            let start = ContinuousClock.now
            #expect(try await bob.ask("send", "quiet 1 hello-\(number)").seq == 3 + number)
            let entry = try await carol.next()
            #expect(entry.event == "entry" && entry.text == "hello-\(number)")
            latencies.append(start.duration(to: .now))
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect(latencies.sorted()[10] < .milliseconds(250), "\(latencies)")
        #expect(begin.duration(to: .now) < .seconds(30), "the talk took place during the flood")

        for number in 0..<count {
            let answer = try await alice.next()
            #expect(answer.event == "accepted" && answer.request == 100 + number && answer.seq == 2 + number)
        }
        // 401 changes, 100 at once, then 50 a second.
        #expect(begin.duration(to: .now) > .milliseconds(5_500), "\(begin.duration(to: .now))")
        #expect(try await alice.ask("ping").event == "pong")
    }

    @Test("a connection that is read slowly is not taken for silent; when its peer goes, that is noticed at once")
    func pausedIsNotSilent() async throws {
        let server = try await server("message-burst=1", "messages-per-second=1", "silence-seconds=2")
        let alice = try await Stranger.connect("alice", to: server)
        #expect(try await alice.ask("create", "tea").seq == 1)
        for number in 0..<7 { try alice.type("send \(100 + number) tea 0 hello") }
        for number in 0..<7 {
            let answer = try await alice.next()
            #expect(answer.event == "accepted" && answer.request == 100 + number, "\(answer)")
        }
        let slow = try await self.server("byte-burst=1024", "bytes-per-second=1024")
        let bob = try await Stranger.connect("bob", to: slow)
        try bob.type("raw 0000c3513e" + String(repeating: "00", count: 50_000))
        try await Task.sleep(for: .milliseconds(500))
        let begin = ContinuousClock.now
        bob.kill()
        _ = try await slow.logged("disconnected")
        #expect(begin.duration(to: .now) < .seconds(5), "it was not to be read for 10 s")
    }

    @Test("storms of strangers do not keep out who was there before")
    func storm() async throws {
        let server = try await server("handshakes=8", "handshakes-per-address=8")
        _ = try await Stranger.connect("alice", to: server, host: "127.0.0.1")
        let sockets = try silentSockets(from: [2, 3, 4, 5, 6, 7, 8, 9], to: server)
        try await eventually("two that are turned away: \(sockets.output)") {
            sockets.output.split(separator: "\n").count == 3 ? true : nil
        }
        for user in ["alice", "bob", "carol", "alice", "bob"] {
            let stranger = try await Stranger.connect(user, to: server, host: "127.0.0.1")
            #expect(try await stranger.ask("ping").event == "pong")
        }
    }

    // MARK: Counts

    @Test("rooms and members are counted as the limits say")
    func counts() async throws {
        let server = try await server("rooms-founded-per-device=1", "devices-per-room=2", "rooms-per-session=1")
        let alice = try await Stranger.connect("alice", to: server)
        #expect(try await alice.ask("create", "tea").seq == 1)
        let second = try await alice.ask("create", "lab")
        #expect(second.event == "failed" && second.code == 5)
        #expect(try await alice.ask("add", "tea 0 bob/default").seq == 2)
        let third = try await alice.ask("add", "tea 1 carol/default")
        #expect(third.event == "failed" && third.code == 6)
        #expect(try await alice.ask("enter", "tea").head == 2)
        #expect(try await alice.ask("enter", "lab").code == 5)
    }

    // MARK: Setting them

    @Test("limits come from the file, the environment and flags, and the limits command shows what counts")
    func settings() async throws {
        let scratch = try Scratch()
        let file = scratch.path + "/server.yaml"
        try scratch.write("limits:\n  message-burst: 11\n  byte-burst: 3 MiB\n  join-burst: 12\n", to: file)
        let environment = ["CONCLAVE_LIMITS": "message-burst=22, claim-burst=23", "CONCLAVE_CONFIG": file]
        let command = [Installation.server, "limits", "--limit", "claim-burst=33"]
        let table = try Program(command, in: scratch, environment: environment)
        #expect(try await table.status() == 0, "\(table.errors)")
        let rows = table.output.split(separator: "\n").map { $0.split(separator: " ") }
        func row(_ name: Substring) -> [Substring] { Array(rows.first { $0.first == name }?.prefix(4) ?? []) }
        #expect(row("message-burst") == ["message-burst", "22", "*", "2000"])
        #expect(row("byte-burst") == ["byte-burst", "3", "MiB", "*"])
        #expect(row("join-burst") == ["join-burst", "12", "*", "1000"])
        #expect(row("claim-burst") == ["claim-burst", "33", "*", "64"])
        #expect(row("list-burst").prefix(3) == ["list-burst", "512", "512"])
        let json = try Program(command + ["--json"], in: scratch, environment: environment)
        #expect(try await json.status() == 0)
        let objects = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]] ?? []
        let burst = try #require(objects.first { $0["name"] as? String == "byte-burst" })
        #expect(burst["value"] as? Int == 3 << 20 && burst["default"] as? Int == 64 << 20)
        #expect(burst["unit"] as? String == "bytes" && (burst["meaning"] as? String)?.isEmpty == false)
    }

    @Test(
        "a limit that there is not, or that it cannot have, is refused with a line that helps",
        arguments: [
            ("message-brust=5", "did you mean message-burst?"), ("nonsense=5", "conclave-server limits lists them all"),
            ("message-burst=0", "a whole number from 1 to"), ("message-burst=many", "a whole number from 1 to"),
            ("byte-burst=5 parsecs", "such as 512 KiB or 64 MiB"), ("message-burst", "as in name=1000"),
        ])
    func refuses(limit: String, words: String) async throws {
        let scratch = try Scratch()
        let certificates = try await Certificates.shared().folder
        let start = Server.command(certificates, data: scratch.path + "/data", port: 0) + ["--limit", limit]
        for command in [start, [Installation.server, "limits", "--limit", limit]] {
            let (status, said) = try await Server.fail(command, in: scratch)
            #expect(
                status == 64 && said.hasPrefix("conclave-server: --limit \(limit): ") && said.contains(words), "\(said)"
            )
        }
        let (status, said) = try await Server.fail(
            Server.command(certificates, data: scratch.path + "/data", port: 0), in: scratch,
            environment: ["CONCLAVE_LIMITS": limit])
        #expect(status == 78 && said.contains(words), "\(said)")
    }
}
