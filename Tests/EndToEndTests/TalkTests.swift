import Foundation
import Testing

/// The main job: two people talk through a server, and what was on the wire is judged.
@Suite("the main job, on real packets", .enabled(if: Installation.isComplete, Installation.comment))
struct TalkTests {
    private static let words = "The heron lands at noon."
    private static let answer = "Then I bring the bread."

    /// Where these tests may not capture, they say so.
    static let mayCapture = Installation.mayCapture

    private func person(_ name: String, at server: Server, _ arguments: [String] = []) throws -> Program {
        try Program(
            [
                Installation.programs + "/conclave", "--as", name, "--server", "localhost:\(server.port)", "--certs",
                server.certificates, "--room", "#lab",
            ] + arguments, in: server.scratch)
    }

    private func saw(_ words: String, _ person: Program) async throws {
        try await eventually("\"\(words)\" in \(person.output) \(person.errors)") {
            person.output.contains(words) ? true : nil
        }
    }

    /// Alice and Bob each say something, and leave.
    private func talk(through server: Server) async throws {
        let alice = try person("alice", at: server)
        try await saw("you are in #lab", alice)
        let bob = try person("bob", at: server)
        try await saw("bob/default joined", alice)
        try alice.type(Self.words)
        try await saw("alice: \(Self.words)", bob)
        try bob.type(Self.answer)
        try await saw("bob: \(Self.answer)", alice)
        for person in [alice, bob] { try person.type("/quit") }
        #expect(try await alice.status() == 0)
        #expect(try await bob.status() == 0)
        #expect(
            alice.errors.contains("end-to-end encrypted (MLS); the server cannot read them"),
            "it says what protects: \(alice.errors)")
    }

    @Test("two people with certificates talk both ways")
    func talk() async throws {
        try await talk(through: try await Server.start())
    }

    @Test("scripts send, follow and list")
    func scripts() async throws {
        let server = try await Server.start()
        let common = ["--server", "localhost:\(server.port)", "--certs", server.certificates]
        let conclave = Installation.programs + "/conclave"
        let tail = try Program(
            [conclave, "tail", "--as", "bob", "#lab", "--json", "--count", "1"] + common, in: server.scratch)
        try await eventually("bob to listen: \(tail.errors)") { tail.errors.contains("listening in #lab") ? true : nil }
        let users = try Program([conclave, "users", "--as", "carol"] + common, in: server.scratch)
        #expect(try await users.status() == 0)
        #expect(users.output.split(separator: "\n") == ["bob/default", "carol/default"])
        let send = try Program([conclave, "send", "--as", "alice", "#lab", Self.words] + common, in: server.scratch)
        #expect(try await send.status() == 0, "\(send.errors)")
        #expect(try await tail.status() == 0, "\(tail.errors)")
        let message = tail.output.split(separator: "\n").last.map { Data($0.utf8) } ?? Data()
        let object = try #require(try JSONSerialization.jsonObject(with: message) as? [String: Any])
        #expect(object["text"] as? String == Self.words)
        #expect(object["from"] as? String == "alice/default" && object["kind"] as? String == "text")
        let lost = try Program([conclave, "send", "--as", "alice", "@zoe", "hello"] + common, in: server.scratch)
        #expect(try await lost.status() == 69)
        #expect(lost.errors.contains("zoe has no device here yet; what you said is kept"), "\(lost.errors)")
    }

    @Test(
        "what was on the wire is proven to be handshakes and ciphertext",
        .enabled(if: mayCapture, "capturing needs CAP_NET_RAW: run the tests as root"))
    func prove() async throws {
        let server = try await Server.start()
        let capture = server.scratch.path + "/talk.pcap"
        let tlsmon = try Program(
            [
                Installation.programs + "/tlsmon", "prove", "-i", "lo", "--write", capture, "--marker", Self.words,
                "--marker", Self.answer, "--json", "tcp", "port", "\(server.port)",
            ], in: server.scratch)
        try await eventually("tlsmon to capture: \(tlsmon.errors)") {
            tlsmon.errors.contains("capturing on lo") ? true : nil
        }
        try await talk(through: server)
        tlsmon.signal(SIGINT)
        #expect(try await tlsmon.status() == 0, "\(tlsmon.output)")
        let live = try report(of: tlsmon)
        #expect(live.verdict == "proven")
        #expect(live.established == 2)
        #expect(live.ledger.values.reduce(0, +) == live.payload && live.ledger["unaccounted"] == 0)

        let again = try Program([Installation.programs + "/tlsmon", "prove", capture, "--json"], in: server.scratch)
        #expect(try await again.status() == 0, "\(again.output)")
        let read = try report(of: again)
        #expect(read.ledger == live.ledger, "the file shows what was seen live")
        if Installation.has("tshark") { try await compare(capture, port: server.port, with: read, in: server.scratch) }
    }

    @Test(
        "a word in the clear on the same port is found",
        .enabled(if: mayCapture, "capturing needs CAP_NET_RAW: run the tests as root"))
    func refute() async throws {
        let server = try await Server.start()
        let tlsmon = try Program(
            [
                Installation.programs + "/tlsmon", "prove", "-i", "lo", "--marker", Self.words, "--json", "tcp", "port",
                "\(server.port)",
            ], in: server.scratch)
        try await eventually("tlsmon to capture: \(tlsmon.errors)") {
            tlsmon.errors.contains("capturing on lo") ? true : nil
        }
        try await talk(through: server)
        let code =
            "import socket,sys; s=socket.create_connection(('localhost',\(server.port))); s.sendall(b'\(Self.words)'); s.recv(100)"
        _ = try await Program(["python3", "-c", code], in: server.scratch).status()
        tlsmon.signal(SIGINT)
        #expect(try await tlsmon.status() == 1, "\(tlsmon.output)")
        #expect(try report(of: tlsmon).verdict == "refuted")
    }

    private struct Report {
        var verdict: String
        var established: Int
        var payload: Int
        var ledger: [String: Int]
    }

    private func report(of tlsmon: Program) throws -> Report {
        let object = try JSONSerialization.jsonObject(with: Data(tlsmon.output.utf8)) as? [String: Any] ?? [:]
        return Report(
            verdict: object["verdict"] as? String ?? "", established: object["established"] as? Int ?? 0,
            payload: object["payload"] as? Int ?? -1, ledger: object["ledger"] as? [String: Int] ?? [:])
    }

    /// tshark, which knows nothing of us, finds the same number of encrypted bytes in the same file.
    private func compare(_ capture: String, port: Int, with report: Report, in scratch: Scratch) async throws {
        let tshark = try Program(
            [
                "tshark", "-n", "-r", capture, "-d", "tcp.port==\(port),tls", "-o", "tls.desegment_ssl_records:TRUE",
                "-Y", "tls.record.opaque_type==23", "-T", "fields", "-e", "tls.record.length", "-e",
                "tls.record.opaque_type",
            ], in: scratch)
        try #require(try await tshark.status(within: 60) == 0, "\(tshark.errors)")
        var bytes = 0
        for line in tshark.output.split(separator: "\n") {
            let columns = line.split(separator: "\t", omittingEmptySubsequences: false)
            let lengths = columns[0].split(separator: ",").compactMap { Int($0) }
            let encrypted = columns.last?.split(separator: ",").count ?? 0
            // In one packet the encrypted records follow those in the clear.
            bytes += lengths.suffix(encrypted).reduce(0) { $0 + $1 + 5 }
        }
        #expect(bytes == report.ledger["protected"])
    }
}
