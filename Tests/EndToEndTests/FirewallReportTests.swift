import Firewall
import Foundation
import Testing

@Suite("what the server tells the firewall", .enabled(if: Installation.isComplete, Installation.comment))
struct FirewallReportTests {
    private func server(_ ear: FirewallEar, _ arguments: String...) async throws -> Server {
        try await Server(
            certificates: try await Certificates.shared().folder, arguments: ["--firewall", ear.path] + arguments)
    }

    /// A TLS client that is not ours.
    private func openssl(_ server: Server, host: String = "127.0.0.1", _ arguments: String...) async throws {
        let client = try Program(
            ["openssl", "s_client", "-connect", "\(host):\(server.port)", "-alpn", "conclave/1", "-quiet"] + arguments,
            in: server.scratch)
        _ = try await client.status()
    }

    /// Says something else than TLS, or nothing, and goes.
    private func speak(_ words: String, to server: Server) async throws {
        let client = try Program(
            [
                "python3", "-c",
                "import socket,sys; s=socket.create_connection(('127.0.0.1', int(sys.argv[1]))); s.sendall(sys.argv[2].encode()); s.settimeout(5); len(sys.argv[2]) and s.recv(999)",
                "\(server.port)", words,
            ], in: server.scratch)
        _ = try await client.status()
    }

    @Test("a client without a certificate, one with another authority's, and one that speaks no TLS")
    func strangers() async throws {
        let scratch = try Scratch()
        let ear = try FirewallEar(.chat, in: scratch)
        let server = try await server(ear)
        try await openssl(server)
        let none = try await ear.report(0)
        #expect(none.kind == .noCertificate)
        #expect(none.addresses.map(\.description) == ["127.0.0.1"], "IPv4, though it came through [::]")
        #expect(!none.isForgeable && none.weight == 1)
        #expect(none.detail.contains("showed no certificate"))

        let other = try await Certificates(users: ["mallory"])
        let files = try FileManager.default.subpathsOfDirectory(atPath: other.folder)
        let certificate = try #require(files.first { $0.contains("mallory") && $0.hasSuffix(".pem") })
        let key = try #require(files.first { $0.contains("mallory") && $0.hasSuffix(".key") })
        try await openssl(
            server, host: "[::1]", "-cert", "\(other.folder)/\(certificate)", "-key", "\(other.folder)/\(key)")
        let foreign = try await ear.report(1)
        #expect(foreign.kind == .badCertificate)
        #expect(foreign.addresses.map(\.description) == ["::1"])
        #expect(foreign.weight == 2 && !foreign.isForgeable)

        try await speak("GET / HTTP/1.1\r\n\r\n", to: server)
        #expect(try await ear.report(2).kind == .badHandshake)
        // A health check connects and goes.
        try await speak("", to: server)
        try await speak("GET / HTTP/1.1\r\n\r\n", to: server)
        #expect(try await ear.report(3).kind == .badHandshake)
        #expect(ear.reports.count == 4)
        #expect(ear.authenticated.isEmpty && ear.unread.isEmpty)
        try await ear.stop()
    }

    @Test("who is let in, once, and who breaks the protocol then")
    func members() async throws {
        let scratch = try Scratch()
        let ear = try FirewallEar(.chat, in: scratch)
        let server = try await server(ear)
        let alice = try await Stranger.connect("alice", to: server)
        try await eventually("the login") {
            ear.authenticated == ["127.0.0.1"] || ear.authenticated == ["::1"] ? true : nil
        }
        #expect(ear.reports.isEmpty)
        // A length that no frame has.
        try alice.type("raw ffffffff")
        #expect(try await alice.next().event == "closing")
        let report = try await ear.report(0)
        #expect(report.kind == .protocolAbuse && report.weight == 5 && !report.isForgeable)
        #expect(report.detail.hasPrefix("alice/default: you sent"), "\(report.detail)")
        _ = try await Stranger.connect("bob", to: server)
        #expect(ear.authenticated.count == 1, "one address is told once an hour")
        try await ear.stop()
    }

