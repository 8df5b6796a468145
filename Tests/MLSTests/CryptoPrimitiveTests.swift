import Crypto
import MLS
import MLSWire
import Testing

@Suite("Hashes, MACs and AEADs, RFC 9420 §5.1")
struct CryptoPrimitiveTests {
    static let hashes: [MLS.HashFunction] = [.sha256, .sha384, .sha512]
    static let ciphers: [AEAD] = [.aes128GCM, .aes256GCM, .chaCha20Poly1305]

    @Test("a MAC holds for all of its bytes, its content and its key, and for nothing else", arguments: hashes)
    func mac(hash: MLS.HashFunction) {
        let (content, key): ([UInt8], _) = ([1, 2, 3], secret("key"))
        let tag = hash.mac(content, key: key)
        #expect(tag.count == hash.byteCount && hash.verify(tag, of: content, key: key))
        for index in tag.indices {
            #expect(!hash.verify(tag.flipped(at: index), of: content, key: key))
            #expect(!hash.verify(Array(tag.prefix(index)), of: content, key: key))
        }
        #expect(!hash.verify(tag + [0], of: content, key: key))
        #expect(!hash.verify(tag + tag, of: content, key: key))
        #expect(!hash.verify(tag, of: content + [0], key: key))
        #expect(!hash.verify(tag, of: content, key: secret("kez")))
    }

    @Test("a MAC is that of swift-crypto, for keys and contents of any length", arguments: hashes)
    func foreignMAC(hash: MLS.HashFunction) {
        func theirs(_ content: [UInt8], _ key: SymmetricKey) -> [UInt8] {
            switch hash {
            case .sha256: Array(HMAC<SHA256>.authenticationCode(for: content, using: key))
            case .sha384: Array(HMAC<SHA384>.authenticationCode(for: content, using: key))
            case .sha512: Array(HMAC<SHA512>.authenticationCode(for: content, using: key))
            }
        }
        for keyLength in [0, 1, 32, 63, 64, 65, 127, 128, 129, 1000] {
            let key = SymmetricKey(data: (0..<keyLength).map { UInt8(truncatingIfNeeded: $0) })
            for length in [0, 1, 55, 56, 64, 111, 112, 128, 1000] {
                let content = [UInt8](repeating: 5, count: length)
                let tag = theirs(content, key)
                #expect(hash.mac(content, key: key) == tag && hash.verify(tag, of: content, key: key))
                #expect(hash.extract(salt: key, SymmetricKey(data: content)).bytes == tag)
            }
        }
    }

    @Test("extraction and expansion are those of HKDF, at every length", arguments: hashes)
    func hkdf(hash: MLS.HashFunction) {
        func theirs(_ length: Int) -> SymmetricKey {
            let (salt, info) = (Array("salt".utf8), Array("info".utf8))
            return switch hash {
            case .sha256:
                HKDF<SHA256>.deriveKey(inputKeyMaterial: secret("s"), salt: salt, info: info, outputByteCount: length)
            case .sha384:
                HKDF<SHA384>.deriveKey(inputKeyMaterial: secret("s"), salt: salt, info: info, outputByteCount: length)
            case .sha512:
                HKDF<SHA512>.deriveKey(inputKeyMaterial: secret("s"), salt: salt, info: info, outputByteCount: length)
            }
        }
        let root = hash.extract(salt: secret("salt"), secret("s"))
        for length in Array(1...hash.byteCount * 2 + 1) + [255 * hash.byteCount] {
            #expect(hash.expand(root, info: Array("info".utf8), length: length) == theirs(length))
        }
    }

    @Test("ciphertext opens with its key, nonce and data, whole and unchanged, and not otherwise", arguments: ciphers)
    func aead(aead: AEAD) {
        let key = SymmetricKey(data: [UInt8](repeating: 1, count: aead.keyLength))
        let other = SymmetricKey(data: [UInt8](repeating: 2, count: aead.keyLength))
        let nonce = [UInt8](repeating: 3, count: aead.nonceLength)
        for count in [0, 1, 200, 5000] {
            let plaintext = [UInt8](repeating: 9, count: count)
            let sealed = aead.seal(plaintext, key: key, nonce: nonce, authenticating: [7])
            #expect(sealed.count == count + aead.tagLength)
            #expect(aead.open(sealed, key: key, nonce: nonce, authenticating: [7]).map { Array($0) } == plaintext)
            #expect(aead.open(sealed, key: other, nonce: nonce, authenticating: [7]) == nil)
            #expect(aead.open(sealed, key: key, nonce: nonce.flipped(at: 0), authenticating: [7]) == nil)
            #expect(aead.open(sealed, key: key, nonce: nonce, authenticating: []) == nil)
            #expect(aead.open(sealed + [0], key: key, nonce: nonce, authenticating: [7]) == nil)
            for index in sealed.indices.prefix(250) {
                #expect(aead.open(sealed.flipped(at: index), key: key, nonce: nonce, authenticating: [7]) == nil)
                #expect(aead.open(Array(sealed.prefix(index)), key: key, nonce: nonce, authenticating: [7]) == nil)
            }
        }
    }
}
