import Crypto
import Foundation
import TLSWire

/// How a cipher suite protects records, of those that can be opened here: AES-GCM and ChaCha20-Poly1305.
struct SuiteParameters: Hashable, Sendable {
    enum Cipher: Hashable, Sendable { case aesGCM, chaCha20Poly1305 }
    enum Hash: Hashable, Sendable { case sha256, sha384 }

    let cipher: Cipher
    let keyLength: Int
    let hash: Hash

    /// Nil for suites of other kinds.
    init?(_ suite: TLSCipherSuite) {
        switch suite.rawValue {
        case 0x1301, 0x009C, 0x009E, 0xC02B, 0xC02F: (cipher, keyLength, hash) = (.aesGCM, 16, .sha256)
        case 0x1302, 0x009D, 0x009F, 0xC02C, 0xC030: (cipher, keyLength, hash) = (.aesGCM, 32, .sha384)
        case 0x1303, 0xCCA8, 0xCCA9, 0xCCAA: (cipher, keyLength, hash) = (.chaCha20Poly1305, 32, .sha256)
        default: return nil
        }
    }

    var hashLength: Int { hash == .sha256 ? 32 : 48 }

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

    /// The plaintext; nil if the ciphertext was not made with this key, nonce and data.
    func open(_ sealed: ArraySlice<UInt8>, _ key: SymmetricKey, nonce: [UInt8], authenticating data: [UInt8])
        -> [UInt8]?
    {
        guard sealed.count >= 16 else { return nil }
        let (ciphertext, tag) = (sealed.dropLast(16), sealed.suffix(16))
        do {
            switch cipher {
            case .aesGCM:
                let box = try AES.GCM.SealedBox(nonce: .init(data: nonce), ciphertext: ciphertext, tag: tag)
                return [UInt8](try AES.GCM.open(box, using: key, authenticating: data))
            case .chaCha20Poly1305:
                let box = try ChaChaPoly.SealedBox(nonce: .init(data: nonce), ciphertext: ciphertext, tag: tag)
                return [UInt8](try ChaChaPoly.open(box, using: key, authenticating: data))
            }
        } catch {
            return nil
        }
    }
}
