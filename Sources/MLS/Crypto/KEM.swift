import Crypto
import Foundation
package import MLSWire

/// A Diffie-Hellman key encapsulation mechanism of HPKE (RFC 9180 §4.1, §7.1).
package enum KEM: Hashable, Sendable {
    case x25519, p256, p384, p521

    /// The code in RFC 9180 §7.1.
    var hpkeID: UInt16 {
        switch self {
        case .p256: 0x0010
        case .p384: 0x0011
        case .p521: 0x0012
        case .x25519: 0x0020
        }
    }

    /// `Nsk`, in bytes.
    package var privateKeyLength: Int {
        switch self {
        case .x25519, .p256: 32
        case .p384: 48
        case .p521: 66
        }
    }

    /// What of the first byte of a random number can be part of a private key (RFC 9180 §7.1.3).
    var firstByteMask: UInt8 { self == .p521 ? 0x01 : 0xFF }

    /// Whether the bytes are a public key: a point on the curve.
    package func isValid(_ key: HPKEPublicKey) -> Bool { (try? PublicKey(key.bytes, self)) != nil }

    enum PublicKey {
        case x25519(Curve25519.KeyAgreement.PublicKey)
        case p256(P256.KeyAgreement.PublicKey)
        case p384(P384.KeyAgreement.PublicKey)
        case p521(P521.KeyAgreement.PublicKey)

        init(_ bytes: [UInt8], _ kem: KEM) throws {
            switch kem {
            case .x25519: self = .x25519(try .init(rawRepresentation: bytes))
            case .p256: self = .p256(try .init(x963Representation: bytes))
            case .p384: self = .p384(try .init(x963Representation: bytes))
            case .p521: self = .p521(try .init(x963Representation: bytes))
            }
        }
    }

    enum PrivateKey: Sendable {
        case x25519(Curve25519.KeyAgreement.PrivateKey)
        case p256(P256.KeyAgreement.PrivateKey)
        case p384(P384.KeyAgreement.PrivateKey)
        case p521(P521.KeyAgreement.PrivateKey)

        /// - Throws: if the number is 0 or not below the group's order: this is the rejection test of RFC 9180 §7.1.3.
        init(_ raw: UnsafeRawBufferPointer, _ kem: KEM) throws {
            switch kem {
            case .x25519: self = .x25519(try .init(rawRepresentation: raw))
            case .p256: self = .p256(try .init(rawRepresentation: raw))
            case .p384: self = .p384(try .init(rawRepresentation: raw))
            case .p521: self = .p521(try .init(rawRepresentation: raw))
            }
        }

        var publicKey: [UInt8] {
            switch self {
            case .x25519(let key): Array(key.publicKey.rawRepresentation)
            case .p256(let key): Array(key.publicKey.x963Representation)
            case .p384(let key): Array(key.publicKey.x963Representation)
            case .p521(let key): Array(key.publicKey.x963Representation)
            }
        }

        /// The shared secret: the x-coordinate. Nil for keys of unlike curves, and if all its bytes are zero,
        /// as RFC 9180 §7.1.4 demands of X25519 and swift-crypto does not check.
        func agree(with other: PublicKey) -> SymmetricKey? {
            let shared: SharedSecret? =
                switch (self, other) {
                case (.x25519(let key), .x25519(let other)): try? key.sharedSecretFromKeyAgreement(with: other)
                case (.p256(let key), .p256(let other)): try? key.sharedSecretFromKeyAgreement(with: other)
                case (.p384(let key), .p384(let other)): try? key.sharedSecretFromKeyAgreement(with: other)
                case (.p521(let key), .p521(let other)): try? key.sharedSecretFromKeyAgreement(with: other)
                default: nil
                }
            guard let shared else { return nil }
            let isZero = shared.withUnsafeBytes { $0.reduce(0 as UInt8) { $0 | $1 } == 0 }
            return isZero ? nil : shared.withUnsafeBytes { SymmetricKey(data: $0) }
        }
    }
}
