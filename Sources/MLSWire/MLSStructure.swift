public import TLSSyntax

/// A value of RFC 9420 that has one form on the wire: reading and writing are inverse to each other.
public protocol MLSStructure: Hashable, Sendable {
    /// Takes the value off the front of what `reader` has left.
    init(from reader: inout SyntaxReader) throws(SyntaxError)
    /// Appends the value to `bytes`.
    func write(into bytes: inout [UInt8])
}

extension MLSStructure {
    /// The value that `bytes` are, all of them: at most ``MLSLimits/messageLength``.
    public init(decoding bytes: [UInt8]) throws(SyntaxError) {
        let allowed = 0...MLSLimits.messageLength
        guard allowed.contains(bytes.count) else {
            throw .lengthOutOfRange(offset: 0, length: bytes.count, allowed: allowed)
        }
        self = try SyntaxReader.read(bytes) { (reader) throws(SyntaxError) in try Self(from: &reader) }
    }

    /// The value on the wire.
    public var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(256)
        write(into: &bytes)
        return bytes
    }
}

extension [UInt8] {
    package mutating func write(_ value: some MLSStructure) {
        value.write(into: &self)
    }

    package mutating func writeVariable(_ values: [some MLSStructure]) {
        writeVariable(values) { $1.write(into: &$0) }
    }
}

extension SyntaxReader {
    package mutating func variableVector<Element: MLSStructure>(
        of _: Element.Type, maximumCount: Int
    ) throws(SyntaxError) -> [Element] {
        try variableVector(maximumCount: maximumCount) { (reader) throws(SyntaxError) in try Element(from: &reader) }
    }
}
