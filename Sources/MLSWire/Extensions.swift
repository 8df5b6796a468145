public import TLSSyntax

/// A list of extensions, in order, no two of one type (RFC 9420 §13.4).
public struct Extensions: MLSStructure {
    public private(set) var types: [ExtensionType] = []
    private var data: [ExtensionType: [UInt8]] = [:]

    public init() {}

    public var isEmpty: Bool { types.isEmpty }

    /// What the extension of this type holds. Setting nil removes it.
    public subscript(type: ExtensionType) -> [UInt8]? {
        get { data[type] }
        set {
            switch (data[type], newValue) {
            case (nil, nil): return
            case (nil, .some): types.append(type)
            case (.some, nil): types.removeAll { $0 == type }
            case (.some, .some): break
            }
            data[type] = newValue
        }
    }

    /// The extension of this type as the structure that it holds; nil if there is none.
    public func value<Value: MLSStructure>(_ type: ExtensionType, as _: Value.Type) throws(SyntaxError) -> Value? {
        guard let bytes = data[type] else { return nil }
        return try Value(decoding: bytes)
    }

    /// - Throws: `SyntaxError.invalidValue` if two are of one type.
    public init(from reader: inout SyntaxReader) throws(SyntaxError) {
        let start = reader.offset
        let pairs = try reader.variableVector(maximumCount: MLSLimits.extensions) {
            (reader) throws(SyntaxError) -> (ExtensionType, [UInt8]) in
            (try ExtensionType(from: &reader), try reader.variableOpaque())
        }
        for (type, content) in pairs {
            guard data.updateValue(content, forKey: type) == nil else {
                throw .invalidValue(offset: start, "two extensions of type \(type)")
            }
            types.append(type)
        }
    }

    public func write(into bytes: inout [UInt8]) {
        bytes.writeVariable(types) { bytes, type in
            bytes.write(type)
            bytes.write(variableOpaque: data[type] ?? [])
        }
    }
}
