import Crypto
import MLS
import MLSWire
import Testing

@Suite("Keys of HPKE, RFC 9180 §7.1")
struct CryptoKEMTests {
    /// Points of X25519 whose shared secret is zero with every private key (RFC 7748 §6.1): 0, 1, and two of order 8.
    static let pointsOfSmallOrder: [[UInt8]] = [
        [UInt8](repeating: 0, count: 32), [1] + [UInt8](repeating: 0, count: 31),
        [
            0xE0, 0xEB, 0x7A, 0x7C, 0x3B, 0x41, 0xB8, 0xAE, 0x16, 0x56, 0xE3, 0xFA, 0xF1, 0x9F, 0xC4, 0x6A, 0xDA, 0x09,
            0x8D, 0xEB, 0x9C, 0x32, 0xB1, 0xFD, 0x86, 0x62, 0x05, 0x16, 0x5F, 0x49, 0xB8, 0x00,
        ],
        [
            0x5F, 0x9C, 0x95, 0xBC, 0xA3, 0x50, 0x8C, 0x24, 0xB1, 0xD0, 0xB1, 0x55, 0x9C, 0x83, 0xEF, 0x5B, 0x04, 0x44,
            0x5C, 0xC4, 0x58, 0x1C, 0x8E, 0x86, 0xD8, 0x22, 0x4E, 0xDD, 0xD0, 0x9F, 0x11, 0x57,
        ],
    ]

    @Test("of X25519 that give a zero secret are refused on both sides", arguments: pointsOfSmallOrder)
    func zeroSecret(point: [UInt8]) throws {
        let suite = try CipherSuite(.x25519AES128)
        #expect(throws: MLSError.invalid(.hpkeKeyIsValid)) {
            try suite.encrypt(secret("x"), to: HPKEPublicKey(bytes: point), label: "L", context: [])
        }
        let sealed = HPKECiphertext(kemOutput: point, ciphertext: [UInt8](repeating: 0, count: 32))
        #expect(throws: MLSError.invalid(.hpkeDecrypts)) {
            try suite.decrypt(sealed, with: HPKEPrivateKey(generating: .x25519), label: "L", context: [])
        }
    }

    @Test("are refused unless they are points of the curve", arguments: CipherSuite.supported)
    func publicKeys(code: MLSCipherSuite) throws {
        let suite = try code.algorithms
        let key = HPKEPrivateKey(generating: suite.kem).publicKey.bytes
        #expect(key.count == suite.kem.publicKeyLength && suite.kem.isValid(HPKEPublicKey(bytes: key)))
        var wrong: [[UInt8]] = [[], [4], Array(key.dropLast()), key + [0]]
        if suite.kem != .x25519 {
            let zeros = [UInt8](repeating: 0, count: key.count - 1)
            wrong += [key.flipped(at: key.count - 1), [4] + zeros, [5] + key.dropFirst(), [0]]
            // The same point in its compressed form, which RFC 9420 §5.1.1 does not allow.
            let sign: UInt8 = key[key.count - 1] & 1
            wrong.append([2 + sign] + key[1...key.count / 2])
        }
        for bytes in wrong {
            #expect(!suite.kem.isValid(HPKEPublicKey(bytes: bytes)), "\(bytes)")
            #expect(throws: MLSError.invalid(.hpkeKeyIsValid)) {
                try suite.encrypt(secret("x"), to: HPKEPublicKey(bytes: bytes), label: "L", context: [])
            }
        }
    }

    @Test("of P-521 may be written in 65 bytes, without the zero in front")
    func shortPrivateKey() throws {
        var key = HPKEPrivateKey(generating: .p521)
        while key.raw.bytes[0] != 0 { key = HPKEPrivateKey(generating: .p521) }
        let short = try HPKEPrivateKey(raw: SymmetricKey(data: key.raw.bytes.dropFirst()), kem: .p521)
        #expect(short.publicKey == key.publicKey && short.raw == key.raw)

        var signer = try SignaturePrivateKey(raw: key.raw, for: .p521AES256)
        let point = signer.publicKey
        signer = try SignaturePrivateKey(raw: SymmetricKey(data: key.raw.bytes.dropFirst()), for: .p521AES256)
        #expect(signer.publicKey == point && point.bytes == key.publicKey.bytes)
    }

    @Test("are refused if they are no number below the group's order", arguments: [MLS.KEM.p256, .p384, .p521])
    func privateKeys(kem: MLS.KEM) {
        let zeros = [UInt8](repeating: 0, count: kem.privateKeyLength)
        let ones = [UInt8](repeating: 0xFF, count: kem.privateKeyLength)
        for bytes in [[], zeros, ones, [1] + zeros] {
            #expect(throws: MLSError.invalid(.hpkeKeyIsValid)) {
                try HPKEPrivateKey(raw: SymmetricKey(data: bytes), kem: kem)
            }
        }
        for bytes in [[UInt8](repeating: 1, count: 33)] {
            #expect(throws: MLSError.invalid(.hpkeKeyIsValid)) {
                try HPKEPrivateKey(raw: SymmetricKey(data: bytes), kem: .x25519)
            }
        }
    }

    @Test("that follow from a secret are the same each time, and others for another secret or suite")
    func derived() throws {
        var seen: Set<HPKEPublicKey> = []
        for code in CipherSuite.supported {
            let suite = try code.algorithms
            for text in ["one", "two"] {
                let key = HPKEPrivateKey(deriving: secret(text), suite: suite)
                #expect(key.publicKey == HPKEPrivateKey(deriving: secret(text), suite: suite).publicKey)
                #expect(key.publicKey == (try HPKEPrivateKey(raw: key.raw, kem: suite.kem)).publicKey)
                seen.insert(key.publicKey)
            }
        }
        // Suites 1 and 3 have the same KEM, and so the same keys.
        #expect(seen.count == 8)
    }
}
