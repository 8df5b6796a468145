import Foundation
import Testing

/// What whoever has the keys of TLS sees, as the server does: a capture of real packets, opened.
@Suite(
    "with the keys of TLS in hand", .enabled(if: Installation.isComplete, Installation.comment),
    .enabled(if: Installation.isCI || Installation.mayCapture, "capturing needs CAP_NET_RAW: run the tests as root"))
struct InsideProofTests {
    private static let canary = "The heron lands at \(UUID().uuidString)"

    @Test("nothing that was said is in any byte that the server gets", .timeLimit(.minutes(5)))
    func inside() async throws {
        let server = try await Server.start()
        let (capture, keys) = try await record(server)
        let proof = try await prove(capture, keys, canary: Self.canary, in: server.scratch)
        #expect(proof.status == 0, "\(proof.output)")
        #expect(proof.output.contains("INSIDE PROVEN") && !proof.output.contains(" 0 Welcomes"), "\(proof.output)")
        // The search finds what is there: the server's name for itself can be read.
        let refuted = try await prove(capture, keys, canary: "conclave-server", in: server.scratch)
        #expect(refuted.status == 1 && refuted.output.contains("INSIDE REFUTED"), "\(refuted.output)")
        // With the keys of other connections nothing can be said of the inside.
        let other = String(repeating: "5a", count: 32)
        try server.scratch.write("CLIENT_TRAFFIC_SECRET_0 \(other) \(other)\n", to: keys)
        let blind = try await prove(capture, keys, canary: Self.canary, in: server.scratch)
        #expect(blind.status == 2, "\(blind.output)")
    }

    @Test(
        "another program that opens the capture finds as little",
        .enabled(if: Installation.has("tshark"), "tshark is missing"), .timeLimit(.minutes(5)))
    func elsewhere() async throws {
        let server = try await Server.start()
        let (capture, keys) = try await record(server)
        let tshark = try Program(
            [
                "tshark", "-r", capture, "-o", "tls.keylog_file:\(keys)", "-d", "tcp.port==\(server.port),tls", "-q",
                "-z",
                "follow,tls,raw,0", "-z", "follow,tls,raw,1",
            ], in: server.scratch)
        #expect(try await tshark.status() == 0, "\(tshark.errors)")
        let seen = tshark.output.filter(\.isHexDigit).lowercased()
        #expect(seen.contains(Self.hex("conclave-server")), "tshark has opened it")
        #expect(!seen.contains(Self.hex(Self.canary)))
    }

    private static func hex(_ text: String) -> String {
        text.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Captures a talk that is known to be clean on the wire.
    /// - Returns: the files with the packets and with the keys.
    private func record(_ server: Server) async throws -> (capture: String, keys: String) {
        let (capture, keys) = (server.scratch.path + "/talk.pcap", server.scratch.path + "/tls.keys")
        let tlsmon = try Program(
            [
                Installation.programs + "/tlsmon", "prove", "-i", "lo", "--write", capture, "tcp", "port",
                "\(server.port)",
            ], in: server.scratch)
        try await eventually("tlsmon to capture: \(tlsmon.errors)") {
            tlsmon.errors.contains("capturing on lo") ? true : nil
        }
        try await talk(through: server, keys: keys)
        tlsmon.signal(SIGINT)
        #expect(try await tlsmon.status() == 0, "\(tlsmon.output)")
        return (capture, keys)
    }

    /// Talk of every kind, each time with the canary.
    private func talk(through server: Server, keys: String) async throws {
        let users = ["alice", "bob"]
        let programs = try users.map { user in
            let client = try Client(user, of: server)
            return (client, try client.start("chat", ["--room", "#lab", "--insecure-keylog", keys]))
        }
        let (alice, bob) = (programs[0].1, programs[1].1)
        for program in [alice, bob] { try await program.says("you are in #lab") }
        try alice.type(Self.canary)
        try await bob.says(Self.canary)
        try bob.type("/reply and again: \(Self.canary)")
        try await alice.says("and again: \(Self.canary)")
        try alice.type("/edit better: \(Self.canary)")
        try await bob.says("better: \(Self.canary)")
        try alice.type("/topic \(Self.canary)")
        try alice.type("/msg bob for you: \(Self.canary)")
        try await bob.says("for you: \(Self.canary)")
        for program in [alice, bob] {
            program.signal(SIGTERM)
            _ = try await program.status()
        }
    }

    private func prove(
        _ capture: String, _ keys: String, canary: String, in scratch: Scratch
    ) async throws -> (status: Int32, output: String) {
        let program = try Program(
            [
                Installation.programs + "/tlsmon", "prove", capture, "--keylog", keys, "--inner", "conclave",
                "--canary",
                canary,
            ], in: scratch)
        return (try await program.status(), program.output + program.errors)
    }
}
