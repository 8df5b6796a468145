import Crypto
import Foundation
import MonitorViews

/// A private key that signs evidence, of a kind that `scripts/certs` makes, or Ed25519.
enum EvidenceSigner {
    case p256(P256.Signing.PrivateKey)
    case p384(P384.Signing.PrivateKey)
    case ed25519(Curve25519.Signing.PrivateKey)

    /// - Returns: `nil` for PEM that holds no such key.
    init?(pem: String) {
        if let key = try? P256.Signing.PrivateKey(pemRepresentation: pem) {
            self = .p256(key)
        } else if let key = try? P384.Signing.PrivateKey(pemRepresentation: pem) {
            self = .p384(key)
        } else if let der = PEM.first("PRIVATE KEY", in: pem), der.starts(with: Self.ed25519Prefix),
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: der.dropFirst(Self.ed25519Prefix.count))
        {
            self = .ed25519(key)
        } else {
            return nil
        }
    }

    /// PKCS #8 of 32 bytes in two octet strings (RFC 8410 §7).
    private static let ed25519Prefix: [UInt8] = [
        0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
    ]

    var verifier: EvidenceVerifier {
        switch self {
        case .p256(let key): .p256(key.publicKey)
        case .p384(let key): .p384(key.publicKey)
        case .ed25519(let key): .ed25519(key.publicKey)
        }
    }

    /// - Parameter certificate: of this key, in DER, to go with it.
    func seal(_ bytes: [UInt8], certificate: [UInt8]?) throws -> EvidenceSeal {
        let signature: Data
        switch self {
        case .p256(let key): signature = try key.signature(for: bytes).derRepresentation
        case .p384(let key): signature = try key.signature(for: bytes).derRepresentation
        case .ed25519(let key): signature = try key.signature(for: bytes)
        }
        return EvidenceSeal(
            algorithm: verifier.algorithm, key: verifier.fingerprint, signature: signature.base64EncodedString(),
            certificate: certificate.map { Data($0).base64EncodedString() })
    }
}

/// The public part: whoever has it can verify.
enum EvidenceVerifier {
    case p256(P256.Signing.PublicKey)
    case p384(P384.Signing.PublicKey)
    case ed25519(Curve25519.Signing.PublicKey)

    /// - Parameter subjectPublicKeyInfo: in DER (RFC 5280 §4.1).
    init?(_ subjectPublicKeyInfo: [UInt8]) {
        if let key = try? P256.Signing.PublicKey(derRepresentation: subjectPublicKeyInfo) {
            self = .p256(key)
        } else if let key = try? P384.Signing.PublicKey(derRepresentation: subjectPublicKeyInfo) {
            self = .p384(key)
        } else if subjectPublicKeyInfo.starts(with: Self.ed25519Prefix),
            let key = try? Curve25519.Signing.PublicKey(
                rawRepresentation: subjectPublicKeyInfo.dropFirst(Self.ed25519Prefix.count))
        {
            self = .ed25519(key)
        } else {
            return nil
        }
        // A key can be written in several ways; one is right, and has a fingerprint.
        guard encoded == subjectPublicKeyInfo else { return nil }
    }

    /// RFC 8410 §4
    private static let ed25519Prefix: [UInt8] = [
        0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00,
    ]

    private var encoded: [UInt8] {
        switch self {
        case .p256(let key): Array(key.derRepresentation)
        case .p384(let key): Array(key.derRepresentation)
        case .ed25519(let key): Self.ed25519Prefix + Array(key.rawRepresentation)
        }
    }

    /// SHA-256 of the SubjectPublicKeyInfo, in hexadecimal digits.
    var fingerprint: String { Hexadecimal.text(SHA256.hash(data: encoded)) }

    var algorithm: EvidenceSeal.Algorithm {
        switch self {
        case .p256: .ecdsaP256
        case .p384: .ecdsaP384
        case .ed25519: .ed25519
        }
    }

    func isValid(_ seal: EvidenceSeal, for bytes: [UInt8]) -> Bool {
        guard seal.algorithm == algorithm, seal.key == fingerprint,
            let signature = Data(base64Encoded: seal.signature),
            // Base64 can be written in several ways; one is right.
            signature.base64EncodedString() == seal.signature
        else { return false }
        switch self {
        case .p256(let key):
            guard let signature = try? P256.Signing.ECDSASignature(derRepresentation: signature) else { return false }
            return key.isValidSignature(signature, for: bytes)
        case .p384(let key):
            guard let signature = try? P384.Signing.ECDSASignature(derRepresentation: signature) else { return false }
            return key.isValidSignature(signature, for: bytes)
        case .ed25519(let key): return key.isValidSignature(signature, for: bytes)
        }
    }
}

enum Hexadecimal {
    static func text(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

/// Armour around DER (RFC 7468).
enum PEM {
    /// - Returns: the content of the first block with this label.
    static func first(_ label: String, in text: String) -> [UInt8]? {
        guard let begin = text.range(of: "-----BEGIN \(label)-----"),
            let end = text.range(of: "-----END \(label)-----", range: begin.upperBound..<text.endIndex)
        else { return nil }
        let lines = text[begin.upperBound..<end.lowerBound].filter { !$0.isWhitespace }
        return Data(base64Encoded: String(lines)).map { Array($0) }
    }
}
