/// Goes through a JSON text once, from its first byte to its last.
struct JSONParser {
    private let bytes: [UInt8]
    private let limit: JSONLimits
    private var position = 0
    private var line: Int
    /// Where the present line begins, and how many of its bytes up to ``position`` continue a character.
    private var lineStart = 0
    private var continuations = 0
    private var values = 0

    init(_ bytes: [UInt8], limit: JSONLimits, line: Int) {
        self.bytes = bytes
        self.limit = limit
        self.line = line
    }

    /// The one value of the text.
    mutating func document() throws(JSONTextError) -> JSONNode {
        guard bytes.count <= limit.bytes else { throw error(.tooLong(limit.bytes)) }
        guard !bytes.starts(with: [0xEF, 0xBB, 0xBF]) else { throw error(.byteOrderMark) }
        skipSpace()
        let node = try value(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw expected("the end of the text") }
        return node
    }

    // MARK: Places

    private var column: Int { position - lineStart - continuations + 1 }

    private func error(_ kind: JSONTextError.Kind) -> JSONTextError {
        JSONTextError(kind, line: line, column: column)
    }

    /// Something else is here; two mistakes that people make have errors of their own.
    private func expected(_ what: String) -> JSONTextError {
        next == UInt8(ascii: "/") || next == UInt8(ascii: "#") ? error(.remark) : error(.expected(what))
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): position += 1
            case UInt8(ascii: "\n"):
                position += 1
                line += 1
                lineStart = position
                continuations = 0
            default: return
            }
        }
    }

    // MARK: Values

    private mutating func value(depth: Int) throws(JSONTextError) -> JSONNode {
        let (line, column) = (line, column)
        values += 1
        guard values <= limit.values else { throw error(.tooMany(limit.values)) }
        let value: JSONValue
        switch next {
        case UInt8(ascii: "\""): value = .string(try string())
        case UInt8(ascii: "{"): value = .object(try object(depth: depth))
        case UInt8(ascii: "["): value = .array(try array(depth: depth))
        case UInt8(ascii: "t"): value = try word("true", .bool(true))
        case UInt8(ascii: "f"): value = try word("false", .bool(false))
        case UInt8(ascii: "n"): value = try word("null", .null)
        case .some(let byte) where byte == UInt8(ascii: "-") || isDigit(byte): value = .number(try number())
        default: throw expected("a value")
        }
        return JSONNode(value, line: line, column: column)
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(JSONTextError) -> JSONValue {
        let end = position + word.utf8CodeUnitCount
        let isThere =
            end <= bytes.count
            && word.withUTF8Buffer { text in text.indices.allSatisfy { bytes[position + $0] == text[$0] } }
        guard isThere else { throw expected("a value (\(word)?)") }
        position = end
        return value
    }

    private mutating func array(depth: Int) throws(JSONTextError) -> [JSONNode] {
        guard depth < limit.depth else { throw error(.tooDeep(limit.depth)) }
        position += 1
        skipSpace()
        var nodes: [JSONNode] = []
        if next == UInt8(ascii: "]") {
            position += 1
            return nodes
        }
        while true {
            nodes.append(try value(depth: depth + 1))
            if try isLast(UInt8(ascii: "]"), "a comma or ]") { return nodes }
        }
    }

    private mutating func object(depth: Int) throws(JSONTextError) -> [JSONMember] {
        guard depth < limit.depth else { throw error(.tooDeep(limit.depth)) }
        position += 1
        skipSpace()
        var members: [JSONMember] = []
        var lines: [String: Int] = [:]
        if next == UInt8(ascii: "}") {
            position += 1
            return members
        }
        while true {
            guard next == UInt8(ascii: "\"") else { throw expected("a name in quotation marks") }
            let (nameLine, nameColumn) = (line, column)
            let name = try string()
            if let first = Self.first(name, in: members, &lines, line: nameLine) {
                throw JSONTextError(.duplicateName(name, line: first), line: nameLine, column: nameColumn)
            }
            skipSpace()
            guard next == UInt8(ascii: ":") else { throw expected("a colon") }
            position += 1
            skipSpace()
            let value = try value(depth: depth + 1)
            members.append(JSONMember(name: name, nameLine: nameLine, nameColumn: nameColumn, value: value))
            if try isLast(UInt8(ascii: "}"), "a comma or }") { return members }
        }
    }

    /// Goes over a comma, or over the closing bracket, with the white space around.
    private mutating func isLast(_ bracket: UInt8, _ expected: String) throws(JSONTextError) -> Bool {
        skipSpace()
        switch next {
        case bracket:
            position += 1
            return true
        case UInt8(ascii: ","):
            position += 1
            skipSpace()
            if next == bracket { throw error(.commaAtEnd) }
            return false
        default: throw self.expected(expected)
        }
    }

    /// The line in which the object already has the name. Small objects are searched; `lines` has the names of large ones.
    private static func first(
        _ name: String, in members: [JSONMember], _ lines: inout [String: Int], line: Int
    ) -> Int? {
        guard members.count >= 12 else { return members.first { $0.name == name }?.nameLine }
        if lines.isEmpty { lines = Dictionary(members.map { ($0.name, $0.nameLine) }) { one, _ in one } }
        return lines.updateValue(line, forKey: name)
    }

    // MARK: Numbers

    private mutating func number() throws(JSONTextError) -> String {
        let start = position
        if next == UInt8(ascii: "-") { position += 1 }
        if next == UInt8(ascii: "0") {
            position += 1
            if let next, isDigit(next) {
                position = start
                throw error(.leadingZero)
            }
        } else {
            try digits()
        }
        if next == UInt8(ascii: ".") {
            position += 1
            try digits()
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            position += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
        return text(from: start)
    }

    private mutating func digits() throws(JSONTextError) {
        guard let next, isDigit(next) else { throw expected("a digit") }
        while position < bytes.count, isDigit(bytes[position]) { position += 1 }
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    // MARK: Strings

    /// What lies from `start` to here, which is known to be UTF-8.
    private func text(from start: Int) -> String { String(decoding: bytes[start..<position], as: UTF8.self) }

    private mutating func string() throws(JSONTextError) -> String {
        position += 1
        var result = ""
        var start = position
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                let rest = text(from: start)
                position += 1
                return result.isEmpty ? rest : result + rest
            case UInt8(ascii: "\\"):
                result += text(from: start)
                result.unicodeScalars.append(try escape())
                start = position
            case 0..<0x20: throw error(.controlCharacter(byte))
            case 0x20..<0x80: position += 1
            default:
                guard let length = UTF8Scalar.length(in: bytes, at: position) else { throw error(.notUTF8) }
                position += length
                continuations += length - 1
            }
        }
        throw expected("a quotation mark at the end of the string")
    }

    private mutating func escape() throws(JSONTextError) -> Unicode.Scalar {
        guard position + 1 < bytes.count else { throw error(.badEscape) }
        let scalar: Unicode.Scalar
        switch bytes[position + 1] {
        case UInt8(ascii: "\""): scalar = "\""
        case UInt8(ascii: "\\"): scalar = "\\"
        case UInt8(ascii: "/"): scalar = "/"
        case UInt8(ascii: "b"): scalar = "\u{8}"
        case UInt8(ascii: "f"): scalar = "\u{C}"
        case UInt8(ascii: "n"): scalar = "\n"
        case UInt8(ascii: "r"): scalar = "\r"
        case UInt8(ascii: "t"): scalar = "\t"
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw error(.badEscape)
        }
        position += 2
        return scalar
    }

    /// `\u` and four digits; two of them for what lies above U+FFFF (RFC 8259 §7).
    private mutating func unicodeEscape() throws(JSONTextError) -> Unicode.Scalar {
        guard let first = hexadecimal(at: position) else { throw error(.badEscape) }
        if let scalar = Unicode.Scalar(first) {
            position += 6
            return scalar
        }
        guard first < 0xDC00, let second = hexadecimal(at: position + 6), (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw error(.loneSurrogate) }
        position += 12
        return scalar
    }

    /// The number in `\u` and four digits there.
    private func hexadecimal(at index: Int) -> UInt32? {
        guard index + 6 <= bytes.count, bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "u")
        else { return nil }
        var value: UInt32 = 0
        for byte in bytes[index + 2..<index + 6] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else { return nil }
            value = value << 4 | UInt32(digit)
        }
        return value
    }
}
