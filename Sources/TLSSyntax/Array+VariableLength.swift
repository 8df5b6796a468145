/// Vectors whose length is itself of variable size, as MLS has them (RFC 9420 §2.1.2).
///
/// A vector of 2^30 bytes or more has no such form. Writing one is a mistake of the program, and stops it:
/// whoever takes sizes from outside checks them against ``SyntaxReader/variableLengthLimit`` before.
extension [UInt8] {
    /// The length in front of a vector, in as few bytes as it needs.
    public mutating func write(variableLength length: Int) {
        switch SyntaxReader.variableLengthSize(length) {
        case 1: write(UInt8(length))
        case 2: write(UInt16(length) | 0x4000)
        default:
            precondition(length <= SyntaxReader.variableLengthLimit, "a vector of 2^30 bytes or more cannot be written")
            write(UInt32(length) | 0x8000_0000)
        }
    }

    /// `opaque x<V>`.
    public mutating func write(variableOpaque bytes: [UInt8]) {
        write(variableLength: bytes.count)
        append(contentsOf: bytes)
    }

    /// `opaque x<V>`.
    public mutating func write(variableOpaque bytes: UnsafeRawBufferPointer) {
        write(variableLength: bytes.count)
        append(contentsOf: bytes)
    }

    /// A structure or vector behind a length of variable size: `body` writes its content.
    public mutating func writeVariable<Failure: Error>(_ body: (inout [UInt8]) throws(Failure) -> Void) throws(Failure)
    {
        let start = count
        append(0)
        try body(&self)
        let length = count - start - 1
        var prefix: [UInt8] = []
        prefix.write(variableLength: length)
        if prefix.count == 1 {
            self[start] = prefix[0]
        } else {
            replaceSubrange(start..<start + 1, with: prefix)
        }
    }

    /// `T x<V>`.
    public mutating func writeVariable<Item>(
        _ elements: some Sequence<Item>, _ body: (inout [UInt8], Item) -> Void
    ) {
        writeVariable { bytes in
            for element in elements { body(&bytes, element) }
        }
    }

    /// `optional<T>` (RFC 9420 §2.1.1).
    public mutating func writeOptional<Value>(_ value: Value?, _ body: (inout [UInt8], Value) -> Void) {
        guard let value else { return append(0) }
        append(1)
        body(&self, value)
    }
}
