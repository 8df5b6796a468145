/// Writes JSON (RFC 8259) into one buffer of bytes that is used again and again: a line for every record must cost little.
///
/// Names of members are fixed texts of ours and need no escapes.
package struct JSONWriter {
    package private(set) var bytes: [UInt8] = []
    private var needsComma = false

    package init() {}

    /// The bytes so far; the buffer keeps its room.
    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        needsComma = false
    }

    /// The text of it all.
    package var text: String { String(decoding: bytes, as: UTF8.self) }

    // MARK: Structure

    package mutating func beginObject() {
        comma()
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
    }

    package mutating func endObject() {
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    package mutating func beginArray() {
        comma()
        bytes.append(UInt8(ascii: "["))
        needsComma = false
    }

    package mutating func endArray() {
        bytes.append(UInt8(ascii: "]"))
        needsComma = true
    }

    /// Ends a line of JSON lines.
    package mutating func endLine() {
        bytes.append(UInt8(ascii: "\n"))
        needsComma = false
    }

    package mutating func name(_ name: StaticString) {
        comma()
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    private mutating func comma() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = false
    }

    /// Members that were written before by another writer, without their braces.
    package mutating func members(_ other: [UInt8]) {
        guard !other.isEmpty else { return }
        comma()
        bytes.append(contentsOf: other)
        needsComma = true
    }

    // MARK: Members

    package mutating func add(_ name: StaticString, _ value: Int?) {
        guard let value else { return }
        self.name(name)
        self.value(value)
    }

    /// A member whose name is not known before.
    package mutating func add(named name: String, _ value: Int) {
        self.value(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
        self.value(value)
    }

    package mutating func add(_ name: StaticString, _ value: Bool) {
        self.name(name)
        self.value(value)
    }

    package mutating func add(_ name: StaticString, _ value: String?) {
        guard let value else { return }
        self.name(name)
        self.value(value)
    }

    /// Text as somebody sent it: UTF-8, or else every byte above 127 as the character of that number.
    package mutating func add(_ name: StaticString, wire value: [UInt8]?) {
        guard let value else { return }
        self.name(name)
        self.value(wire: value)
    }

    package mutating func add(_ name: StaticString, _ values: [String]) {
        array(name, values) { $0.value($1) }
    }

    /// An array of what `write` writes for every element.
    package mutating func array<Element>(
        _ name: StaticString, _ elements: some Sequence<Element>, _ write: (inout JSONWriter, Element) -> Void
    ) {
        self.name(name)
        beginArray()
        for element in elements { write(&self, element) }
        endArray()
    }

    package mutating func object(_ name: StaticString, _ write: (inout JSONWriter) -> Void) {
        self.name(name)
        beginObject()
        write(&self)
        endObject()
    }

    // MARK: Values

    package mutating func value(_ value: Int) {
        comma()
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        bytes.appendDecimal(UInt64(value.magnitude))
        needsComma = true
    }

    package mutating func value(_ value: Bool) {
        comma()
        bytes.append(contentsOf: value ? Self.yes : Self.no)
        needsComma = true
    }

    private static let yes = Array("true".utf8)
    private static let no = Array("false".utf8)

    package mutating func value(_ value: String) {
        comma()
        bytes.append(UInt8(ascii: "\""))
        Self.escape(value, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    package mutating func value(wire value: [UInt8]) {
        if let text = String(validating: value, as: UTF8.self) {
            self.value(text)
        } else {
            var text = ""
            for byte in value { text.unicodeScalars.append(Unicode.Scalar(byte)) }
            self.value(text)
        }
    }

    /// A number between 0 and 1 that was rounded to thousandths: `0.97`.
    package mutating func add(_ name: StaticString, share: Double) {
        let thousandths = share.isFinite ? Int((min(max(share, 0), 1) * 1_000).rounded()) : 0
        self.name(name)
        comma()
        bytes.appendDecimal(UInt64(thousandths / 1_000))
        bytes.append(UInt8(ascii: "."))
        var digits = 3
        var rest = thousandths % 1_000
        while digits > 1, rest % 10 == 0 {
            rest /= 10
            digits -= 1
        }
        bytes.appendDecimal(UInt64(rest), digits: digits)
        needsComma = true
    }

    /// Nanoseconds as seconds: `1700000000.123456789`.
    package mutating func add(_ name: StaticString, nanoseconds: Int64) {
        self.name(name)
        bytes.appendSeconds(nanoseconds)
        needsComma = true
    }

    /// Four hexadecimal digits as a text: `"0304"`.
    package mutating func value(hexadecimal: UInt16) {
        comma()
        bytes.append(UInt8(ascii: "\""))
        bytes.appendHexadecimal(hexadecimal)
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    package mutating func add(_ name: StaticString, hexadecimal: UInt16) {
        self.name(name)
        value(hexadecimal: hexadecimal)
    }

    // MARK: Escapes

    /// What would end a text is escaped, and so is what a terminal would obey.
    static func escape(_ text: String, to bytes: inout [UInt8]) {
        let isPlain: Bool? = text.utf8.withContiguousStorageIfAvailable { utf8 in
            guard utf8.allSatisfy({ $0 >= 0x20 && $0 <= 0x7E && $0 != 0x22 && $0 != 0x5C }) else { return false }
            bytes.append(contentsOf: utf8)
            return true
        }
        guard isPlain != true else { return }
        for scalar in text.unicodeScalars { escape(scalar, to: &bytes) }
    }

    private static func escape(_ scalar: Unicode.Scalar, to bytes: inout [UInt8]) {
        switch scalar.value {
        case 0x22, 0x5C:
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(UInt8(scalar.value))
        case 0...0x1F, 0x7F...0x9F, 0xAD, 0x61C, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF,
            0xFFF9...0xFFFB:
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(UInt8(ascii: "u"))
            bytes.appendHexadecimal(UInt16(scalar.value))
        default: bytes.append(contentsOf: Array(String(Character(scalar)).utf8))
        }
    }
}

extension [UInt8] {
    /// - Parameter digits: the fewest, filled up with zeros.
    mutating func appendDecimal(_ value: UInt64, digits: Int = 1) {
        var rest = value
        let start = count
        var written = 0
        repeat {
            append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
            written += 1
        } while rest > 0 || written < digits
        self[start...].reverse()
    }

    mutating func appendHexadecimal(_ value: UInt16) {
        for shift in [12, 8, 4, 0] as [UInt16] { append(Self.digit(UInt8(value >> shift & 0xF))) }
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }

    mutating func appendSeconds(_ nanoseconds: Int64) {
        if nanoseconds < 0 { append(UInt8(ascii: "-")) }
        let magnitude = nanoseconds.magnitude
        appendDecimal(magnitude / 1_000_000_000)
        append(UInt8(ascii: "."))
        appendDecimal(magnitude % 1_000_000_000, digits: 9)
    }
}
