import Foundation
import Testing

@Suite("conclave-server, while it runs", .enabled(if: Installation.isComplete, Installation.comment))
struct ServerLifeTests {
    @Test("listens on every address that it was given")
    func listensOnBoth() async throws {
        let server = try await Server(
            certificates: try await Certificates.shared().folder,
            arguments: ["--listen", "127.0.0.1", "--listen", "::1"], listening: 2)
        #expect(server.addresses.map { $0.prefix { $0 != "]" }.prefix(9) } == ["127.0.0.1", "[::1"])
        _ = try await Stranger.connect("alice", to: server, host: "127.0.0.1")
    }

    @Test("takes IPv4 and IPv6 on one port, if it was given no address or both families")
    func takesBothFamilies() async throws {
        let server = try await Server.start()
        let four = try await Stranger.connect("alice", to: server, host: "127.0.0.1")
        let six = try await Stranger.connect("bob", to: server, host: "::1")
        #expect(try await four.ask("online").identities == ["alice/default", "bob/default"])
        #expect(try await six.ask("ping").event == "pong")
    }

    @Test("cuts whoever was revoked when it is told to reload, and nobody else")
    func cutsTheRevoked() async throws {
        let certificates = try await Certificates(users: ["alice", "bob"])
        let server = try await Server(certificates: certificates.folder)
        let (alice, bob) = try await Stranger.pair(in: "lab", of: server)
        let scratch = try Scratch()
        let keys = scratch.path + "/keys"
        try FileManager.default.copyItem(atPath: certificates.folder, toPath: keys)
        try await certificates.run(["revoke", "bob"])
        server.program.signal(SIGHUP)
        let closing = try await bob.next()
        #expect(closing.event == "closing" && closing.code == 10 && closing.retry == false)
        #expect(closing.words?.contains("revoked") == true, "\(closing)")
        #expect(try await bob.next().clean == true)
        let request = try await alice.next()
        #expect(request.event == "entry" && request.kind == 5 && request.sender == "bob/default", "members are asked")
        #expect(try await alice.ask("ping").event == "pong")
        let line = try await server.logged("certificates reloaded")
        #expect(line.contains("connections cut 1") && line.contains("connections kept 1"))

        #expect(try await server.logged("who bob/default · why sent away: ").contains("revoked"))
        let again = try await Stranger("bob", to: server, certificates: keys).next()
        #expect(again.event == "refused" && again.words?.lowercased().contains("revoked") == true, "\(again)")
    }

    @Test("keeps the old certificates and everyone, if the new files are broken, and says so")
    func keepsTheOldOnes() async throws {
        let scratch = try Scratch()
        let shared = try await Certificates.shared()
        let copy = try shared.copy(in: scratch)
        let server = try await Server(certificates: copy)
        let alice = try await Stranger.connect("alice", to: server, certificates: shared.folder)
        try scratch.write("nonsense", to: copy + "/server.pem")
        server.program.signal(SIGHUP)
        let line = try await server.logged("not reloaded")
        #expect(line.contains("the old certificates stay in use") && line.contains("\(copy)/server.pem"))
        #expect(try await alice.ask("ping").event == "pong")
        _ = try await Stranger.connect("bob", to: server, certificates: shared.folder)
    }

    @Test("shows a renewed certificate after a reload, to those who come then, and keeps the others")
    func showsTheRenewed() async throws {
        let certificates = try await Certificates(users: ["alice", "bob"])
        let server = try await Server(certificates: certificates.folder)
        let alice = try await Stranger.connect("alice", to: server)
        try await certificates.run(["renew", "server"])
        server.program.signal(SIGHUP)
        #expect(try await server.logged("certificates reloaded").contains("connections cut 0"))
        _ = try await Stranger.connect("bob", to: server)
        #expect(try await alice.ask("ping").event == "pong")
    }

    @Test("says goodbye to everyone and ends with 0 soon after SIGTERM and SIGINT", arguments: [SIGTERM, SIGINT])
    func saysGoodbye(signal: Int32) async throws {
        let server = try await Server.start()
        let clients = [
            try await Stranger.connect("alice", to: server), try await Stranger.connect("bob", to: server),
        ]
        let start = ContinuousClock.now
        server.program.signal(signal)
        for client in clients {
            let closing = try await client.next()
            #expect(closing.event == "closing" && closing.code == 11 && closing.retry == true)
            let end = try await client.next()
            #expect(end.event == "end" && end.clean == true, "close_notify came")
        }
        #expect(try await server.program.status() == 0)
        #expect(ContinuousClock.now - start < .seconds(10))
        #expect(server.log.contains("stopped"))
    }

    @Test("ends although somebody neither reads nor shakes hands")
    func endsInSpiteOfTheDead() async throws {
        let server = try await Server.start()
        let alice = try await Stranger.connect("alice", to: server)
        try alice.type("deaf")
        let half = try Program(
            [
                "python3", "-c",
                """
                import socket, sys
                s = socket.create_connection(("localhost", int(sys.argv[1])))
                print("connected", flush=True)
                s.recv(1)
                """, "\(server.port)",
            ], in: server.scratch)
        _ = try await eventually("a half-open connection") { half.output.isEmpty ? nil : true }
        let start = ContinuousClock.now
        server.program.signal(SIGTERM)
        #expect(try await server.program.status() == 0)
        #expect(ContinuousClock.now - start < .seconds(10))
    }

