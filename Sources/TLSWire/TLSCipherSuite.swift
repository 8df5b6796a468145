/// A cipher suite as it stands on the wire (RFC 8446 §B.4).
public struct TLSCipherSuite: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public var rawValue: UInt16

    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    public var isTLS13: Bool { (0x1301...0x1305).contains(rawValue) }

    public var description: String { Self.names[rawValue] ?? "suite 0x" + String(rawValue, radix: 16) }

    private static let names: [UInt16: String] = [
        0x1301: "AES_128_GCM_SHA256", 0x1302: "AES_256_GCM_SHA384", 0x1303: "CHACHA20_POLY1305_SHA256",
        0x1304: "AES_128_CCM_SHA256", 0x1305: "AES_128_CCM_8_SHA256",
        0xC02B: "ECDHE_ECDSA_AES_128_GCM_SHA256", 0xC02C: "ECDHE_ECDSA_AES_256_GCM_SHA384",
        0xC02F: "ECDHE_RSA_AES_128_GCM_SHA256", 0xC030: "ECDHE_RSA_AES_256_GCM_SHA384",
        0xCCA8: "ECDHE_RSA_CHACHA20_POLY1305", 0xCCA9: "ECDHE_ECDSA_CHACHA20_POLY1305",
    ]
}
