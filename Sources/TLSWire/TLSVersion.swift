/// A protocol version as it stands on the wire (RFC 8446 §4.1.2, §4.2.1).
public struct TLSVersion: RawRepresentable, Hashable, Sendable, Comparable, CustomStringConvertible {
    public var rawValue: UInt16

    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    public static let ssl2 = TLSVersion(rawValue: 0x0002)
    public static let ssl3 = TLSVersion(rawValue: 0x0300)
    public static let tls10 = TLSVersion(rawValue: 0x0301)
    public static let tls11 = TLSVersion(rawValue: 0x0302)
    public static let tls12 = TLSVersion(rawValue: 0x0303)
    public static let tls13 = TLSVersion(rawValue: 0x0304)

    /// A value that only tests tolerance (RFC 8701).
    public var isGREASE: Bool { GREASE.contains(rawValue) }

    /// TLS 1.3 or a draft of it, of the IETF (RFC 8446 before it was one) or as Facebook numbered them.
    public var isTLS13Family: Bool {
        self == .tls13 || draft != nil
    }

    /// The number of the draft of TLS 1.3 that it is.
    public var draft: Int? {
        switch rawValue {
        case 0x7F0E...0x7F1C, 0xFB17, 0xFB1A: Int(rawValue & 0xFF)
        default: nil
        }
    }

    public static func < (left: TLSVersion, right: TLSVersion) -> Bool { left.rawValue < right.rawValue }

    public var description: String {
        switch rawValue {
        case 0x0002: "SSL 2.0"
        case 0x0300: "SSL 3.0"
        case 0x0301: "TLS 1.0"
        case 0x0302: "TLS 1.1"
        case 0x0303: "TLS 1.2"
        case 0x0304: "TLS 1.3"
        case 0x0101: "GMTLS"
        case 0x0100: "DTLS 1.0 (OpenSSL before 0.9.8f)"
        case 0xFEFF: "DTLS 1.0"
        case 0xFEFD: "DTLS 1.2"
        case 0xFEFC: "DTLS 1.3"
        case 0x7F0E...0x7F1C: "TLS 1.3 (draft \(rawValue & 0xFF))"
        case 0xFB17, 0xFB1A: "TLS 1.3 (Facebook draft \(rawValue & 0xFF))"
        default: isGREASE ? "GREASE" : "version 0x" + String(rawValue, radix: 16)
        }
    }
}
