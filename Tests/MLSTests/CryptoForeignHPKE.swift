import Crypto
import Foundation
import MLS
import MLSWire

/// swift-crypto's HPKE, for one suite of MLS: what ours is compared with.
struct CryptoForeignHPKE {
    let suite: HPKE.Ciphersuite
    let kem: MLS.KEM

    init(_ suite: CipherSuite) {
        kem = suite.kem
        self.suite =
            switch suite.code {
            case .x25519AES128: .init(kem: .Curve25519_HKDF_SHA256, kdf: .HKDF_SHA256, aead: .AES_GCM_128)
            case .x25519ChaCha20: .init(kem: .Curve25519_HKDF_SHA256, kdf: .HKDF_SHA256, aead: .chaChaPoly)
            case .p256AES128: .init(kem: .P256_HKDF_SHA256, kdf: .HKDF_SHA256, aead: .AES_GCM_128)
            case .p384AES256: .init(kem: .P384_HKDF_SHA384, kdf: .HKDF_SHA384, aead: .AES_GCM_256)
            default: .init(kem: .P521_HKDF_SHA512, kdf: .HKDF_SHA512, aead: .AES_GCM_256)
            }
    }

    func seal(
        _ plaintext: [UInt8], to key: HPKEPublicKey, info: [UInt8], exporting length: Int
    ) throws -> (ciphertext: HPKECiphertext, exported: [UInt8]) {
        func seal(with sender: HPKE.Sender) throws -> (HPKECiphertext, [UInt8]) {
            var sender = sender
            let sealed = try sender.seal(plaintext)
            let exported = try sender.exportSecret(context: Data("export".utf8), outputByteCount: length)
            return (
                HPKECiphertext(kemOutput: Array(sender.encapsulatedKey), ciphertext: Array(sealed)), exported.bytes
            )
        }
        let (info, bytes) = (Data(info), Data(key.bytes))
        switch kem {
        case .x25519:
            let key = try Curve25519.KeyAgreement.PublicKey(rawRepresentation: bytes)
            return try seal(with: HPKE.Sender(recipientKey: key, ciphersuite: suite, info: info))
        case .p256:
            let key = try P256.KeyAgreement.PublicKey(x963Representation: bytes)
            return try seal(with: HPKE.Sender(recipientKey: key, ciphersuite: suite, info: info))
        case .p384:
            let key = try P384.KeyAgreement.PublicKey(x963Representation: bytes)
            return try seal(with: HPKE.Sender(recipientKey: key, ciphersuite: suite, info: info))
        case .p521:
            let key = try P521.KeyAgreement.PublicKey(x963Representation: bytes)
            return try seal(with: HPKE.Sender(recipientKey: key, ciphersuite: suite, info: info))
        }
    }

    func open(
        _ ciphertext: HPKECiphertext, with key: HPKEPrivateKey, info: [UInt8], exporting length: Int
    ) throws -> (plaintext: [UInt8], exported: [UInt8]) {
        func open(with recipient: HPKE.Recipient) throws -> ([UInt8], [UInt8]) {
            var recipient = recipient
            let plaintext = try recipient.open(Data(ciphertext.ciphertext))
            let exported = try recipient.exportSecret(context: Data("export".utf8), outputByteCount: length)
            return (Array(plaintext), exported.bytes)
        }
        let (info, encapsulated, raw) = (Data(info), Data(ciphertext.kemOutput), Data(key.raw.bytes))
        switch kem {
        case .x25519:
            let key = try Curve25519.KeyAgreement.PrivateKey(rawRepresentation: raw)
            return try open(
                with: HPKE.Recipient(
                    privateKey: key, ciphersuite: suite, info: info, encapsulatedKey: encapsulated))
        case .p256:
            let key = try P256.KeyAgreement.PrivateKey(rawRepresentation: raw)
            return try open(
                with: HPKE.Recipient(
                    privateKey: key, ciphersuite: suite, info: info, encapsulatedKey: encapsulated))
        case .p384:
            let key = try P384.KeyAgreement.PrivateKey(rawRepresentation: raw)
            return try open(
                with: HPKE.Recipient(
                    privateKey: key, ciphersuite: suite, info: info, encapsulatedKey: encapsulated))
        case .p521:
            let key = try P521.KeyAgreement.PrivateKey(rawRepresentation: raw)
            return try open(
                with: HPKE.Recipient(
                    privateKey: key, ciphersuite: suite, info: info, encapsulatedKey: encapsulated))
        }
    }
}
