extension JSON {
    /// In one line without spaces: for programs and for lines of a protocol.
    package var compact: String {
        var writer = JSONWriter(width: nil)
        writer.write(self)
        return writer.text
    }

    /// For people: two spaces a level; what is short stays in one line, but each object of an array has its own. Ends without a line break.
    package var pretty: String {
        var writer = JSONWriter(width: 150)
        writer.writePretty(self, level: 0, isRoot: true)
        return writer.text
    }

    /// How a character is written that may not stand for itself.
    static func escape(_ scalar: UInt32) -> String {
        switch scalar {
        case 0x08: return "\\b"
        case 0x09: return "\\t"
        case 0x0A: return "\\n"
        case 0x0C: return "\\f"
        case 0x0D: return "\\r"
        case 0x22: return "\\\""
        case 0x5C: return "\\\\"
        default:
            let digits = String(scalar, radix: 16)
            return "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        }
    }
}

/// Collects the bytes of a JSON text.
private struct JSONWriter {
    private var bytes: [UInt8] = []
    private let width: Int?

    init(width: Int?) { self.width = width }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private var isSpaced: Bool { width != nil }

    // MARK: One line

    /// Writes it in one line.
    mutating func write(_ value: JSON) { _ = write(value, upTo: .max) }

    /// Writes it in one line, unless the text would then have more than so many bytes.
    private mutating func write(_ value: JSON, upTo end: Int) -> Bool {
        switch value {
        case .null: append("null")
        case .bool(let bool): append(bool ? "true" : "false")
        case .int(let number): append("\(number)")
        case .number(let number): append(number.isFinite ? "\(number)" : "null")
        case .string(let text): write(text)
        case .array(let values):
            bytes.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { append(isSpaced ? ", " : ",") }
                guard write(value, upTo: end) else { return false }
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let fields):
            bytes.append(UInt8(ascii: "{"))
            for (index, field) in fields.all.enumerated() {
                if index > 0 { append(isSpaced ? ", " : ",") }
                write(field.name)
                append(isSpaced ? ": " : ":")
                guard write(field.value, upTo: end) else { return false }
            }
            bytes.append(UInt8(ascii: "}"))
        }
        return bytes.count <= end
    }

    // MARK: Many lines

    mutating func writePretty(_ value: JSON, level: Int, isRoot: Bool) {
        if !isRoot || value.isEmptyOrScalar, !value.hasObjectsInArrays {
            let start = bytes.count
            let room = max(40, (width ?? 0) - 2 * level)
            if write(value, upTo: value.isEmptyOrScalar ? .max : start + room) { return }
            bytes.removeSubrange(start...)
        }
        switch value {
        case .array(let values):
            bytes.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                startLine(level + 1, isFirst: index == 0)
                writePretty(value, level: level + 1, isRoot: false)
            }
            startLine(level, isFirst: true)
            bytes.append(UInt8(ascii: "]"))
        case .object(let fields):
            bytes.append(UInt8(ascii: "{"))
            for (index, field) in fields.all.enumerated() {
                startLine(level + 1, isFirst: index == 0)
                write(field.name)
                append(": ")
                writePretty(field.value, level: level + 1, isRoot: false)
            }
            startLine(level, isFirst: true)
            bytes.append(UInt8(ascii: "}"))
        default: write(value)
        }
    }

    private mutating func startLine(_ level: Int, isFirst: Bool) {
        append(isFirst ? "\n" : ",\n")
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * level))
    }

    // MARK: Strings

    private mutating func write(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
            append(text)
        } else {
            for scalar in text.unicodeScalars {
                if Self.mustEscape(scalar.value) {
                    append(JSON.escape(scalar.value))
                } else {
                    bytes.append(contentsOf: UTF8.encode(scalar).map(Array.init) ?? [])
                }
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// What the grammar forbids, and what would act on a terminal or a page: control characters, line separators, marks that turn the
    /// direction of writing.
    private static func mustEscape(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0..<0x20, 0x22, 0x5C, 0x7F...0x9F, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
        default: false
        }
    }
}

extension JSON {
    fileprivate var isEmptyOrScalar: Bool {
        switch self {
        case .array(let values): values.isEmpty
        case .object(let fields): fields.all.isEmpty
        default: true
        }
    }

    /// Whether an array in it has objects, each of which gets a line.
    fileprivate var hasObjectsInArrays: Bool {
        switch self {
        case .array(let values):
            values.contains {
                if case .object(let fields) = $0 { return !fields.all.isEmpty }
                return $0.hasObjectsInArrays
            }
        case .object(let fields): fields.all.contains { $0.value.hasObjectsInArrays }
        default: false
        }
    }
}
