/// A group for the key exchange (RFC 8446 §4.2.7).
public struct NamedGroup: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public var rawValue: UInt16

    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// A value that only tests tolerance (RFC 8701).
    public var isGREASE: Bool { GREASE.contains(rawValue) }

    /// Whether it withstands a quantum computer, as far as is known: ML-KEM or what became it, alone or in a hybrid.
    public var isPostQuantum: Bool { Self.postQuantum.contains(rawValue) }

    /// `secp256r1`: the name in IANA's registry ("TLS Supported Groups"), or that of the draft; `nil` where there is none.
    public var ianaName: String? { Self.names[rawValue] }

    /// `P-256`: as people call it.
    public var description: String {
        switch rawValue {
        case 23: "P-256"
        case 24: "P-384"
        case 25: "P-521"
        case 29: "X25519"
        case 30: "X448"
        default: ianaName ?? (isGREASE ? "GREASE" : "group 0x" + String(rawValue, radix: 16))
        }
    }

    private static let postQuantum: Set<UInt16> = [
        0x0200, 0x0201, 0x0202, 0x11EB, 0x11EC, 0x11ED, 0x11EE, 0x6399, 0x639A, 0xFE30, 0xFE31, 0xFE32, 0x4138,
        0x023A, 0x023C, 0x023D, 0x2F39, 0x2F3A, 0x2F3C, 0x2F3D, 0x2F90,
    ]

    /// IANA's, then ML-KEM (draft-ietf-tls-mlkem, draft-ietf-tls-ecdhe-mlkem), then what browsers and libraries used before it.
    private static let names: [UInt16: String] = [
        1: "sect163k1", 2: "sect163r1", 3: "sect163r2", 4: "sect193r1", 5: "sect193r2", 6: "sect233k1",
        7: "sect233r1", 8: "sect239k1", 9: "sect283k1", 10: "sect283r1", 11: "sect409k1", 12: "sect409r1",
        13: "sect571k1", 14: "sect571r1", 15: "secp160k1", 16: "secp160r1", 17: "secp160r2", 18: "secp192k1",
        19: "secp192r1", 20: "secp224k1", 21: "secp224r1", 22: "secp256k1", 23: "secp256r1", 24: "secp384r1",
        25: "secp521r1", 26: "brainpoolP256r1", 27: "brainpoolP384r1", 28: "brainpoolP512r1", 29: "x25519",
        30: "x448", 31: "brainpoolP256r1tls13", 32: "brainpoolP384r1tls13", 33: "brainpoolP512r1tls13",
        34: "GC256A", 35: "GC256B", 36: "GC256C", 37: "GC256D", 38: "GC512A", 39: "GC512B", 40: "GC512C",
        41: "curveSM2",
        0x0100: "ffdhe2048", 0x0101: "ffdhe3072", 0x0102: "ffdhe4096", 0x0103: "ffdhe6144", 0x0104: "ffdhe8192",
        0x0200: "MLKEM512", 0x0201: "MLKEM768", 0x0202: "MLKEM1024",
        0x11EB: "SecP256r1MLKEM768", 0x11EC: "X25519MLKEM768", 0x11ED: "SecP384r1MLKEM1024",
        0x11EE: "curveSM2MLKEM768",
        0x6399: "X25519Kyber768Draft00", 0x639A: "SecP256r1Kyber768Draft00",
        0xFE30: "X25519Kyber512Draft00", 0xFE31: "X25519Kyber768Draft00Old", 0xFE32: "P256Kyber768Draft00",
        0x4138: "CECPQ2",
        0x023A: "kyber512", 0x023C: "kyber768", 0x023D: "kyber1024", 0x2F39: "x25519_kyber512",
        0x2F3A: "p256_kyber512", 0x2F3C: "p384_kyber768", 0x2F3D: "p521_kyber1024", 0x2F90: "x448_kyber768",
        0xFF01: "arbitrary_explicit_prime_curves", 0xFF02: "arbitrary_explicit_char2_curves",
    ]
}
