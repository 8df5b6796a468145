import Crypto
import Foundation

/// The key that signs the audit log: ECDSA over P-256 with SHA-256, not the key of the server's certificate.
package struct AuditKey: Sendable {
    private let key: P256.Signing.PrivateKey

    /// A new one.
    package init() {
        key = P256.Signing.PrivateKey()
    }

    /// - Returns: `nil` unless it is a private key over P-256 in PEM.
    package init?(pem: String) {
        guard let key = try? P256.Signing.PrivateKey(pemRepresentation: pem) else { return nil }
        self.key = key
    }

    package var pem: String { key.pemRepresentation + "\n" }

    package var publicKey: AuditPublicKey { AuditPublicKey(key.publicKey) }

    /// - Returns: the signature in DER.
    func sign(_ bytes: [UInt8]) throws -> [UInt8] {
        Array(try key.signature(for: bytes).derRepresentation)
    }
}

/// The public part: whoever has it can verify the log.
package struct AuditPublicKey: Sendable {
    private let key: P256.Signing.PublicKey
    /// The first 16 hexadecimal digits of the SHA-256 of the key (X9.63, uncompressed).
    package let fingerprint: String

    init(_ key: P256.Signing.PublicKey) {
        self.key = key
        fingerprint = Hexadecimal.text(SHA256.hash(data: key.x963Representation).prefix(Self.fingerprintLength / 2))
    }

    static let fingerprintLength = 16

    /// - Returns: `nil` unless it is a public key over P-256 in PEM.
    package init?(pem: String) {
        guard let key = try? P256.Signing.PublicKey(pemRepresentation: pem) else { return nil }
        self.init(key)
    }

    package var pem: String { key.pemRepresentation + "\n" }

    func isValid(_ signature: [UInt8], for bytes: [UInt8]) -> Bool {
        guard let signature = try? P256.Signing.ECDSASignature(derRepresentation: signature) else { return false }
        return key.isValidSignature(signature, for: bytes)
    }
}
