/// A value to be written as JSON.
package indirect enum JSON: Hashable, Sendable {
    case null
    case bool(Bool)
    case int(Int)
    /// Written so that it reads back as the same; what is not finite becomes null.
    case number(Double)
    case string(String)
    case array([JSON])
    case object(JSONFields)

    /// A whole number; one that needs more than 64 bits becomes the nearest that does not.
    package static func integer(_ value: some BinaryInteger) -> JSON { .int(Int(clamping: value)) }

    /// Null for `nil`.
    package static func string(_ text: String?) -> JSON {
        guard let text else { return .null }
        return JSON.string(text)
    }

    /// Null for `nil`.
    package static func integer(_ value: (some BinaryInteger)?) -> JSON {
        guard let value else { return .null }
        return .int(Int(clamping: value))
    }
}

/// Names and values of an object, in the order in which they are written.
package struct JSONFields: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    package struct Field: Hashable, Sendable {
        package var name: String
        package var value: JSON
    }

    package private(set) var all: [Field]

    package init() { all = [] }
    package init(_ fields: some Sequence<(String, JSON)>) { all = fields.map { Field(name: $0.0, value: $0.1) } }
    package init(dictionaryLiteral elements: (String, JSON)...) { self.init(elements) }

    /// Adds a field at the end. That no name comes twice is up to the writer.
    package mutating func append(_ name: String, _ value: JSON) { all.append(Field(name: name, value: value)) }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByFloatLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    package init(stringLiteral text: String) { self = .string(text) }
    package init(integerLiteral value: Int) { self = .int(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(floatLiteral value: Double) { self = .number(value) }
    package init(nilLiteral: ()) { self = .null }
    package init(arrayLiteral elements: JSON...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JSON)...) { self = .object(JSONFields(elements)) }
}
