import Foundation
import Testing

/// A `conclave-server` that is to end at a bad moment; others begin on what it left.
final class Victim {
    let program: Child
    let scratch: Scratch
    let port: Int

    /// Starts it and waits until it listens, or is gone.
    /// - Parameters:
    ///   - environment: of the server alone.
    ///   - byEnvironment: tells it everything by its environment, nothing by arguments.
    init(
        on data: String, certificates: String, arguments: [String] = [], environment: [String: String] = [:]
    ) async throws {
        let scratch = try Scratch()
        let settings = [
            "CONCLAVE_CERTS": certificates, "CONCLAVE_DATA": data, "CONCLAVE_PORT": "0", "CONCLAVE_LOOPS": "2",
            "CONCLAVE_LISTEN": "127.0.0.1",
        ]
        let program = try Child(
            [Installation.server] + arguments, in: scratch,
            environment: settings.merging(environment) { $1 })
        self.scratch = scratch
        self.program = program
        port = try await eventually("a line that says where the server listens") {
            // `2026-… notice 127.0.0.1:7443 · mutual TLS 1.3 · …`
            let line = program.errors.split(separator: "\n").first { $0.contains("· mutual TLS 1.3 ·") }
            let words = line?.split(separator: " ") ?? []
            if words.count > 3, let port = words[2].split(separator: ":").last.flatMap({ Int($0) }) { return port }
            return program.isRunning ? nil : 0
        }
    }

    var log: String { program.errors }

    /// Whether it came up.
    var listens: Bool { port > 0 }

    /// Ends its process as a power cut would.
    func kill() async throws {
        program.signal(SIGKILL)
        _ = try await program.status()
    }

    /// Ends it in good order.
    func stop() async throws {
        program.signal(SIGTERM)
        #expect(try await program.status() == 0, "\(log)")
    }
}

/// What is in a data folder: a server is started on it, everybody reads everything, and the server is stopped.
/// - Parameter ledger: what was promised.
func judge(_ data: String, of talk: Talk, by ledger: Ledger, certificates: String) async throws -> Verdict {
    let server = try await Victim(on: data, certificates: certificates)
    try #require(server.listens, "\(server.log)")
    let reader = try await talk.reader(certificates: certificates)
    try await reader.connect(to: server.port)
    try await reader.isConnected()
    let readings = try await reader.read()
    try await reader.close()
    try await server.stop()
    try await verify(data)
    return Verdict(ledger, readings, isSettled: false)
}

/// Reads the database itself, and not by the code of a server: `conclave-server verify` compares every entry with the chain, and all that belongs to
/// rooms with the entries.
func verify(_ data: String) async throws {
    let program = try Child([Installation.server, "verify", "--data", data], in: try Scratch())
    #expect(try await program.status() == 0, "\(program.output)\(program.errors)")
}
