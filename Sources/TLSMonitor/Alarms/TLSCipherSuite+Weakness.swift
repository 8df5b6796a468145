import TLSWire

/// Why a cipher suite should not be used, the worst first.
enum SuiteWeakness: CaseIterable {
    case unencrypted
    case anonymous
    case export
    case brokenCipher
    case smallBlocks
    case staticKeys

    var words: String {
        switch self {
        case .unencrypted: "does not encrypt"
        case .anonymous: "does not authenticate anybody"
        case .export: "was made weak for export"
        case .brokenCipher: "uses a cipher that is broken (RC4, RC2 or DES)"
        case .smallBlocks: "uses a cipher with blocks of 64 bits (3DES or IDEA)"
        case .staticKeys: "has no forward secrecy: who gets the server's key later reads everything"
        }
    }

    var severity: Alarm.Severity {
        switch self {
        case .unencrypted, .anonymous, .export, .brokenCipher: .high
        case .smallBlocks: .medium
        case .staticKeys: .low
        }
    }
}

extension TLSCipherSuite {
    /// By the numbers in IANA's registry of cipher suites; `nil` for a suite that nothing is known against.
    var weakness: SuiteWeakness? {
        if Self.unencrypted.contains(rawValue) { return .unencrypted }
        if Self.isIn(Self.anonymous, rawValue) { return .anonymous }
        if Self.isIn(Self.export, rawValue) { return .export }
        if Self.brokenCiphers.contains(rawValue) { return .brokenCipher }
        if Self.smallBlocks.contains(rawValue) { return .smallBlocks }
        if Self.isIn(Self.staticKeys, rawValue) { return .staticKeys }
        return nil
    }

    private static func isIn(_ ranges: [ClosedRange<UInt16>], _ value: UInt16) -> Bool {
        ranges.contains { $0.contains(value) }
    }

    private static let unencrypted: Set<UInt16> = [
        0x0000, 0x0001, 0x0002, 0x002C, 0x002D, 0x002E, 0x003B, 0x00B0, 0x00B1, 0x00B4, 0x00B5, 0x00B8, 0x00B9,
        0xC001, 0xC006, 0xC00B, 0xC010, 0xC015, 0xC039, 0xC03A, 0xC03B, 0xC0B4, 0xC0B5,
    ]

    private static let anonymous: [ClosedRange<UInt16>] = [
        0x0017...0x001B, 0x0034...0x0034, 0x003A...0x003A, 0x0046...0x0046, 0x006C...0x006D, 0x0089...0x0089,
        0x009B...0x009B, 0x00A6...0x00A7, 0x00BF...0x00BF, 0x00C5...0x00C5, 0xC015...0xC019, 0xC046...0xC047,
        0xC05A...0xC05B, 0xC084...0xC085,
    ]

    private static let export: [ClosedRange<UInt16>] = [
        0x0003...0x0003, 0x0006...0x0006, 0x0008...0x0008, 0x000B...0x000B, 0x000E...0x000E, 0x0011...0x0011,
        0x0014...0x0014, 0x0026...0x002B, 0x0060...0x0065,
    ]

    private static let brokenCiphers: Set<UInt16> = [
        // RC4
        0x0004, 0x0005, 0x0020, 0x0024, 0x0066, 0x008A, 0x008E, 0x0092, 0xC002, 0xC007, 0xC00C, 0xC011, 0xC033,
        // DES
        0x0009, 0x000C, 0x000F, 0x0012, 0x0015, 0x001E, 0x0022,
    ]

    private static let smallBlocks: Set<UInt16> = [
        // IDEA
        0x0007, 0x0021, 0x0025,
        // 3DES
        0x000A, 0x000D, 0x0010, 0x0013, 0x0016, 0x001F, 0x0023, 0x008B, 0x008F, 0x0093, 0xC003, 0xC008, 0xC00D,
        0xC012, 0xC01A, 0xC01B, 0xC01C, 0xC034,
    ]

    private static let staticKeys: [ClosedRange<UInt16>] = [
        // Encrypted to the server's RSA key.
        0x002F...0x002F, 0x0035...0x0035, 0x003C...0x003D, 0x0041...0x0041, 0x0084...0x0084, 0x0092...0x0096,
        0x009C...0x009D, 0x00AC...0x00AD, 0x00B6...0x00B7, 0x00BA...0x00BA, 0x00C0...0x00C0, 0xC03C...0xC03D,
        0xC050...0xC051, 0xC07A...0xC07B, 0xC09C...0xC09D, 0xC0A0...0xC0A1,
        // Diffie-Hellman with the keys in the certificates.
        0x0030...0x0031, 0x0036...0x0037, 0x003E...0x003F, 0x0042...0x0043, 0x0068...0x0069, 0x0085...0x0086,
        0x0097...0x0098, 0x00A0...0x00A1, 0x00A4...0x00A5, 0x00BB...0x00BC, 0x00C1...0x00C2, 0xC003...0xC005,
        0xC00D...0xC00F, 0xC025...0xC026, 0xC029...0xC02A, 0xC02D...0xC02E, 0xC031...0xC032,
    ]
}
