import Chat
import Foundation

@testable import TLSTransport

/// A folder of certificates in the product's layout, which goes with the object.
final class CertificateFolder: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "conclave-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func write(_ text: String, to name: String, mode: Int = 0o644) throws {
        let file = url.appending(path: name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
    }

    /// - Parameter name: `server` or `USER/DEVICE`.
    func write(_ identity: TestIdentity, as name: String) throws {
        try write(([identity] + identity.chain).map { try $0.pem }.joined(), to: name + ".pem")
        try write(try identity.key.pem, to: name + ".key", mode: 0o600)
    }

    var server: TLSFiles { .server(in: url.path) }

    func client(_ name: String = "bob/laptop") throws -> TLSFiles {
        guard let identity = PeerIdentity(name) else { throw LibraryFailure() }
        return .client(identity, in: url.path)
    }

    /// Writes `server.pem`, or `bob/laptop.pem`, with the authority and a revocation list, and makes a context of it.
    static func context(
        _ role: TLSRole, _ identity: TestIdentity, authorities: [TestIdentity], lists: [String],
        keyLog: String? = nil
    ) throws -> TLSContext {
        let folder = try CertificateFolder()
        try folder.write(identity, as: role == .server ? "server" : "bob/laptop")
        try folder.write(authorities.map { try $0.pem }.joined(), to: "ca.pem")
        if !lists.isEmpty { try folder.write(lists.joined(), to: "crl.pem") }
        return try TLSContext(
            role, files: role == .server ? folder.server : folder.client(), insecureKeyLogFile: keyLog,
            now: Int64(time(nil)))
    }
}
