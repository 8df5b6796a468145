/// A JSON object (RFC 8259), built in the order in which its members are added.
package struct JSONLine {
    private var members = ""

    package init() {}

    package var line: String { "{" + members + "}" }

    package mutating func add(_ name: String, _ value: String?) {
        guard let value else { return }
        begin(name)
        Self.quote(value, to: &members)
    }

    package mutating func add(_ name: String, _ value: Int?) {
        guard let value else { return }
        begin(name)
        members += String(value)
    }

    package mutating func add(_ name: String, _ value: Bool) {
        begin(name)
        members += value ? "true" : "false"
    }

    package mutating func add(_ name: String, _ values: [String]) {
        begin(name)
        members += "["
        for (index, value) in values.enumerated() {
            if index > 0 { members += "," }
            Self.quote(value, to: &members)
        }
        members += "]"
    }

    package mutating func add(_ name: String, _ objects: [JSONLine]) {
        begin(name)
        members += "[" + objects.map(\.line).joined(separator: ",") + "]"
    }

    package mutating func add(_ name: String, _ object: JSONLine) {
        begin(name)
        members += object.line
    }

    private mutating func begin(_ name: String) {
        if !members.isEmpty { members += "," }
        Self.quote(name, to: &members)
        members += ":"
    }

    private static func quote(_ text: String, to result: inout String) {
        result += "\""
        if text.utf8.allSatisfy({ (0x20...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }) {
            result += text
        } else {
            for scalar in text.unicodeScalars { escape(scalar, to: &result) }
        }
        result += "\""
    }

    private static func escape(_ scalar: Unicode.Scalar, to result: inout String) {
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}":
            let digits = String(scalar.value, radix: 16)
            result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: result.unicodeScalars.append(scalar)
        }
    }
}
