import Foundation
import Testing

/// A server's data folder, and what the program's other verbs do to it.
struct Administration {
    let scratch: Scratch
    let data: String

    init() throws {
        scratch = try Scratch()
        data = scratch.path + "/data"
    }

    struct Outcome {
        var status: Int32
        var output: String
        var errors: String

        /// What it said in JSON.
        var json: [String: Any] {
            (try? JSONSerialization.jsonObject(with: Data(output.utf8))) as? [String: Any] ?? [:]
        }
    }

    /// Runs `conclave-server VERB …`, behind another command if one is given.
    func run(_ arguments: [String], under prefix: [String] = []) async throws -> Outcome {
        let program = try Program(prefix + [Installation.server] + arguments, in: scratch)
        let status = try await program.status()
        return Outcome(status: status, output: program.output, errors: program.errors)
    }

    /// How many entries a store holds, which must be whole.
    func entries(_ place: [String]) async throws -> Int {
        let outcome = try await run(["verify", "--json"] + place)
        try #require(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        return try #require(outcome.json["entries"] as? Int)
    }

    var names: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: data).sorted() } }

    /// The folders with stores that were replaced.
    var kept: [String] { get throws { try names.filter { $0.hasPrefix("replaced-") }.map { data + "/" + $0 } } }

    /// A person who comes into the room `#lab` for the first time.
    func person(_ name: String, at server: Server) async throws -> Program {
        let person = try chat(name, at: server)
        try await Self.saw("you are in #lab", person)
        return person
    }

    /// A person who has that room in front.
    func chat(_ name: String, at server: Server) throws -> Program {
        try Program(
            [
                Installation.programs + "/conclave", "--as", name, "--server", "localhost:\(server.port)", "--certs",
                server.certificates, "--room", "#lab",
            ], in: scratch)
    }

    static func saw(_ words: String, _ person: Program) async throws {
        try await eventually("\"\(words)\" in \(person.output.suffix(2_000)) \(person.errors.suffix(2_000))") {
            person.output.contains(words) ? true : nil
        }
    }

    static func stop(_ server: Server) async throws {
        server.program.signal(SIGTERM)
        #expect(try await server.program.status() == 0)
    }
}