    @Test("starts again at once after kill -9, on the same port and folder")
    func startsAgain() async throws {
        let certificates = try await Certificates.shared().folder
        let scratch = try Scratch()
        let data = scratch.path + "/data"
        let server = try await Server(certificates: certificates, data: data)
        let alice = try await Stranger.connect("alice", to: server)
        let port = server.port
        server.program.signal(SIGKILL)
        let end = try await alice.next()
        #expect(end.event == "end" && end.clean == false, "no close_notify came")
        #expect(try await server.program.status() == 128 + SIGKILL)
        let again = try await Server(certificates: certificates, data: data, port: port)
        _ = try await Stranger.connect("alice", to: again)
    }

    @Test("takes so many connections as it was told, and more once one is gone")
    func limitsConnections() async throws {
        let server = try await Server(
            certificates: try await Certificates.shared().folder, arguments: ["--max-connections", "2"])
        let alice = try await Stranger.connect("alice", to: server)
        let bob = try await Stranger.connect("bob", to: server)
        let third = try await Stranger("carol", to: server, certificates: server.certificates).next()
        #expect(third.event == "refused")
        withExtendedLifetime(bob) {}
        try alice.type("quit")
        _ = try await server.logged("disconnected · from")
        _ = try await eventuallyConnect("carol", to: server)
        #expect(try await bob.ask("ping").event == "pong")
    }

    private func eventuallyConnect(_ user: String, to server: Server) async throws -> Stranger.Event {
        let end = ContinuousClock.now + .seconds(20)
        while true {
            let event = try await Stranger(user, to: server, certificates: server.certificates).next()
            if event.event == "greeting" || ContinuousClock.now > end {
                #expect(event.event == "greeting")
                return event
            }
        }
    }

    @Test("answers thousands of requests that nobody waited for, and in order", arguments: ["lab", "den"])
    func answersTheHasty(room: String) async throws {
        let server = try await Server.start()
        let (alice, bob) = try await Stranger.pair(in: room, of: server)
        let count = 1_000
        try alice.type((1...count).map { "send \(1_000 + $0) \(room) 1 \($0)" }.joined(separator: "\n"))
        for number in 1...count {
            let accepted = try await alice.next()
            try #require(accepted.request == 1_000 + number && accepted.seq == 2 + number, "\(accepted)")
            let entry = try await bob.next()
            try #require(entry.seq == 2 + number && entry.text == "\(number)", "\(entry)")
        }
    }

    @Test("lets in others while one address opens connections and says nothing")
    func keepsPlacesFree() async throws {
        let server = try await Server(
            certificates: try await Certificates.shared().folder, arguments: ["--max-connections", "80"])
        let idle = try Program(
            [
                "python3", "-c",
                """
                import select, socket, sys
                all = [socket.create_connection(("127.0.0.1", int(sys.argv[1]))) for _ in range(120)]
                closed = 0
                while closed < 100:
                    for one in select.select(all, [], [])[0]:
                        all.remove(one)
                        closed += 1
                print(len(all), flush=True)
                sys.stdin.read()
                """, "\(server.port)",
            ], in: server.scratch)
        _ = try await eventually("the server to close most of them") { idle.output.isEmpty ? nil : true }
        let alice = try await Stranger.connect("alice", to: server, host: "::1")
        #expect(try await alice.ask("ping").event == "pong")
        #expect(idle.output == "20\n", "a quarter of the places, for one address")
    }

    @Test("closes the 17th connection of a device, with words")
    func limitsDevices() async throws {
        let server = try await Server.start()
        var clients: [Stranger] = []
        for _ in 0..<16 { clients.append(try Stranger("alice", to: server, certificates: server.certificates)) }
        for client in clients { #expect(try await client.next().event == "greeting") }
        let last = try Stranger("alice", to: server, certificates: server.certificates)
        let closing = try await last.next()
        #expect(closing.event == "closing" && closing.code == 8 && closing.retry == true)
        #expect(try await last.next().clean == true)
        _ = try await Stranger.connect("bob", to: server)
    }

    @Test("writes a line of JSON a message, if asked to")
    func logsJSON() async throws {
        let scratch = try Scratch()
        let program = try Program(
            Server.command(try await Certificates.shared().folder, data: scratch.path + "/data", port: 0)
                + ["--log-format", "json"], in: scratch)
        let line = try await eventually("a line") {
            program.errors.split(separator: "\n").first { $0.contains("mutual TLS") }
        }
        let object = try JSONDecoder().decode([String: String].self, from: Data(line.utf8))
        #expect(object["level"] == "notice" && object["name"]?.isEmpty == false)
        program.signal(SIGTERM)
        #expect(try await program.status() == 0)
        for line in program.errors.split(separator: "\n") {
            _ = try JSONDecoder().decode([String: String].self, from: Data(line.utf8))
        }
    }
}
