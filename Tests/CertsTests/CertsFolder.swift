import Foundation
import Testing

/// A folder of certificates of its own, gone with the test.
final class CertsFolder: Sendable {
    let parent: URL
    let url: URL

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    static let script = root.appending(path: "scripts/certs").path
    static let isFull = ProcessInfo.processInfo.environment["CONCLAVE_FULL"] == "1"

    /// An empty place; `name` is that of the folder to be made in it.
    init(name: String = "certs") throws {
        parent = FileManager.default.temporaryDirectory.appending(path: "conclave-certs-\(UUID().uuidString)")
        url = parent.appending(path: name)
        try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
    }

    /// With a CA in it.
    static func initialised(_ options: String...) async throws -> CertsFolder {
        let folder = try CertsFolder()
        try await folder.expect(0, ["init"] + options)
        return folder
    }

    deinit { try? FileManager.default.removeItem(at: parent) }

    /// Runs `scripts/certs` in this folder.
    func certs(_ arguments: [String], environment: [String: String] = [:]) async throws -> Command {
        try await Command.run(
            Self.script, arguments, environment: ["CONCLAVE_CERTS": url.path].merging(environment) { _, given in given }
        )
    }

    /// The same, and its exit code must be `status`; a refusal must be one line that begins with `certs: `.
    @discardableResult
    func expect(
        _ status: Int32, _ arguments: [String], environment: [String: String] = [:],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Command {
        let command = try await certs(arguments, environment: environment)
        #expect(
            command.status == status, "\(arguments): \(command.output)\(command.errors)",
            sourceLocation: sourceLocation)
        if status != 0 {
            let lines = command.errors.split(separator: "\n")
            #expect(lines.count == 1, "\(command.errors)", sourceLocation: sourceLocation)
            #expect(lines.allSatisfy { $0.hasPrefix("certs: ") }, "\(command.errors)", sourceLocation: sourceLocation)
        }
        return command
    }

    /// What `openssl` prints, run inside the folder.
    func openssl(_ line: String) async throws -> Command {
        try await Command.run("openssl", line.split(separator: " ").map(String.init), in: url)
    }

    /// One field or extension of a certificate, without its title.
    func read(_ field: String, of certificate: String) async throws -> String {
        let text = try await openssl("x509 -in \(certificate) -noout \(field)").output
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    func verify(_ certificate: String, purpose: String) async throws -> Command {
        try await openssl(
            "verify -x509_strict -crl_check -CAfile ca.pem -CRLfile crl.pem -purpose \(purpose) \(certificate)")
    }

    func contents(_ path: String) throws -> Data { try Data(contentsOf: url.appending(path: path)) }

    func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: url.appending(path: path).path) }

    /// Every file and folder below this one, with its mode.
    func modes() throws -> [String: Int] {
        var modes: [String: Int] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: url.path) + [""] {
            let attributes = try FileManager.default.attributesOfItem(atPath: url.appending(path: path).path)
            modes[path] = (attributes[.posixPermissions] as? NSNumber)?.intValue
        }
        return modes
    }

    /// What `list --json` says.
    func list() async throws -> Listing {
        let command = try await expect(0, ["list", "--json"])
        return try JSONDecoder().decode(Listing.self, from: Data(command.output.utf8))
    }
}

/// The form of `scripts/certs list --json`.
struct Listing: Decodable {
    struct Authority: Decodable {
        var name: String
        var fingerprint: String
        var strength: Int
    }
    struct RevocationList: Decodable {
        var number: Int
        var daysLeft: Int
    }
    struct Certificate: Decodable {
        var identity: String
        var serial: String
        var issued: String
        var expires: String
        var daysLeft: Int
        var status: String
        var current: Bool
    }
    var authority: Authority
    var crl: RevocationList
    var certificates: [Certificate]

    func current(_ identity: String) -> Certificate? {
        certificates.first { $0.identity == identity && $0.current }
    }
}
