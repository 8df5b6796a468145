import Foundation
import Testing

@Suite("what the server has acknowledged", .enabled(if: Installation.isComplete, Installation.comment))
struct DurabilityTests {
    private func person(_ name: String, at server: Server) throws -> Program {
        try Program(
            [
                Installation.programs + "/conclave", "--as", name, "--server", "localhost:\(server.port)", "--certs",
                server.certificates, "--room", "#lab",
            ], in: server.scratch)
    }

    private func saw(_ words: String, _ person: Program) async throws {
        try await eventually("\"\(words)\" in \(person.output.suffix(2_000)) \(person.errors.suffix(2_000))") {
            person.output.contains(words) ? true : nil
        }
    }

    /// Ends a server as a power cut would end its process, and starts another one on what it left.
    private func restart(_ server: Server, data: String) async throws -> Server {
        server.program.signal(SIGKILL)
        #expect(try await server.program.status() == 128 + SIGKILL)
        return try await Server(certificates: server.certificates, data: data, port: server.port)
    }

    /// The numbers of alice's messages that somebody was shown, in order.
    private func numbers(in output: String) -> [Int] {
        output.split(separator: "\n").compactMap { line in
            line.range(of: "alice: number ").flatMap { Int(line[$0.upperBound...].prefix { $0.isNumber }) }
        }
    }

    @Test("is there after kill -9 under load, once and in order, for those who were there and those who were not")
    func survives() async throws {
        let folder = try Scratch()
        let data = folder.path + "/data"
        var server = try await Server(certificates: try await Certificates.shared().folder, data: data)
        let first = server
        let alice = try person("alice", at: first)
        try await saw("you are in #lab", alice)
        let bob = try person("bob", at: first)
        try await saw("bob/default joined", alice)
        let carol = try person("carol", at: first)
        try await saw("carol/default joined", bob)
        // What is said while carol is away waits for her.
        try carol.type("/quit")
        #expect(try await carol.status() == 0)

        let count = 240
        for number in 1...count {
            try alice.type("number \(number)")
            if number % 60 == 30 { server = try await restart(server, data: data) }
            try await Task.sleep(for: .milliseconds(4))
        }
        try await saw("alice: number \(count)", bob)
        #expect(numbers(in: bob.output) == Array(1...count))
        #expect(server.log.contains("rooms 1"))

        server = try await restart(server, data: data)
        let late = try Program(
            [
                Installation.programs + "/conclave", "--as", "carol", "--server", "localhost:\(server.port)", "--certs",
                server.certificates, "--room", "#lab",
            ], in: first.scratch)
        try await saw("alice: number \(count)", late)
        #expect(numbers(in: late.output) == Array(1...count))
        try late.type("I have read it all.")
        try await saw("carol: I have read it all.", bob)
        for person in [alice, bob, late] {
            try person.type("/quit")
            #expect(try await person.status() == 0)
            let told = person.output + person.errors
            for finding in [
                "The server ", "missing: the server", "different histories", "in another order",
                "another list of members",
            ] {
                #expect(!told.contains(finding), "\(told)")
            }
        }
        server.program.signal(SIGTERM)
        #expect(try await server.program.status() == 0)
    }

    @Test("by a newer server, or damaged, is refused by one line, with status 69")
    func refuses() async throws {
        let folder = try Scratch()
        let data = folder.path + "/data"
        let certificates = try await Certificates.shared().folder
        let server = try await Server(certificates: certificates, data: data)
        server.program.signal(SIGTERM)
        #expect(try await server.program.status() == 0)
        let database = URL(fileURLWithPath: data + "/conclave.db")
        #expect(
            try FileManager.default.attributesOfItem(atPath: database.path)[.posixPermissions] as? Int == 0o600)
        let whole = try Data(contentsOf: database)
        // The number of the form, in the header of an SQLite file.
        var newer = whole
        newer[63] = 9
        for (content, words) in [(newer, "was written by a newer conclave-server"), (whole.prefix(100), "damaged")] {
            try content.write(to: database)
            let (status, told) = try await Server.fail(
                Server.command(certificates, data: data, port: 0), in: folder)
            #expect(status == 69 && told.contains(words), "\(told)")
            #expect(try Data(contentsOf: database) == content, "it stays as it is")
        }
    }
}
