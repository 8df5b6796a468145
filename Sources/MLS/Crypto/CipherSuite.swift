package import Crypto
public import MLSWire

/// The algorithms of a cipher suite (RFC 9420 §5.1). All suites go through the same code; this says where they differ.
package struct CipherSuite: Hashable, Sendable {
    package let code: MLSCipherSuite
    package let kem: KEM
    package let hash: HashFunction
    package let aead: AEAD
    package let signature: SignatureScheme

    /// - Throws: ``MLSError/unsupportedCipherSuite(_:)`` for all but 1, 2, 3, 5 and 7: there is no X448 and no Ed448 here.
    package init(_ code: MLSCipherSuite) throws(MLSError) {
        self.code = code
        switch code {
        case .x25519AES128: (kem, hash, aead, signature) = (.x25519, .sha256, .aes128GCM, .ed25519)
        case .p256AES128: (kem, hash, aead, signature) = (.p256, .sha256, .aes128GCM, .p256)
        case .x25519ChaCha20: (kem, hash, aead, signature) = (.x25519, .sha256, .chaCha20Poly1305, .ed25519)
        case .p521AES256: (kem, hash, aead, signature) = (.p521, .sha512, .aes256GCM, .p521)
        case .p384AES256: (kem, hash, aead, signature) = (.p384, .sha384, .aes256GCM, .p384)
        default: throw .unsupportedCipherSuite(code)
        }
    }

    /// The suites that work here.
    package static let supported: [MLSCipherSuite] = [
        .x25519AES128, .p256AES128, .x25519ChaCha20, .p521AES256, .p384AES256,
    ]

    /// `KDF.Nh` zeros: the secret where there is none.
    package var zeroSecret: SymmetricKey { SymmetricKey(data: [UInt8](repeating: 0, count: hash.byteCount)) }

    /// `KDF.Nh` random bytes.
    package var randomSecret: SymmetricKey { SymmetricKey(size: .init(bitCount: hash.byteCount * 8)) }
}

extension SymmetricKey {
    /// The key's bytes in ordinary memory, which nobody wipes: for what leaves the library, or is not secret.
    package var bytes: [UInt8] { withUnsafeBytes { [UInt8]($0) } }

    package static func random(count: Int) -> SymmetricKey { SymmetricKey(size: .init(bitCount: count * 8)) }
}

extension MLSCipherSuite {
    /// The suites that this library implements.
    public static let supported: [MLSCipherSuite] = CipherSuite.supported
}
