/// A group for the key exchange (RFC 8446 §4.2.7).
public struct NamedGroup: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public var rawValue: UInt16

    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// Whether it withstands a quantum computer, as far as is known: a hybrid with ML-KEM.
    public var isPostQuantum: Bool { [0x11EB, 0x11EC, 0x11ED, 0x6399].contains(rawValue) }

    public var description: String { Self.names[rawValue] ?? "group 0x" + String(rawValue, radix: 16) }

    private static let names: [UInt16: String] = [
        23: "P-256", 24: "P-384", 25: "P-521", 29: "X25519", 30: "X448", 256: "ffdhe2048", 257: "ffdhe3072",
        0x11EB: "SecP256r1MLKEM768", 0x11EC: "X25519MLKEM768", 0x11ED: "SecP384r1MLKEM1024",
        0x6399: "X25519Kyber768Draft00",
    ]
}
