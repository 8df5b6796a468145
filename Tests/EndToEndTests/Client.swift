import Foundation
import Testing

/// Runs `conclave` as one user, whose store lies in a folder of its own.
struct Client: Sendable {
    let user: String
    let server: Server
    /// The home of the user, apart from the server's files.
    let home: Scratch
    var environment: [String: String] = [:]

    init(_ user: String, of server: Server) throws {
        self.user = user
        self.server = server
        home = try Scratch()
    }

    func start(_ command: String, _ arguments: [String] = []) throws -> Program {
        try Program(commandLine(command, arguments), in: home, environment: environment)
    }

    func commandLine(_ command: String, _ arguments: [String] = []) -> [String] {
        [
            Installation.programs + "/conclave", command, "--as", user, "--server", "localhost:\(server.port)",
            "--certs",
            server.certificates,
        ] + arguments
    }

    /// Runs a command to its end, which must be in order.
    @discardableResult
    func run(
        _ command: String, _ arguments: [String] = [], status: Int32 = 0,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Program {
        let program = try start(command, arguments)
        let got = try await program.status()
        #expect(got == status, "\(command): \(program.output) \(program.errors)", sourceLocation: sourceLocation)
        return program
    }

    /// A running `tail` that has all of a room.
    func tail(_ room: String, _ arguments: [String] = []) async throws -> Program {
        let tail = try start("tail", [room] + arguments)
        try await eventually("\(user) to listen: \(tail.errors)") {
            tail.errors.contains("listening in \(room)") ? true : nil
        }
        return tail
    }

    /// The only store of the user.
    var storeFolder: String {
        get throws {
            let folder = home.path + "/.local/share/conclave"
            let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            return folder + "/" + (try #require(names.first))
        }
    }
}

extension Program {
    func says(_ words: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try await eventually("\"\(words)\" in \(output) \(errors)") { output.contains(words) ? true : nil }
    }

    /// The lines of its output, as JSON objects.
    var objects: [[String: Any]] {
        get throws {
            try output.split(separator: "\n").map {
                try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any], "\($0)")
            }
        }
    }
}
