package import Crypto
package import Foundation

/// Authenticated encryption (RFC 5116). What it makes is the ciphertext and then the tag of 16 bytes.
package enum AEAD: Hashable, Sendable {
    case aes128GCM, aes256GCM, chaCha20Poly1305

    /// `Nk`, in bytes.
    package var keyLength: Int { self == .aes128GCM ? 16 : 32 }
    /// `Nn`, in bytes.
    package var nonceLength: Int { 12 }
    package var tagLength: Int { 16 }
    /// The code in RFC 9180 §7.3.
    var hpkeID: UInt16 {
        switch self {
        case .aes128GCM: 1
        case .aes256GCM: 2
        case .chaCha20Poly1305: 3
        }
    }

    /// Both the key's length and the nonce's are the algorithm's, as whoever derives them takes them from here.
    package func seal(_ plaintext: [UInt8], key: SymmetricKey, nonce: [UInt8], authenticating data: [UInt8]) -> [UInt8]
    {
        precondition(key.bitCount == keyLength * 8 && nonce.count == nonceLength, "key or nonce of another algorithm")
        do {
            switch self {
            case .aes128GCM, .aes256GCM:
                let box = try AES.GCM.seal(plaintext, using: key, nonce: .init(data: nonce), authenticating: data)
                // There is a combined form where the nonce has 12 bytes.
                return Self.withoutNonce(box.combined ?? Data(nonce) + box.ciphertext + box.tag)
            case .chaCha20Poly1305:
                let box = try ChaChaPoly.seal(plaintext, using: key, nonce: .init(data: nonce), authenticating: data)
                return Self.withoutNonce(box.combined)
            }
        } catch {
            preconditionFailure("sealing fails for keys and nonces of a wrong length only: \(error)")
        }
    }

    /// Nil if the ciphertext was not made with this key, nonce and data.
    package func open(_ sealed: [UInt8], key: SymmetricKey, nonce: [UInt8], authenticating data: [UInt8]) -> Data? {
        guard sealed.count >= tagLength, nonce.count == nonceLength else { return nil }
        var combined = Data(capacity: nonceLength + sealed.count)
        combined.append(contentsOf: nonce)
        combined.append(contentsOf: sealed)
        do {
            switch self {
            case .aes128GCM, .aes256GCM:
                return try AES.GCM.open(.init(combined: combined), using: key, authenticating: data)
            case .chaCha20Poly1305:
                return try ChaChaPoly.open(.init(combined: combined), using: key, authenticating: data)
            }
        } catch {
            return nil
        }
    }

    /// What follows the 12 bytes of the nonce.
    private static func withoutNonce(_ combined: Data) -> [UInt8] {
        combined.withUnsafeBytes { [UInt8](UnsafeRawBufferPointer(rebasing: $0.dropFirst(12))) }
    }
}
