/// Fields of a line, with a separator between them and commas between several values of one, as tshark writes them.
///
/// What would end a field or bend a terminal is escaped as tshark does: `\t`, `\n`, `\\`, `\x1b`.
struct FieldText {
    private(set) var bytes: [UInt8] = []
    private var hasValue = false

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        hasValue = false
    }

    mutating func next(_ separator: UInt8) {
        bytes.append(separator)
        hasValue = false
    }

    mutating func endLine() {
        bytes.append(UInt8(ascii: "\n"))
        hasValue = false
    }

    private mutating func begin() {
        if hasValue { bytes.append(UInt8(ascii: ",")) }
        hasValue = true
    }

    mutating func add(_ value: Int?) {
        guard let value else { return }
        begin()
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        bytes.appendDecimal(UInt64(value.magnitude))
    }

    mutating func add(nanoseconds: Int64) {
        begin()
        bytes.appendSeconds(nanoseconds)
    }

    /// `0304`, or `0x0304`.
    mutating func add(hexadecimal: UInt16?, prefix: Bool = false) {
        guard let hexadecimal else { return }
        begin()
        if prefix { bytes.append(contentsOf: Self.prefix) }
        bytes.appendHexadecimal(hexadecimal)
    }

    private static let prefix = Array("0x".utf8)

    mutating func add(_ value: Bool) { add(value ? "true" : "false") }

    mutating func add(_ text: String?) {
        guard let text else { return }
        begin()
        for scalar in text.unicodeScalars { escape(scalar) }
    }

    /// Text as somebody sent it; what is no UTF-8 is escaped.
    mutating func add(wire value: [UInt8]?) {
        guard let value else { return }
        if let text = String(validating: value, as: UTF8.self) { return add(text) }
        begin()
        for byte in value {
            if byte < 0x80 { escape(Unicode.Scalar(byte)) } else { escape(byte) }
        }
    }

    /// Two digits for every byte.
    mutating func add(digits value: [UInt8]) {
        guard !value.isEmpty else { return }
        begin()
        for byte in value { hexadecimal(byte) }
    }

    private mutating func escape(_ scalar: Unicode.Scalar) {
        switch scalar.value {
        case 0x09: bytes.append(contentsOf: Array(#"\t"#.utf8))
        case 0x0A: bytes.append(contentsOf: Array(#"\n"#.utf8))
        case 0x0D: bytes.append(contentsOf: Array(#"\r"#.utf8))
        case 0x5C: bytes.append(contentsOf: Array(#"\\"#.utf8))
        case 0...0x1F, 0x7F...0x9F: escape(UInt8(scalar.value))
        case 0x20...0x7E: bytes.append(UInt8(scalar.value))
        case 0xAD, 0x61C, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF, 0xFFF9...0xFFFB:
            bytes.append(contentsOf: Array(#"\u"#.utf8))
            bytes.appendHexadecimal(UInt16(scalar.value))
        default: bytes.append(contentsOf: Array(String(Character(scalar)).utf8))
        }
    }

    private mutating func escape(_ byte: UInt8) {
        bytes.append(contentsOf: Array(#"\x"#.utf8))
        hexadecimal(byte)
    }

    private mutating func hexadecimal(_ byte: UInt8) {
        for digit in [byte >> 4, byte & 0xF] { bytes.append(digit < 10 ? 0x30 + digit : 0x57 + digit) }
    }
}
