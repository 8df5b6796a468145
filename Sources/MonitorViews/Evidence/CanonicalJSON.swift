/// A JSON value (RFC 8259) that has one form in bytes: that of RFC 8785, of texts, whole numbers, truths, lists and objects alone.
///
/// Members are sorted by their names, nothing stands between what belongs together, and nothing is escaped but what must be. So two
/// that mean the same are the same bytes, and a signature over the bytes is one over the meaning.
package indirect enum CanonicalJSON: Hashable, Sendable {
    case text(String)
    /// Within ±(2^53 - 1), which every reader of JSON keeps exactly.
    case number(Int)
    case truth(Bool)
    case list([CanonicalJSON])
    /// Each name once.
    case object([String: CanonicalJSON])

    package static let largest = 9_007_199_254_740_991

    // MARK: Writing

    package var bytes: [UInt8] {
        var result: [UInt8] = []
        write(to: &result)
        return result
    }

    private func write(to result: inout [UInt8]) {
        switch self {
        case .text(let text): Self.quote(text, to: &result)
        case .number(let number):
            result += Array(String(min(max(number, -Self.largest), Self.largest)).utf8)
        case .truth(let value): result += Array((value ? "true" : "false").utf8)
        case .list(let values):
            result.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { result.append(UInt8(ascii: ",")) }
                value.write(to: &result)
            }
            result.append(UInt8(ascii: "]"))
        case .object(let members):
            result.append(UInt8(ascii: "{"))
            let sorted = members.sorted { $0.key.utf16.lexicographicallyPrecedes($1.key.utf16) }
            for (index, member) in sorted.enumerated() {
                if index > 0 { result.append(UInt8(ascii: ",")) }
                Self.quote(member.key, to: &result)
                result.append(UInt8(ascii: ":"))
                member.value.write(to: &result)
            }
            result.append(UInt8(ascii: "}"))
        }
    }

    /// RFC 8785 §3.2.2.2
    private static func quote(_ text: String, to result: inout [UInt8]) {
        result.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): result += [UInt8(ascii: "\\"), byte]
            case 0x08: result += Array("\\b".utf8)
            case 0x09: result += Array("\\t".utf8)
            case 0x0A: result += Array("\\n".utf8)
            case 0x0C: result += Array("\\f".utf8)
            case 0x0D: result += Array("\\r".utf8)
            case ..<0x20: result += Array(((byte < 16 ? "\\u000" : "\\u00") + String(byte, radix: 16)).utf8)
            default: result.append(byte)
            }
        }
        result.append(UInt8(ascii: "\""))
    }

    // MARK: Access

    package subscript(_ name: String) -> CanonicalJSON? {
        if case .object(let members) = self { members[name] } else { nil }
    }

    package var text: String? { if case .text(let text) = self { text } else { nil } }
    package var number: Int? { if case .number(let number) = self { number } else { nil } }
    package var list: [CanonicalJSON]? { if case .list(let list) = self { list } else { nil } }

    // MARK: Reading

    /// - Returns: `nil` for anything but the one form of a value.
    package init?(_ bytes: [UInt8]) {
        var reader = CanonicalReader(bytes)
        guard let value = reader.value(depth: 0), reader.isAtEnd, value.bytes == bytes else { return nil }
        self = value
    }
}

/// Reads what ``CanonicalJSON`` writes, and a little more, which the comparison with what it would write refuses.
private struct CanonicalReader {
    private let bytes: [UInt8]
    private var place = 0
    private static let deepest = 16

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { place == bytes.count }

    private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        place += 1
        return true
    }

    private mutating func take(_ word: String) -> Bool {
        guard bytes[place...].starts(with: word.utf8) else { return false }
        place += word.utf8.count
        return true
    }

    mutating func value(depth: Int) -> CanonicalJSON? {
        guard depth < Self.deepest, let next else { return nil }
        switch next {
        case UInt8(ascii: "{"): return object(depth: depth)
        case UInt8(ascii: "["): return list(depth: depth)
        case UInt8(ascii: "\""): return text().map { .text($0) }
        case UInt8(ascii: "t"): return take("true") ? .truth(true) : nil
        case UInt8(ascii: "f"): return take("false") ? .truth(false) : nil
        default: return number()
        }
    }

    private mutating func object(depth: Int) -> CanonicalJSON? {
        var members: [String: CanonicalJSON] = [:]
        guard take(UInt8(ascii: "{")) else { return nil }
        if take(UInt8(ascii: "}")) { return .object(members) }
        repeat {
            guard let name = text(), take(UInt8(ascii: ":")), let value = value(depth: depth + 1),
                members.updateValue(value, forKey: name) == nil
            else { return nil }
        } while take(UInt8(ascii: ","))
        return take(UInt8(ascii: "}")) ? .object(members) : nil
    }

    private mutating func list(depth: Int) -> CanonicalJSON? {
        var values: [CanonicalJSON] = []
        guard take(UInt8(ascii: "[")) else { return nil }
        if take(UInt8(ascii: "]")) { return .list(values) }
        repeat {
            guard let value = value(depth: depth + 1) else { return nil }
            values.append(value)
        } while take(UInt8(ascii: ","))
        return take(UInt8(ascii: "]")) ? .list(values) : nil
    }

    private mutating func number() -> CanonicalJSON? {
        var digits = ""
        while let next, digits.count <= 17, next == UInt8(ascii: "-") || (0x30...0x39).contains(next) {
            digits.unicodeScalars.append(Unicode.Scalar(next))
            place += 1
        }
        guard let number = Int(digits), number.magnitude <= UInt(CanonicalJSON.largest) else { return nil }
        return .number(number)
    }

    private mutating func text() -> String? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        var content: [UInt8] = []
        while let byte = next, byte != UInt8(ascii: "\"") {
            place += 1
            guard byte >= 0x20 else { return nil }
            guard byte == UInt8(ascii: "\\") else {
                content.append(byte)
                continue
            }
            guard let escaped = escaped() else { return nil }
            content.append(escaped)
        }
        guard take(UInt8(ascii: "\"")) else { return nil }
        return String(validating: content, as: UTF8.self)
    }

    /// Only ASCII is ever escaped.
    private mutating func escaped() -> UInt8? {
        guard let next else { return nil }
        place += 1
        switch next {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): return next
        case UInt8(ascii: "b"): return 0x08
        case UInt8(ascii: "t"): return 0x09
        case UInt8(ascii: "n"): return 0x0A
        case UInt8(ascii: "f"): return 0x0C
        case UInt8(ascii: "r"): return 0x0D
        case UInt8(ascii: "u"):
            guard place + 4 <= bytes.count,
                let digits = String(validating: bytes[place..<place + 4], as: UTF8.self),
                let code = UInt8(digits, radix: 16)
            else { return nil }
            place += 4
            return code < 0x20 ? code : nil
        default: return nil
        }
    }
}
