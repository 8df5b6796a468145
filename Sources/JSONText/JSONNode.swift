/// A value in a JSON text, and where it begins.
package struct JSONNode: Hashable, Sendable {
    package let value: JSONValue
    /// From 1.
    package let line: Int
    /// From 1, in Unicode scalars.
    package let column: Int

    package init(_ value: JSONValue, line: Int, column: Int) {
        self.value = value
        self.line = line
        self.column = column
    }

    /// Reads a whole text (RFC 8259, UTF-8 without a byte order mark) that holds one value, and nothing behind it but white space.
    /// - Parameter line: the number of the first line, for one that comes out of a larger text.
    /// - Throws: ``JSONTextError`` for what breaks the grammar, for a name that an object has twice, and past the limits.
    package init(
        parsing bytes: some Sequence<UInt8>, limit: JSONLimits = JSONLimits(), line: Int = 1
    ) throws(JSONTextError) {
        var parser = JSONParser(Array(bytes), limit: limit, line: line)
        self = try parser.document()
    }

    /// Reads a whole text; see ``init(parsing:limit:line:)``.
    package init(parsing text: String, limit: JSONLimits = JSONLimits(), line: Int = 1) throws(JSONTextError) {
        try self.init(parsing: text.utf8, limit: limit, line: line)
    }
}

/// What a value is.
package enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    /// As it is written, so that nothing is rounded.
    case number(String)
    case string(String)
    case array([JSONNode])
    /// In the order of the text; no name is there twice.
    case object([JSONMember])
}

/// A name and its value in an object.
package struct JSONMember: Hashable, Sendable {
    package let name: String
    package let nameLine: Int
    package let nameColumn: Int
    package let value: JSONNode

    package init(name: String, nameLine: Int, nameColumn: Int, value: JSONNode) {
        self.name = name
        self.nameLine = nameLine
        self.nameColumn = nameColumn
        self.value = value
    }
}

/// How much a text may be.
package struct JSONLimits: Hashable, Sendable {
    package var bytes: Int
    /// Arrays and objects within each other, `1...512`: readers call themselves for each.
    package var depth: Int
    /// Values, as a short text can hold many and each takes some 64 bytes.
    package var values: Int

    package init(bytes: Int = 8 << 20, depth: Int = 32, values: Int = 1 << 20) {
        self.bytes = max(0, bytes)
        self.depth = max(1, min(depth, 512))
        self.values = max(1, values)
    }
}

extension JSONNode {
    /// The member of that name; `nil` if there is none, and for what is no object.
    package subscript(name: String) -> JSONNode? {
        members?.first { $0.name == name }?.value
    }

    package var isNull: Bool { value == .null }

    package var bool: Bool? {
        guard case .bool(let bool) = value else { return nil }
        return bool
    }

    package var string: String? {
        guard case .string(let text) = value else { return nil }
        return text
    }

    /// `nil` for what is no number, has a fraction or an exponent, or needs more than 64 bits.
    package var int: Int? {
        guard case .number(let text) = value else { return nil }
        return Int(text)
    }

    /// The nearest number of 64 bits; `nil` for what is no number, and for one that is too large.
    package var double: Double? {
        guard case .number(let text) = value, let number = Double(text), number.isFinite else { return nil }
        return number
    }

    package var array: [JSONNode]? {
        guard case .array(let nodes) = value else { return nil }
        return nodes
    }

    package var members: [JSONMember]? {
        guard case .object(let members) = value else { return nil }
        return members
    }

    /// What it is, for a message: `a string`, `an object`.
    package var kind: String {
        switch value {
        case .null: "null"
        case .bool(let bool): "\(bool)"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
