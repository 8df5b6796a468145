/// An object of JSON (RFC 8259) without objects or arrays within, as lists have a million of: read in place, nothing is copied.
struct FlatObject: Sendable {
    struct Field: Hashable, Sendable {
        enum Kind: Hashable, Sendable {
            case string
            case number
            case word
        }

        /// Without its quotes, escapes as they stand.
        var name: Range<Int>
        /// A string without its quotes, escapes as they stand.
        var value: Range<Int>
        var kind: Kind
        var hasEscapes: Bool
    }

    private(set) var fields: [Field] = []

    /// More names than any list has.
    static let mostFields = 64

    /// Reads a text that is an object and nothing else but space.
    /// - Returns: whether it is one, with no name twice.
    mutating func parse(_ text: Span<UInt8>) -> Bool {
        fields.removeAll(keepingCapacity: true)
        var index = 0
        Self.skip(text, &index)
        guard Self.take(text, &index, UInt8(ascii: "{")) else { return false }
        Self.skip(text, &index)
        if Self.take(text, &index, UInt8(ascii: "}")) { return Self.isEnd(text, &index) }
        while fields.count < Self.mostFields {
            guard let (name, _) = Self.string(text, &index) else { return false }
            Self.skip(text, &index)
            guard Self.take(text, &index, UInt8(ascii: ":")) else { return false }
            Self.skip(text, &index)
            guard let field = Self.value(text, &index, name: name), !hasField(text, name) else { return false }
            fields.append(field)
            Self.skip(text, &index)
            if Self.take(text, &index, UInt8(ascii: "}")) { return Self.isEnd(text, &index) }
            guard Self.take(text, &index, UInt8(ascii: ",")) else { return false }
            Self.skip(text, &index)
        }
        return false
    }

    func field(_ name: [UInt8], in text: Span<UInt8>) -> Field? {
        fields.first { Self.matches(text, $0.name, name) }
    }

    /// The text of a string, without its escapes; `nil` for a surrogate alone and for what is no UTF-8.
    static func bytes(_ field: Field, in text: Span<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        var index = field.value.lowerBound
        while index < field.value.upperBound {
            let byte = text[index]
            index += 1
            guard byte == UInt8(ascii: "\\") else {
                bytes.append(byte)
                continue
            }
            guard let scalar = unescape(text, &index, end: field.value.upperBound) else { return nil }
            bytes.append(contentsOf: Array(String(Character(scalar)).utf8))
        }
        return String(validating: bytes, as: UTF8.self) == nil ? nil : bytes
    }

    static func matches(_ text: Span<UInt8>, _ range: Range<Int>, _ name: [UInt8]) -> Bool {
        guard range.count == name.count else { return false }
        for index in 0..<name.count where text[range.lowerBound + index] != name[index] { return false }
        return true
    }

    private func hasField(_ text: Span<UInt8>, _ name: Range<Int>) -> Bool {
        for field in fields where field.name.count == name.count {
            var isSame = true
            for index in 0..<name.count
            where text[field.name.lowerBound + index] != text[name.lowerBound + index] {
                isSame = false
                break
            }
            if isSame { return true }
        }
        return false
    }
}

extension FlatObject {
    private static func skip(_ text: Span<UInt8>, _ index: inout Int) {
        while index < text.count, [32, 9, 10, 13].contains(text[index]) { index += 1 }
    }

    private static func take(_ text: Span<UInt8>, _ index: inout Int, _ byte: UInt8) -> Bool {
        guard index < text.count, text[index] == byte else { return false }
        index += 1
        return true
    }

    private static func isEnd(_ text: Span<UInt8>, _ index: inout Int) -> Bool {
        skip(text, &index)
        return index == text.count
    }

    private static func string(_ text: Span<UInt8>, _ index: inout Int) -> (range: Range<Int>, hasEscapes: Bool)? {
        guard take(text, &index, UInt8(ascii: "\"")) else { return nil }
        let start = index
        var hasEscapes = false
        while index < text.count {
            let byte = text[index]
            if byte == UInt8(ascii: "\"") {
                index += 1
                return (start..<index - 1, hasEscapes)
            }
            guard byte >= 32 else { return nil }
            index += 1
            guard byte == UInt8(ascii: "\\") else { continue }
            hasEscapes = true
            // Whether the escape means something shows when somebody wants the text.
            guard index < text.count, text[index] >= 32 else { return nil }
            index += 1
        }
        return nil
    }

    private static func value(_ text: Span<UInt8>, _ index: inout Int, name: Range<Int>) -> Field? {
        guard index < text.count else { return nil }
        if text[index] == UInt8(ascii: "\"") {
            guard let (range, hasEscapes) = string(text, &index) else { return nil }
            return Field(name: name, value: range, kind: .string, hasEscapes: hasEscapes)
        }
        let start = index
        while index < text.count, isPlain(text[index]) { index += 1 }
        let range = start..<index
        if [wordTrue, wordFalse, wordNull].contains(where: { matches(text, range, $0) }) {
            return Field(name: name, value: range, kind: .word, hasEscapes: false)
        }
        guard isNumber(text, range) else { return nil }
        return Field(name: name, value: range, kind: .number, hasEscapes: false)
    }

    private static let wordTrue = Array("true".utf8)
    private static let wordFalse = Array("false".utf8)
    private static let wordNull = Array("null".utf8)

    private static func isPlain(_ byte: UInt8) -> Bool {
        isDigit(byte) || (97...122).contains(byte) || [43, 45, 46, 69].contains(byte)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

    /// RFC 8259 §6.
    private static func isNumber(_ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
        var index = range.lowerBound
        func digits() -> Int {
            let start = index
            while index < range.upperBound, isDigit(text[index]) { index += 1 }
            return index - start
        }
        func skips(_ bytes: [UInt8]) -> Bool {
            guard index < range.upperBound, bytes.contains(text[index]) else { return false }
            index += 1
            return true
        }
        _ = skips([45])
        let first = index
        let count = digits()
        guard count == 1 || count > 1 && text[first] != 48 else { return false }
        if skips([46]), digits() == 0 { return false }
        if skips([69, 101]) {
            _ = skips([43, 45])
            if digits() == 0 { return false }
        }
        return index == range.upperBound
    }

    /// What stands behind a backslash.
    private static func unescape(_ text: Span<UInt8>, _ index: inout Int, end: Int) -> Unicode.Scalar? {
        guard index < end else { return nil }
        let byte = text[index]
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): break
        default: return nil
        }
        guard let high = unit(text, &index, end: end) else { return nil }
        guard (0xD800...0xDBFF).contains(high) else { return Unicode.Scalar(high) }
        guard index + 1 < end, text[index] == UInt8(ascii: "\\"), text[index + 1] == UInt8(ascii: "u") else {
            return nil
        }
        index += 2
        guard let low = unit(text, &index, end: end), (0xDC00...0xDFFF).contains(low) else { return nil }
        return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
    }

    private static func unit(_ text: Span<UInt8>, _ index: inout Int, end: Int) -> UInt32? {
        guard end - index >= 4 else { return nil }
        var value: UInt32 = 0
        for _ in 0..<4 {
            let byte = text[index]
            index += 1
            switch byte {
            case 48...57: value = value << 4 | UInt32(byte - 48)
            case 65...70: value = value << 4 | UInt32(byte - 55)
            case 97...102: value = value << 4 | UInt32(byte - 87)
            default: return nil
            }
        }
        return value
    }
}
