import Crypto
import MLS
import MLSWire

/// The labelled functions of RFC 9420 §5.1, §5.2 and §8.
struct CryptoBasicsVector: VectorEntry {
    let cipherSuite: UInt16
    let refHash: RefHash
    let expandWithLabel: ExpandWithLabel
    let deriveSecret: DeriveSecret
    let deriveTreeSecret: DeriveTreeSecret
    let signWithLabel: SignWithLabel
    let encryptWithLabel: EncryptWithLabel

    struct RefHash: Decodable {
        let label: String
        let value: HexBytes
        let out: HexBytes

        func check(_ suite: CipherSuite) throws { try expect("out", suite.reference(label, value.bytes), is: out) }
    }

    struct ExpandWithLabel: Decodable {
        let secret: HexBytes
        let label: String
        let context: HexBytes
        let length: UInt16
        let out: HexBytes

        func check(_ suite: CipherSuite) throws {
            let made = suite.expand(secret.secret, label, context: context.bytes, length: Int(length))
            try expect("out", made.bytes, is: out)
        }
    }

    struct DeriveSecret: Decodable {
        let secret: HexBytes
        let label: String
        let out: HexBytes

        func check(_ suite: CipherSuite) throws {
            try expect("out", suite.derive(secret.secret, label).bytes, is: out)
        }
    }

    struct DeriveTreeSecret: Decodable {
        let secret: HexBytes
        let label: String
        let generation: UInt32
        let length: UInt16
        let out: HexBytes

        func check(_ suite: CipherSuite) throws {
            let made = suite.deriveTree(secret.secret, label, generation: generation, length: Int(length))
            try expect("out", made.bytes, is: out)
        }
    }

    struct SignWithLabel: Decodable {
        let priv: HexBytes
        let pub: HexBytes
        let content: HexBytes
        let label: String
        let signature: HexBytes

        func check(_ suite: CipherSuite) throws {
            let signer = try SignaturePrivateKey(raw: priv.secret, for: suite.code)
            try expect("public key of priv", signer.publicKey.bytes, is: pub)
            let key = SignaturePublicKey(bytes: pub.bytes)
            try expect(
                "signature is not valid",
                suite.verify(signature.bytes, of: content.bytes, label: label, key: key))
            try expect(
                "our signature is not valid",
                suite.verify(try signer.sign(content.bytes, label: label), of: content.bytes, label: label, key: key))
            try expect(
                "signature is valid for another label",
                !suite.verify(signature.bytes, of: content.bytes, label: label + "!", key: key))
        }
    }

    struct EncryptWithLabel: Decodable {
        let priv: HexBytes
        let pub: HexBytes
        let label: String
        let context: HexBytes
        let plaintext: HexBytes
        let kemOutput: HexBytes
        let ciphertext: HexBytes

        func check(_ suite: CipherSuite) throws {
            let key = try HPKEPrivateKey(raw: priv.secret, kem: suite.kem)
            try expect("public key of priv", key.publicKey.bytes, is: pub)
            func open(_ sealed: HPKECiphertext, context: [UInt8]) throws -> [UInt8] {
                try suite.decrypt(sealed, with: key, label: label, context: context).bytes
            }
            let given = HPKECiphertext(kemOutput: kemOutput.bytes, ciphertext: ciphertext.bytes)
            try expect("decrypted plaintext", try open(given, context: context.bytes), is: plaintext)
            let made = try suite.encrypt(
                plaintext.secret, to: HPKEPublicKey(bytes: pub.bytes), label: label, context: context.bytes)
            try expect("our ciphertext, decrypted,", try open(made, context: context.bytes), is: plaintext)
            try expectRefusal("a ciphertext for another context") { _ = try open(made, context: context.bytes + [0]) }
        }
    }

    func check() throws {
        let suite = try cipherSuite.cipherSuite()
        try within("ref_hash") { try refHash.check(suite) }
        try within("expand_with_label") { try expandWithLabel.check(suite) }
        try within("derive_secret") { try deriveSecret.check(suite) }
        try within("derive_tree_secret") { try deriveTreeSecret.check(suite) }
        try within("sign_with_label") { try signWithLabel.check(suite) }
        try within("encrypt_with_label") { try encryptWithLabel.check(suite) }
    }
}
