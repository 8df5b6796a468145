import Foundation
import Synchronization
import Testing

/// A folder that `scripts/certs` made: a CA, the server's certificate, and some clients'.
struct Certificates: Sendable {
    private let scratch: Scratch
    var folder: String { scratch.path + "/certs" }

    /// Makes a CA, a server's certificate for this machine, and a certificate for each user.
    init(users: [String]) async throws {
        scratch = try Scratch()
        try await run(["init", "--host", "localhost", "--host", "127.0.0.1", "--host", "::1"])
        for user in users { try await run(["client", user]) }
    }

    /// One for all tests that do not change it.
    static func shared() async throws -> Certificates { try await sharedTask.value }

    private static let sharedTask = Task {
        let certificates = try await Certificates(users: ["alice", "bob", "carol"])
        sharedPath.withLock { $0 = certificates.scratch.path }
        // It lives as long as the tests do, and nothing else would remove it.
        atexit {
            if let path = Certificates.sharedPath.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: path) }
        }
        return certificates
    }

    private static let sharedPath = Mutex<String?>(nil)

    /// Runs `scripts/certs` on this folder.
    func run(_ arguments: [String]) async throws {
        let program = try Program([Installation.certs] + arguments + ["--dir", folder], in: scratch)
        let status = try await program.status()
        try #require(status == 0, "scripts/certs \(arguments): \(program.errors)")
    }

    /// A copy of what the server needs, to be spoilt.
    func copy(in scratch: Scratch) throws -> String {
        let copy = scratch.path + "/certs"
        try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: false)
        for name in ["ca.pem", "crl.pem", "server.pem", "server.key"] {
            try FileManager.default.copyItem(atPath: folder + "/" + name, toPath: copy + "/" + name)
        }
        return copy
    }
}
