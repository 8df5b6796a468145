import Foundation
import Testing

/// A running `conclave-server`, on a port of its own.
final class Server: Sendable {
    let program: Program
    let scratch: Scratch
    let certificates: String
    /// Where it listens, as its log says.
    let addresses: [String]
    var port: Int { addresses.first?.split(separator: ":").last.flatMap { Int($0) } ?? 0 }
    var log: String { program.errors }

    /// Starts it and waits until it listens.
    /// - Parameters:
    ///   - data: its folder; a new one if not given.
    ///   - count: on how many addresses it will listen.
    init(
        certificates: String, data: String? = nil, port: Int = 0, arguments: [String] = [], listening count: Int = 1
    ) async throws {
        scratch = try Scratch()
        self.certificates = certificates
        let program = try Program(
            Self.command(certificates, data: data ?? scratch.path + "/data", port: port) + arguments, in: scratch)
        self.program = program
        addresses = try await eventually("a line that says where the server listens") {
            let found = program.errors.split(separator: "\n").compactMap(Self.address)
            try #require(program.isRunning || found.count == count, "the server ended: \(program.errors)")
            return found.count == count ? found : nil
        }
    }

    static func start(users: [String] = []) async throws -> Server {
        try await Server(certificates: try await Certificates.shared().folder)
    }

    static func command(_ certificates: String, data: String, port: Int) -> [String] {
        [Installation.server, "--certs", certificates, "--data", data, "--port", "\(port)", "--loops", "2"]
    }

    /// `2026-… notice [::]:7443 · mutual TLS 1.3 · …`: the third word.
    private static func address(in line: Substring) -> String? {
        let words = line.split(separator: " ")
        return line.contains("· mutual TLS 1.3 ·") && words.count > 3 ? String(words[2]) : nil
    }

    /// Waits for a line in the log.
    func logged(_ words: String) async throws -> String {
        try await eventually("\"\(words)\" in the log") {
            log.split(separator: "\n").first { $0.contains(words) }.map(String.init)
        }
    }

    /// Runs the server where it is not going to listen.
    /// - Returns: its exit status and what it said.
    static func fail(
        _ command: [String], in scratch: Scratch, environment: [String: String] = [:]
    ) async throws -> (status: Int32, words: String) {
        let program = try Program(command, in: scratch, environment: environment)
        let status = try await program.status()
        return (status, program.errors)
    }
}
