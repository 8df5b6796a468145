/// A cipher suite as it stands on the wire (RFC 8446 §B.4).
public struct TLSCipherSuite: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public var rawValue: UInt16

    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// Whether only TLS 1.3 has it: RFC 8446 §B.4, AEGIS, SM4 (RFC 8998), and those that only authenticate (RFC 9150).
    public var isTLS13: Bool {
        switch rawValue {
        case 0x1301...0x1307, 0x00C6, 0x00C7, 0xC0B4, 0xC0B5: true
        default: false
        }
    }

    /// Whether it hides what is sent. Some suites only say who sent it (`NULL`; RFC 9150). Of a suite without a name nobody knows.
    public var encrypts: Bool? {
        guard let name = ianaName, !isSignal else { return nil }
        return !name.contains("_NULL_") && rawValue != 0xC0B4 && rawValue != 0xC0B5
    }

    /// A value that only tests tolerance (RFC 8701).
    public var isGREASE: Bool { GREASE.contains(rawValue) }

    /// A signal in the place of a suite: RFC 5746 §3.3, RFC 7507.
    public var isSignal: Bool { rawValue == 0x00FF || rawValue == 0x5600 }

    /// `TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256`: the name in IANA's registry; `nil` where it has none.
    public var ianaName: String? { Self.ianaNames[rawValue] }

    /// `ECDHE_ECDSA_AES_128_GCM_SHA256`: the registered name without what all have.
    public var description: String {
        if let name = ianaName { return Self.short(name) }
        return isGREASE ? "GREASE" : "suite 0x" + String(rawValue, radix: 16)
    }

    private static func short(_ name: String) -> String {
        var words = name.split(separator: "_")[...]
        if words.first == "TLS" { words.removeFirst() }
        if words.suffix(2) == ["POLY1305", "SHA256"], words.count > 3 { words.removeLast() }
        return words.filter { $0 != "WITH" }.joined(separator: "_")
    }
}
