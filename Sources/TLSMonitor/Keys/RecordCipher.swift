import Crypto
import Foundation
import TLSWire

/// One key of one direction: opens records, if it is told their numbers.
struct RecordCipher {
    /// What a record holds.
    struct Plaintext: Hashable {
        /// Of the content; 0 if the record is nothing but padding, which is not allowed.
        var type: UInt8
        /// The content, and whatever padding follows it.
        var bytes: Data
        /// Of the content.
        var length: Int
        /// Zeros behind the content (RFC 8446 §5.4).
        var padding: Int

        var content: [UInt8] { bytes.withUnsafeBytes { Array($0.prefix(length)) } }
    }

    private let suite: SuiteParameters
    private let isTLS13: Bool
    /// Of TLS 1.3, from which the next one follows.
    private let secret: SymmetricKey?
    private let key: SymmetricKey
    /// The bytes of the nonce that do not change, or are mixed with the record's number.
    private let iv: [UInt8]

    /// For TLS 1.3 (RFC 8446 §7.3).
    init(_ suite: SuiteParameters, secret: SymmetricKey) {
        self.suite = suite
        isTLS13 = true
        self.secret = secret
        key = suite.expand(secret, "key", length: suite.keyLength)
        iv = suite.expand(secret, "iv", length: 12).withUnsafeBytes { Array($0) }
    }

    /// For TLS 1.2 (RFC 5246 §6.3, RFC 5288, RFC 6655, RFC 7905).
    private init(_ suite: SuiteParameters, key: SymmetricKey, iv: [UInt8]) {
        self.suite = suite
        isTLS13 = false
        secret = nil
        self.key = key
        self.iv = iv
    }

    /// The keys of both directions of TLS 1.2, the client's first.
    static func pair(
        _ suite: SuiteParameters, master: SymmetricKey, clientRandom: [UInt8], serverRandom: [UInt8]
    ) -> [RecordCipher] {
        let (keyLength, ivLength) = (suite.keyLength, suite.saltLength)
        let block = suite.expand12(
            master, "key expansion", seed: serverRandom + clientRandom, length: 2 * (keyLength + ivLength))
        let ivs = block[(2 * keyLength)...]
        return (0...1).map { side in
            RecordCipher(
                suite, key: SymmetricKey(data: block[(side * keyLength)..<((side + 1) * keyLength)]),
                iv: Array(ivs.dropFirst(side * ivLength).prefix(ivLength)))
        }
    }

    /// The key behind this one (RFC 8446 §7.2); nil before TLS 1.3.
    func updated() -> RecordCipher? {
        secret.map { RecordCipher(suite, secret: suite.expand($0, "traffic upd", length: suite.hashLength)) }
    }

    /// What is in a record; nil if it was not made with this key as the one of that number.
    func open(_ header: TLSRecordHeader, _ payload: [UInt8], at number: UInt64) -> Plaintext? {
        let explicit = isTLS13 ? 0 : suite.explicitNonceLength
        guard payload.count >= explicit + suite.tagLength else { return nil }
        let bytes = payload.withUnsafeBytes { payload in
            let sealed = UnsafeRawBufferPointer(rebasing: payload[explicit...])
            // Nonce, ciphertext and tag in one piece.
            let combined = [UInt8](unsafeUninitializedCapacity: 12 + sealed.count) { buffer, count in
                let room = UnsafeMutableRawBufferPointer(buffer)
                room.copyBytes(from: iv)
                if explicit > 0 {
                    UnsafeMutableRawBufferPointer(rebasing: room[(12 - explicit)...]).copyBytes(
                        from: payload[..<explicit])
                } else {
                    for place in 0..<8 { buffer[4 + place] ^= UInt8(truncatingIfNeeded: number >> (56 - 8 * place)) }
                }
                UnsafeMutableRawBufferPointer(rebasing: room[12...]).copyMemory(from: sealed)
                count = 12 + sealed.count
            }
            return decrypt(combined, sealed, authenticating: associated(header, sealed.count, number))
        }
        guard let bytes else { return nil }
        guard isTLS13 else {
            return Plaintext(type: header.contentType.rawValue, bytes: bytes, length: bytes.count, padding: 0)
        }
        return bytes.withUnsafeBytes { inner in
            var end = inner.count
            while end > 0, inner[end - 1] == 0 { end -= 1 }
            guard end > 0 else { return Plaintext(type: 0, bytes: bytes, length: 0, padding: inner.count) }
            return Plaintext(type: inner[end - 1], bytes: bytes, length: end - 1, padding: inner.count - end)
        }
    }

    /// What is authenticated beside the content (RFC 8446 §5.2, RFC 5246 §6.2.3.3).
    private func associated(_ header: TLSRecordHeader, _ sealedLength: Int, _ number: UInt64) -> [UInt8] {
        let length = isTLS13 ? sealedLength : sealedLength - suite.tagLength
        let version = header.version.rawValue
        let tail: (UInt8, UInt8, UInt8, UInt8, UInt8) = (
            header.contentType.rawValue, UInt8(version >> 8), UInt8(version & 0xFF),
            UInt8(truncatingIfNeeded: length >> 8), UInt8(truncatingIfNeeded: length)
        )
        let prefix = isTLS13 ? 0 : 8
        return [UInt8](unsafeUninitializedCapacity: prefix + 5) { buffer, count in
            if prefix > 0 {
                for place in 0..<8 { buffer[place] = UInt8(truncatingIfNeeded: number >> (56 - 8 * place)) }
            }
            (buffer[prefix], buffer[prefix + 1], buffer[prefix + 2], buffer[prefix + 3], buffer[prefix + 4]) = tail
            count = prefix + 5
        }
    }

    /// - Parameter combined: the nonce, and `sealed` once more.
    private func decrypt(
        _ combined: [UInt8], _ sealed: UnsafeRawBufferPointer, authenticating data: [UInt8]
    ) -> Data? {
        do {
            switch suite.cipher {
            case .aesGCM: return try AES.GCM.open(.init(combined: combined), using: key, authenticating: data)
            case .chaCha20Poly1305:
                return try ChaChaPoly.open(.init(combined: combined), using: key, authenticating: data)
            case .aesCCM, .aesCCM8:
                return AESCCM.open(
                    sealed, tagLength: suite.tagLength, using: key, nonce: combined.prefix(12), authenticating: data)
            }
        } catch {
            return nil
        }
    }
}
