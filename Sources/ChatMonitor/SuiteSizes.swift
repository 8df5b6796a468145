import MLSWire

/// How long the opaque values of a cipher suite are (RFC 9420 §17.1): what has another length is not what it is called.
struct SuiteSizes {
    /// A public key of the KEM, and what the KEM puts out.
    let kem: Int
    let signatureKey: Int
    private let signature: ClosedRange<Int>
    let hash: Int

    /// A tag of any AEAD here.
    static let tag = 16
    /// Encrypted `SenderData` (§6.3.2): leaf, generation, reuse guard of four bytes each, and the tag.
    static let senderData = 3 * 4 + tag
    /// The least that a signature of ECDSA in DER takes.
    static let leastSignature = 8

    /// Nil for a suite that RFC 9420 does not define.
    init?(_ suite: MLSCipherSuite) {
        switch suite {
        case .x25519AES128, .x25519ChaCha20:
            (kem, signatureKey, signature, hash) = (32, 32, 64...64, 32)
        case .p256AES128: (kem, signatureKey, signature, hash) = (65, 65, Self.leastSignature...72, 32)
        case .p384AES256: (kem, signatureKey, signature, hash) = (97, 97, Self.leastSignature...104, 48)
        case .p521AES256: (kem, signatureKey, signature, hash) = (133, 133, Self.leastSignature...139, 64)
        case .x448AES256, .x448ChaCha20: (kem, signatureKey, signature, hash) = (56, 57, 114...114, 64)
        default: return nil
        }
    }

    /// The sizes of the suites whose KEM has keys of this length.
    init?(kemLength: Int) {
        let suites: [MLSCipherSuite] = [.x25519AES128, .p256AES128, .p384AES256, .p521AES256, .x448AES256]
        guard let sizes = suites.lazy.compactMap({ SuiteSizes($0) }).first(where: { $0.kem == kemLength }) else {
            return nil
        }
        self = sizes
    }

    /// Whether the bytes have the form of a signature of the suite: of a fixed length (RFC 8032), or two numbers in DER.
    func isSignature(_ bytes: [UInt8]) -> Bool {
        guard signature.contains(bytes.count) else { return false }
        return signature.count == 1 || OuterDER.isNumberPair(bytes)
    }

    /// Whether the bytes have the form of a signature of some suite.
    static func isAnySignature(_ bytes: [UInt8]) -> Bool {
        let suites: [MLSCipherSuite] = [.x25519AES128, .p256AES128, .p384AES256, .p521AES256, .x448AES256]
        return suites.contains { SuiteSizes($0)?.isSignature(bytes) == true }
    }

    /// Signature keys of any suite.
    static let signatureKeys: Set<Int> = [32, 57, 65, 97, 133]
    /// Hashes of any suite.
    static let hashes: Set<Int> = [32, 48, 64]
}
