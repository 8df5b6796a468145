/// A text that must not be on the wire, in every encoding in which it is looked for.
public struct Marker: Hashable, Sendable {
    public let text: String
    let patterns: [Pattern]

    struct Pattern: Hashable, Sendable {
        var encoding: String
        /// In lower case, if the case of letters does not matter.
        var bytes: [UInt8]
        var ignoresCase: Bool
    }

    /// Shorter texts turn up by chance, and so do shorter encodings.
    public static let shortest = 6

    /// `nil` for a text of less than ``shortest`` bytes.
    public init?(_ text: String) {
        guard text.utf8.count >= Self.shortest else { return nil }
        self.text = text
        var list = PatternList()
        list.addPlain(text)
        list.addEscaped(text)
        list.addPacked(Array(text.utf8))
        patterns = list.patterns
    }

    /// A to Z become a to z; nothing else changes.
    static func lowered(_ byte: UInt8) -> UInt8 { byte &- 65 < 26 ? byte | 0x20 : byte }
}

/// Collects the encodings of a text, each once.
private struct PatternList {
    private(set) var patterns: [Marker.Pattern] = []
    private var known: Set<[UInt8]> = []

    private mutating func add(_ encoding: String, _ bytes: [UInt8], ignoresCase: Bool = true) {
        let bytes = ignoresCase ? bytes.map(Marker.lowered) : bytes
        guard bytes.count >= Marker.shortest, known.insert(bytes).inserted else { return }
        patterns.append(Marker.Pattern(encoding: encoding, bytes: bytes, ignoresCase: ignoresCase))
    }

    private mutating func add(_ encoding: String, _ text: String) { add(encoding, Array(text.utf8)) }

    /// The character sets in which text is written.
    mutating func addPlain(_ text: String) {
        add("as it is", text)
        // Letters beyond ASCII are not folded one by one.
        add("in capitals", text.uppercased())
        add("in small letters", text.lowercased())
        let units = Array(text.utf16)
        add("UTF-16LE", units.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] })
        add("UTF-16BE", units.flatMap { [UInt8($0 >> 8), UInt8(truncatingIfNeeded: $0)] })
        let scalars = text.unicodeScalars.map(\.value)
        if scalars.allSatisfy({ $0 < 256 }) { add("Latin-1", scalars.map { UInt8($0) }) }
        add("backwards", String(text.reversed()))
        add("ROT13", text.utf8.map(Self.turned))
    }

    private static func turned(_ byte: UInt8) -> UInt8 {
        let letter = byte | 0x20
        guard letter &- 97 < 26 else { return byte }
        return letter &- 97 < 13 ? byte + 13 : byte - 13
    }

    /// As other formats write it inside of their own text.
    mutating func addEscaped(_ text: String) {
        let bytes = Array(text.utf8)
        func isPlain(_ byte: UInt8) -> Bool {
            [45, 46, 95, 126].contains(byte) || (48...57).contains(byte) || (byte | 0x20) &- 97 < 26
        }
        func joined(_ encode: (UInt8) -> [UInt8]) -> [UInt8] { bytes.flatMap(encode) }
        func percent(_ byte: UInt8) -> [UInt8] { [37] + Self.hex(byte) }
        add("percent-encoded", joined { isPlain($0) ? [$0] : percent($0) })
        add("percent-encoded, + for spaces", joined { isPlain($0) ? [$0] : $0 == 32 ? [43] : percent($0) })
        add("percent-encoded throughout", joined(percent))
        add("quoted-printable", joined { $0 == 61 || $0 < 32 || $0 > 126 ? [61] + Self.hex($0) : [$0] })
        add("quoted-printable throughout", joined { [61] + Self.hex($0) })
        add("escaped by \\x throughout", joined { Array("\\x".utf8) + Self.hex($0) })
        add("JSON", text.utf16.map { Self.json($0, always: false) }.joined())
        add("JSON, escaped throughout", text.utf16.map { Self.json($0, always: true) }.joined())
        let scalars = text.unicodeScalars
        add("HTML", scalars.map { Self.html($0) }.joined())
        add("HTML, numbers throughout", scalars.map { "&#\($0.value);" }.joined())
        add("HTML, hex numbers throughout", scalars.map { "&#x" + String($0.value, radix: 16) + ";" }.joined())
    }

    private static func hex(_ byte: UInt8) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }

    /// A unit of UTF-16 in a string of JSON (RFC 8259 §7), of ASCII alone.
    private static func json(_ unit: UInt16, always: Bool) -> String {
        switch unit {
        case 34 where !always: return "\\\""
        case 92 where !always: return "\\\\"
        case 10 where !always: return "\\n"
        case 13 where !always: return "\\r"
        case 9 where !always: return "\\t"
        case 32..<127 where !always: return String(UnicodeScalar(UInt8(unit)))
        default:
            let digits = String(unit, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
    }

    private static func html(_ scalar: UnicodeScalar) -> String {
        switch scalar {
        case "&": "&amp;"
        case "<": "&lt;"
        case ">": "&gt;"
        case "\"": "&quot;"
        case "'": "&#39;"
        default: scalar.isASCII ? String(scalar) : "&#\(scalar.value);"
        }
    }

    /// Bytes as letters and digits.
    mutating func addPacked(_ bytes: [UInt8]) {
        add("hex", bytes.flatMap(Self.hex))
        add("hex, apart by spaces", Array(bytes.map(Self.hex).joined(separator: [32])))
        add("hex, apart by colons", Array(bytes.map(Self.hex).joined(separator: [58])))
        for shift in 0..<3 {
            let name = "base64, shifted by \(shift)"
            add(name, Self.base64(bytes, shift: shift, [43, 47]), ignoresCase: false)
            add(name + ", for URLs", Self.base64(bytes, shift: shift, [45, 95]), ignoresCase: false)
        }
    }

    /// The characters that stand for `bytes` alone if `shift` other bytes precede them (RFC 4648 §4, §5).
    private static func base64(_ bytes: [UInt8], shift: Int, _ last: [UInt8]) -> [UInt8] {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8) + last
        let first = shift * 8, end = first + bytes.count * 8
        func bit(_ index: Int) -> Int { Int(bytes[(index - first) / 8] >> UInt8(7 - (index - first) % 8)) & 1 }
        return stride(from: (first + 5) / 6 * 6, through: end - 6, by: 6).map { start in
            alphabet[(0..<6).reduce(0) { $0 << 1 | bit(start + $1) }]
        }
    }
}
