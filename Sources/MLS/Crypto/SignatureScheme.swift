public import Crypto
import Foundation
public import MLSWire

/// How a suite signs (RFC 9420 §5.1.2).
package enum SignatureScheme: Hashable, Sendable {
    case ed25519, p256, p384, p521

    /// Whether the bytes are a public key of the scheme.
    package func isValid(_ key: SignaturePublicKey) -> Bool {
        switch self {
        case .ed25519: (try? Curve25519.Signing.PublicKey(rawRepresentation: key.bytes)) != nil
        case .p256: (try? P256.Signing.PublicKey(x963Representation: key.bytes)) != nil
        case .p384: (try? P384.Signing.PublicKey(x963Representation: key.bytes)) != nil
        case .p521: (try? P521.Signing.PublicKey(x963Representation: key.bytes)) != nil
        }
    }

    package func verify(_ signature: [UInt8], of content: [UInt8], key: SignaturePublicKey) -> Bool {
        do {
            switch self {
            case .ed25519:
                return try Curve25519.Signing.PublicKey(rawRepresentation: key.bytes)
                    .isValidSignature(signature, for: content)
            case .p256:
                return try P256.Signing.PublicKey(x963Representation: key.bytes)
                    .isValidSignature(.init(derRepresentation: signature), for: content)
            case .p384:
                return try P384.Signing.PublicKey(x963Representation: key.bytes)
                    .isValidSignature(.init(derRepresentation: signature), for: content)
            case .p521:
                return try P521.Signing.PublicKey(x963Representation: key.bytes)
                    .isValidSignature(.init(derRepresentation: signature), for: content)
            }
        } catch {
            return false
        }
    }

    /// The public key of the scheme that a `SubjectPublicKeyInfo` in DER holds (RFC 5280 §4.1.2.7); nil for any other.
    package func key(subjectPublicKeyInfo: [UInt8]) -> SignaturePublicKey? {
        let bytes: Data? =
            switch self {
            case .ed25519: Self.ed25519Key(subjectPublicKeyInfo)
            case .p256: try? P256.Signing.PublicKey(derRepresentation: subjectPublicKeyInfo).x963Representation
            case .p384: try? P384.Signing.PublicKey(derRepresentation: subjectPublicKeyInfo).x963Representation
            case .p521: try? P521.Signing.PublicKey(derRepresentation: subjectPublicKeyInfo).x963Representation
            }
        return bytes.map { SignaturePublicKey(bytes: Array($0)) }
    }

    /// RFC 8410 §4: the structure has one form, 12 bytes in front of the key.
    private static func ed25519Key(_ info: [UInt8]) -> Data? {
        let prefix: [UInt8] = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00]
        guard info.count == prefix.count + 32, info.starts(with: prefix) else { return nil }
        return Data(info.dropFirst(prefix.count))
    }
}

/// A private key that signs, in memory that is wiped.
public struct SignaturePrivateKey: Signer {
    private enum Key: Sendable {
        case ed25519(Curve25519.Signing.PrivateKey)
        case p256(P256.Signing.PrivateKey)
        case p384(P384.Signing.PrivateKey)
        case p521(P521.Signing.PrivateKey)
    }

    private let key: Key
    public let publicKey: SignaturePublicKey

    /// A new key for a suite.
    /// - Throws: ``MLSError/unsupportedCipherSuite(_:)``.
    public init(for suite: MLSCipherSuite) throws(MLSError) {
        switch try CipherSuite(suite).signature {
        case .ed25519: self.init(.ed25519(.init()))
        case .p256: self.init(.p256(.init(compactRepresentable: false)))
        case .p384: self.init(.p384(.init(compactRepresentable: false)))
        case .p521: self.init(.p521(.init(compactRepresentable: false)))
        }
    }

    /// A key from its bytes: for ECDSA the big-endian number, for Ed25519 the seed.
    /// - Throws: ``MLSError/misuse(_:)`` if they are none.
    public init(raw: SymmetricKey, for suite: MLSCipherSuite) throws(MLSError) {
        let suite = try CipherSuite(suite)
        do {
            switch suite.signature {
            case .ed25519: self.init(.ed25519(try raw.withUnsafeBytes { try .init(rawRepresentation: $0) }))
            case .p256: self.init(.p256(try raw.padded(to: 32).withUnsafeBytes { try .init(rawRepresentation: $0) }))
            case .p384: self.init(.p384(try raw.padded(to: 48).withUnsafeBytes { try .init(rawRepresentation: $0) }))
            case .p521: self.init(.p521(try raw.padded(to: 66).withUnsafeBytes { try .init(rawRepresentation: $0) }))
            }
        } catch {
            throw .misuse(.signerMismatch)
        }
    }

    private init(_ key: Key) {
        self.key = key
        let bytes =
            switch key {
            case .ed25519(let key): key.publicKey.rawRepresentation
            case .p256(let key): key.publicKey.x963Representation
            case .p384(let key): key.publicKey.x963Representation
            case .p521(let key): key.publicKey.x963Representation
            }
        publicKey = SignaturePublicKey(bytes: Array(bytes))
    }

    public func signature(of content: [UInt8]) throws(MLSError) -> [UInt8] {
        do {
            switch key {
            case .ed25519(let key): return Array(try key.signature(for: content))
            case .p256(let key): return Array(try key.signature(for: content).derRepresentation)
            case .p384(let key): return Array(try key.signature(for: content).derRepresentation)
            case .p521(let key): return Array(try key.signature(for: content).derRepresentation)
            }
        } catch {
            throw .misuse(.signerMismatch)
        }
    }
}

extension SymmetricKey {
    /// The same number with zeros in front: some write a key of P-521 in 65 bytes.
    func padded(to count: Int) -> SymmetricKey {
        guard bitCount < count * 8 else { return self }
        return SymmetricKey(data: [UInt8](repeating: 0, count: count - bitCount / 8) + bytes)
    }
}
