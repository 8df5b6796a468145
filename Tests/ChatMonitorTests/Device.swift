import Chat
import MLS
import MLSWire

/// A device with a certificate of its own, as a member of groups.
struct Device {
    let client: MLSClient
    let suite: MLSCipherSuite

    static let policy = ExtensionType(rawValue: 0xF0CC)

    init(_ name: String, _ suite: MLSCipherSuite) throws {
        self.suite = suite
        let signer = try SignaturePrivateKey(for: suite)
        client = MLSClient(
            signer: signer, credential: .x509(certificates: [DER.certificate(name, signer.publicKey.bytes)]),
            capabilities: Capabilities(
                cipherSuites: [suite], extensions: [.lastResort, Self.policy], credentials: [.x509]),
            validator: CertificateValidator(), clock: { 1_800_000_000 })
    }

    func keyPackage(isLastResort: Bool = false) throws -> KeyPackageSecrets {
        try client.makeKeyPackage(for: suite, isLastResort: isLastResort)
    }
}

/// Knows everybody by the certificate.
struct CertificateValidator: CredentialValidator {
    func validate(
        _ credential: Credential, key: SignaturePublicKey, for use: CredentialUse
    ) throws(CredentialRefusal) {
        guard case .x509 = credential else { throw CredentialRefusal("no certificate") }
    }

    func client(of credential: Credential, key: SignaturePublicKey) -> [UInt8] { credential.encoded }

    func isSuccessor(_ credential: Credential, of old: Credential) -> Bool { credential == old }
}

/// As much of X.690 as a certificate needs.
enum DER {
    static func value(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        let count = content.count
        let length: [UInt8] =
            count < 128
            ? [UInt8(count)] : count < 256 ? [0x81, UInt8(count)] : [0x82, UInt8(count >> 8), UInt8(count & 255)]
        return [tag] + length + content
    }

    static func sequence(_ parts: [UInt8]...) -> [UInt8] { value(0x30, parts.flatMap { $0 }) }

    /// A certificate with a name and a key, and with a signature that nobody checks here.
    static func certificate(_ name: String, _ key: [UInt8]) -> [UInt8] {
        let common = sequence(value(6, [0x55, 4, 3]), value(12, Array(name.utf8)))
        let subject = sequence(value(0x31, common))
        let time = value(23, Array("260101000000Z".utf8))
        let algorithm: [UInt8]
        if key.count == 32 {
            algorithm = sequence(value(6, [0x2B, 0x65, 0x70]))
        } else {
            algorithm = sequence(
                value(6, [0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1]), value(6, [0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7]))
        }
        let info = sequence(algorithm, value(3, [0] + key))
        let body = sequence(
            value(0xA0, value(2, [2])), value(2, [1]), algorithm, subject, sequence(time, time), subject, info)
        return sequence(body, algorithm, value(3, [0] + [UInt8](repeating: 0x5A, count: 64)))
    }
}
