import Crypto
import MLS
import MLSWire
import Testing

@Suite("Signatures, RFC 9420 §5.1.2")
struct CryptoSignatureTests {
    static let ecdsa: [MLSCipherSuite] = [.p256AES128, .p384AES256, .p521AES256]

    @Test("hold for their content, label and key, and for nothing else", arguments: CipherSuite.supported)
    func holds(code: MLSCipherSuite) throws {
        let suite = try code.algorithms
        let signer = try SignaturePrivateKey(for: code)
        let stranger = try SignaturePrivateKey(for: code)
        let signature = try signer.sign([1, 2, 3], label: "Label")
        func holds(
            _ signature: [UInt8], _ content: [UInt8] = [1, 2, 3], _ label: String = "Label",
            _ key: SignaturePublicKey? = nil
        ) -> Bool {
            suite.verify(signature, of: content, label: label, key: key ?? signer.publicKey)
        }
        #expect(holds(signature))
        #expect(!holds(signature, [1, 2]))
        #expect(!holds(signature, [1, 2, 3], "label"))
        #expect(!holds(signature, [1, 2, 3], "Label", stranger.publicKey))
        #expect(!holds(signature, [1, 2, 3], "Label", SignaturePublicKey(bytes: [])))
        #expect(!holds(signature + [0]))
        for index in signature.indices {
            #expect(!holds(signature.flipped(at: index)))
            #expect(!holds(Array(signature.prefix(index))))
        }
    }

    @Test("of ECDSA are taken in the one form of DER alone", arguments: ecdsa)
    func strict(code: MLSCipherSuite) throws {
        let suite = try code.algorithms
        let signer = try SignaturePrivateKey(for: code)
        // One whose numbers need no zero in front, so that one in front of them is too many.
        var parts = try numbers(in: signer.signature(of: [5]))
        while parts.r[0] == 0 || parts.s[0] == 0 { parts = try numbers(in: signer.signature(of: [5])) }
        let (r, s) = parts
        func holds(_ signature: [UInt8]) -> Bool {
            suite.signature.verify(signature, of: [5], key: signer.publicKey)
        }
        #expect(holds(sequence(integer(r) + integer(s))))
        #expect(!holds(sequence(integer([0] + r) + integer(s))), "a zero too many in front of r")
        #expect(!holds(sequence(integer(r) + integer([0] + s))), "a zero too many in front of s")
        #expect(!holds(sequence(integer(r) + integer(s)) + [0]), "a byte behind")
        #expect(!holds(sequence(integer(r) + integer(s) + [0])), "a byte behind, inside")
        #expect(!holds(sequence(integer(r) + integer(s) + integer(s))), "three numbers")
        #expect(!holds(sequence(integer(r))), "one number")
        #expect(!holds(sequence(integer([0]) + integer(s))), "r is zero")
        #expect(!holds(sequence(integer(r) + integer([0]))), "s is zero")
        #expect(!holds(sequence(integer([]) + integer(s))), "r has no bytes")
        #expect(!holds(sequence(integer([0x80] + r.dropFirst()) + integer(s))), "r is negative")
        #expect(!holds(r + s), "the bare numbers")
        #expect(!holds([]) && !holds([0x30]) && !holds([0x30, 0x00]))
        let content = integer(r) + integer(s)
        #expect(!holds([0x30, 0x82, 0x00, UInt8(content.count)] + content), "a length in more bytes than it needs")
        #expect(!holds([0x30, 0x80] + content + [0, 0]), "a length that is not said")
        #expect(!holds([0x31] + sequence(content).dropFirst()), "a set")
    }

    @Test("hold under keys of the scheme alone", arguments: CipherSuite.supported)
    func keys(code: MLSCipherSuite) throws {
        let suite = try code.algorithms
        let key = try SignaturePrivateKey(for: code).publicKey.bytes
        #expect(suite.signature.isValid(SignaturePublicKey(bytes: key)))
        for bytes in [[], Array(key.dropLast()), key + [0]] {
            #expect(!suite.signature.isValid(SignaturePublicKey(bytes: bytes)))
        }
        if suite.signature != .ed25519 {
            #expect(!suite.signature.isValid(SignaturePublicKey(bytes: key.flipped(at: key.count - 1))))
        }
    }

    @Test("are not made with a private key that is none", arguments: ecdsa)
    func privateKeys(code: MLSCipherSuite) {
        for bytes in [[0], [UInt8](repeating: 0xFF, count: 66), [UInt8](repeating: 1, count: 67)] {
            #expect(throws: MLSError.misuse(.signerMismatch)) {
                try SignaturePrivateKey(raw: SymmetricKey(data: bytes), for: code)
            }
        }
    }

    @Test("are not made for suites that are not supported", arguments: [0, 4, 6, 8, 0xF001])
    func suites(number: UInt16) {
        let code = MLSCipherSuite(rawValue: number)
        #expect(throws: MLSError.unsupportedCipherSuite(code)) { try SignaturePrivateKey(for: code) }
    }

    // MARK: DER

    private func length(_ count: Int) -> [UInt8] { count < 128 ? [UInt8(count)] : [0x81, UInt8(count)] }

    private func integer(_ bytes: [UInt8]) -> [UInt8] { [0x02] + length(bytes.count) + bytes }

    private func sequence(_ content: [UInt8]) -> [UInt8] { [0x30] + length(content.count) + content }

    /// The contents of the two numbers.
    private func numbers(in signature: [UInt8]) throws -> (r: [UInt8], s: [UInt8]) {
        var rest = signature.dropFirst(signature[1] == 0x81 ? 3 : 2)
        func next() throws -> [UInt8] {
            let count = Int(try #require(rest.dropFirst().first))
            let number = Array(rest.dropFirst(2).prefix(count))
            rest = rest.dropFirst(2 + count)
            return number
        }
        return (try next(), try next())
    }
}