    @Test("a handshake that never ends; and a firewall that was away gets what came meanwhile")
    func away() async throws {
        let scratch = try Scratch()
        let first = try FirewallEar(.chat, in: scratch)
        let server = try await server(first, "--limit", "handshake-seconds=1")
        try await speak("\u{16}\u{3}\u{1}\u{2}", to: server)
        #expect(try await first.report(0).kind == .badHandshake)
        #expect(first.reports[0].detail.contains("not finished within 1 s"))
        try await first.stop()
        try await openssl(server)
        _ = try await server.logged("showed no certificate")
        let second = try FirewallEar(.chat, in: scratch)
        #expect(try await second.report(0).kind == .noCertificate)
        try await second.stop()
    }

    @Test("without a firewall the server serves, and ends as it does otherwise")
    func absent() async throws {
        let scratch = try Scratch()
        let server = try await Server(
            certificates: try await Certificates.shared().folder,
            arguments: ["--firewall", scratch.path + "/none/chat.sock"])
        try await openssl(server)
        let alice = try await Stranger.connect("alice", to: server)
        #expect(try await alice.ask("ping").event == "pong")
        server.program.signal(SIGTERM)
        #expect(try await server.program.status() == 0)
    }

    @Test("a path that cannot be a socket's is an error of the configuration")
    func badPath() async throws {
        let scratch = try Scratch()
        let command = Server.command(try await Certificates.shared().folder, data: scratch.path + "/data", port: 0)
        let (status, words) = try await Server.fail(
            command + ["--firewall", "/" + String(repeating: "x", count: 120)], in: scratch)
        #expect(status == 78)
        #expect(words.contains("--firewall") && words.contains("107 bytes"))
    }
}

@Suite(
    "what tlsmon tells the firewall", .enabled(if: Installation.isComplete, Installation.comment),
    .enabled(if: Installation.isCI || Installation.mayCapture, "capturing needs CAP_NET_RAW: run the tests as root"))
struct FirewallAlarmTests {
    /// A program that connects to many ports of this machine from one address, and whether each was open is all the same to it.
    private func scan(from address: String, _ scratch: Scratch) async throws {
        let scanner = try Program(
            [
                "python3", "-c",
                """
                import socket, sys
                for port in range(20000, 20200):
                    one = socket.socket()
                    one.bind((sys.argv[1], 0))
                    one.settimeout(0.2)
                    one.connect_ex(("127.0.0.1", port))
                    one.close()
                """, address,
            ], in: scratch)
        #expect(try await scanner.status() == 0, "\(scanner.errors)")
    }

    @Test("a port scan while it is locked down, also after the firewall came again", .timeLimit(.minutes(3)))
    func portScan() async throws {
        let scratch = try Scratch()
        let first = try FirewallEar(.monitor, in: scratch)
        let tlsmon = try Program(
            [
                Installation.programs + "/tlsmon", "live", "-i", "lo", "-l", "--verbose", "--firewall", first.path,
                "tcp", "portrange", "20000-20199",
            ], in: scratch)
        try await eventually("tlsmon to capture: \(tlsmon.errors)") {
            tlsmon.errors.contains("capturing on lo") ? true : nil
        }
        #expect(tlsmon.errors.contains("locked down"))
        try await scan(from: "127.0.0.31", scratch)
        let report = try await first.report(0)
        #expect(report.kind == .alarm && report.weight == 10)
        #expect(report.addresses.map(\.description) == ["127.0.0.31"])
        #expect(report.isForgeable, "no port was open, so that no handshake was done")
        #expect(report.detail.hasPrefix("port_scan: "), "\(report.detail)")
        try await first.stop()
        let second = try FirewallEar(.monitor, in: scratch)
        try await scan(from: "127.0.0.32", scratch)
        #expect(try await second.report(0).addresses.map(\.description) == ["127.0.0.32"])
        #expect(first.unread.isEmpty && second.unread.isEmpty)
        tlsmon.signal(SIGINT)
        #expect(try await tlsmon.status() < 3)
        try await second.stop()
    }

    @Test("a path that cannot be a socket's is refused before anything is captured")
    func badPath() async throws {
        let scratch = try Scratch()
        let tlsmon = try Program(
            [Installation.programs + "/tlsmon", "live", "-i", "lo", "--firewall", String(repeating: "x", count: 120)],
            in: scratch)
        #expect(try await tlsmon.status() == 3)
        #expect(tlsmon.errors.contains("1 to 107 bytes"))
    }
}
