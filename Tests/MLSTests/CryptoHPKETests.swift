import Crypto
import MLS
import MLSWire
import Testing

@Suite("HPKE, RFC 9180")
struct CryptoHPKETests {
    @Test("swift-crypto opens what we seal, and exports the same", arguments: CipherSuite.supported)
    func sealed(code: MLSCipherSuite) throws {
        let suite = try code.algorithms
        for count in [0, 1, 32, 1000] {
            let (plaintext, info) = ([UInt8](repeating: 7, count: count), Array("info \(count)".utf8))
            let key = HPKEPrivateKey(generating: suite.kem)
            let sender = try HPKESender(suite: suite, to: key.publicKey, info: HPKEInfo(suite: suite, info))
            let ciphertext = HPKECiphertext(
                kemOutput: sender.kemOutput, ciphertext: sender.keys.seal(SymmetricKey(data: plaintext)))
            let theirs = try CryptoForeignHPKE(suite).open(ciphertext, with: key, info: info, exporting: 61)
            #expect(theirs.plaintext == plaintext)
            #expect(theirs.exported == sender.keys.export(Array("export".utf8), length: 61).bytes)
        }
    }

    @Test("we open what swift-crypto seals, and export the same", arguments: CipherSuite.supported)
    func opened(code: MLSCipherSuite) throws {
        let suite = try code.algorithms
        for count in [0, 1, 32, 1000] {
            let (plaintext, info) = ([UInt8](repeating: 7, count: count), Array("info \(count)".utf8))
            let key = HPKEPrivateKey(deriving: secret("a secret of \(count)"), suite: suite)
            let theirs = try CryptoForeignHPKE(suite).seal(plaintext, to: key.publicKey, info: info, exporting: 61)
            let keys = try key.decapsulate(theirs.ciphertext.kemOutput, suite: suite, info: info)
            #expect(keys.open(theirs.ciphertext.ciphertext)?.bytes == plaintext)
            #expect(keys.export(Array("export".utf8), length: 61).bytes == theirs.exported)
        }
    }

    @Test("refuses what was changed, cut, lengthened or made for something else", arguments: CipherSuite.supported)
    func changed(code: MLSCipherSuite) throws {
        let suite = try code.algorithms
        let key = HPKEPrivateKey(generating: suite.kem)
        let context: [UInt8] = [1, 2, 3]
        let sealed = try suite.encrypt(secret("secret"), to: key.publicKey, label: "Label", context: context)
        #expect(
            try suite.decrypt(sealed, with: key, label: "Label", context: context).bytes == Array("secret".utf8))

        func refuses(
            _ ciphertext: HPKECiphertext, with key: HPKEPrivateKey, label: String = "Label",
            context: [UInt8] = [1, 2, 3]
        ) {
            #expect(throws: MLSError.invalid(.hpkeDecrypts)) {
                try suite.decrypt(ciphertext, with: key, label: label, context: context)
            }
        }
        refuses(sealed, with: key, label: "label")
        refuses(sealed, with: key, context: [1, 2])
        refuses(sealed, with: HPKEPrivateKey(generating: suite.kem))
        for index in sealed.ciphertext.indices {
            var other = sealed
            other.ciphertext = sealed.ciphertext.flipped(at: index)
            refuses(other, with: key)
            other.ciphertext = Array(sealed.ciphertext.prefix(index))
            refuses(other, with: key)
        }
        var longer = sealed
        longer.ciphertext.append(0)
        refuses(longer, with: key)
        for index in [0, 1, sealed.kemOutput.count - 2] {
            var other = sealed
            other.kemOutput = sealed.kemOutput.flipped(at: index)
            refuses(other, with: key)
            other.kemOutput = Array(sealed.kemOutput.prefix(index))
            refuses(other, with: key)
        }
        longer = sealed
        longer.kemOutput.append(0)
        refuses(longer, with: key)
    }
}
