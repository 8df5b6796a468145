import Crypto
import TLSWire

/// How a cipher suite protects records, of those that authenticate what they encrypt: AES-GCM, AES-CCM and ChaCha20-Poly1305.
struct SuiteParameters: Hashable, Sendable {
    enum Cipher: Hashable, Sendable {
        case aesGCM, chaCha20Poly1305
        /// With a tag of 16 bytes, and of 8.
        case aesCCM, aesCCM8
    }
    enum Hash: Hashable, Sendable { case sha256, sha384 }

    let cipher: Cipher
    let keyLength: Int
    let hash: Hash

    /// Nil for suites of other kinds: of RFC 5288, 5289, 5487, 6655, 7251, 7905, 8442, 8446.
    init?(_ suite: TLSCipherSuite) {
        let kind: (cipher: Cipher, isLong: Bool)
        switch suite.rawValue {
        case 0x1301: kind = (.aesGCM, false)
        case 0x1302: kind = (.aesGCM, true)
        case 0x1303, 0xCCA8...0xCCAE: kind = (.chaCha20Poly1305, true)
        case 0x1304, 0xD005: kind = (.aesCCM, false)
        case 0x1305, 0xD003: kind = (.aesCCM8, false)
        // In pairs: a key of 128 bits, then one of 256.
        case 0x009C...0x00AD: kind = (.aesGCM, suite.rawValue & 1 == 1)
        case 0xC02B...0xC032, 0xD001, 0xD002: kind = (.aesGCM, suite.rawValue & 1 == 0)
        case 0xC09C...0xC09F, 0xC0A4...0xC0A7, 0xC0AC, 0xC0AD: kind = (.aesCCM, suite.rawValue & 1 == 1)
        case 0xC0A0...0xC0A3, 0xC0A8...0xC0AB, 0xC0AE, 0xC0AF: kind = (.aesCCM8, suite.rawValue & 1 == 1)
        default: return nil
        }
        cipher = kind.cipher
        keyLength = kind.isLong ? 32 : 16
        hash = kind.cipher == .aesGCM && kind.isLong ? .sha384 : .sha256
    }

    var hashLength: Int { hash == .sha256 ? 32 : 48 }
    var tagLength: Int { cipher == .aesCCM8 ? 8 : 16 }
    /// Of the nonce, the bytes that TLS 1.2 derives, and those that it puts in front of each record (RFC 5288 §3, RFC 7905 §2).
    var saltLength: Int { cipher == .chaCha20Poly1305 ? 12 : 4 }
    var explicitNonceLength: Int { 12 - saltLength }

    /// `HKDF-Expand-Label` (RFC 8446 §7.1) without context.
    func expand(_ secret: SymmetricKey, _ label: String, length: Int) -> SymmetricKey {
        let name = Array("tls13 \(label)".utf8)
        let info = [UInt8(length >> 8), UInt8(length & 0xFF), UInt8(name.count)] + name + [0]
        return switch hash {
        case .sha256: HKDF<SHA256>.expand(pseudoRandomKey: secret, info: info, outputByteCount: length)
        case .sha384: HKDF<SHA384>.expand(pseudoRandomKey: secret, info: info, outputByteCount: length)
        }
    }

    /// `P_hash` of TLS 1.2 (RFC 5246 §5).
    func expand12(_ secret: SymmetricKey, _ label: String, seed: [UInt8], length: Int) -> [UInt8] {
        func mac(_ bytes: [UInt8]) -> [UInt8] {
            switch hash {
            case .sha256: Array(HMAC<SHA256>.authenticationCode(for: bytes, using: secret))
            case .sha384: Array(HMAC<SHA384>.authenticationCode(for: bytes, using: secret))
            }
        }
        let seed = Array(label.utf8) + seed
        var (result, chain): ([UInt8], [UInt8]) = ([], seed)
        while result.count < length {
            chain = mac(chain)
            result += mac(chain + seed)
        }
        return Array(result.prefix(length))
    }
}
