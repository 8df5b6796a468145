import Crypto
import Foundation
import MLS
import MLSWire

/// A certificate that names nobody of note, made by the program `openssl`.
struct Certificate {
    let der: [UInt8]
    let signer: SignaturePrivateKey

    private struct Failure: Error { let status: Int32 }

    init(suite: MLSCipherSuite) throws {
        let (raw, pkcs8) = Self.makeKey(try CipherSuite(suite).signature)
        signer = try SignaturePrivateKey(raw: SymmetricKey(data: raw), for: suite)
        let folder = FileManager.default.temporaryDirectory.appending(path: "mls-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (key, certificate) = (folder.appending(path: "key"), folder.appending(path: "certificate"))
        try pkcs8.write(to: key)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "openssl", "req", "-x509", "-new", "-keyform", "DER", "-key", key.path, "-outform", "DER", "-out",
            certificate.path, "-subj", "/CN=somebody", "-days", "2",
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(status: process.terminationStatus) }
        der = Array(try Data(contentsOf: certificate))
    }

    /// A new key: its number or seed, and its form of RFC 5958.
    private static func makeKey(_ scheme: SignatureScheme) -> (raw: Data, pkcs8: Data) {
        switch scheme {
        case .p256:
            let key = P256.Signing.PrivateKey(compactRepresentable: false)
            return (key.rawRepresentation, key.derRepresentation)
        case .p384:
            let key = P384.Signing.PrivateKey(compactRepresentable: false)
            return (key.rawRepresentation, key.derRepresentation)
        case .p521:
            let key = P521.Signing.PrivateKey(compactRepresentable: false)
            return (key.rawRepresentation, key.derRepresentation)
        case .ed25519:
            let key = Curve25519.Signing.PrivateKey()
            let prefix: [UInt8] = [
                0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
            ]
            return (key.rawRepresentation, Data(prefix) + key.rawRepresentation)
        }
    }

    var credential: Credential { .x509(certificates: [der]) }

    /// The client that the certificate is for.
    func client(capabilities: Capabilities? = nil) throws -> MLSClient {
        try .named("", signer: signer, credential: credential, capabilities: capabilities)
    }
}
