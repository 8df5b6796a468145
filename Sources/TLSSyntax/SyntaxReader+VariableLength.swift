/// Vectors whose length is itself of variable size, as MLS has them (RFC 9420 §2.1.2).
extension SyntaxReader {
    /// The longest vector that such a length can announce: 2^30 − 1 bytes.
    public static let variableLengthLimit = 1 << 30 - 1

    /// A vector's length: two bits tell how many bytes it takes (1, 2 or 4), the others are the number.
    /// - Throws: ``SyntaxError/invalidValue(offset:_:)`` for the reserved prefix `11`, or if fewer bytes would have done.
    public mutating func variableLength() throws(SyntaxError) -> Int {
        let start = offset
        let first = try uint8()
        let width = 1 << Int(first >> 6)
        guard width <= 4 else { throw .invalidValue(offset: start, "vector length with the reserved prefix 11") }
        let rest = try unsigned(width: width - 1)
        let length = Int(first & 0x3F) << (8 * (width - 1)) | Int(rest)
        guard width == Self.variableLengthSize(length) else {
            throw .invalidValue(offset: start, "vector length in more bytes than it needs")
        }
        return length
    }

    /// How many bytes the length of a vector of `length` bytes takes: 1, 2 or 4.
    public static func variableLengthSize(_ length: Int) -> Int {
        length < 1 << 6 ? 1 : length < 1 << 14 ? 2 : 4
    }

    /// `opaque x<V>`: where its content lies in the input.
    public mutating func variableOpaqueRange(
        _ allowed: ClosedRange<Int> = 0...variableLengthLimit
    ) throws(SyntaxError) -> Range<Int> {
        let start = offset
        let length = try variableLength()
        guard allowed.contains(length) else {
            throw .lengthOutOfRange(offset: start, length: length, allowed: allowed)
        }
        return try range(length)
    }

    /// `opaque x<V>`, copied. Nothing is allocated for bytes that are not there.
    public mutating func variableOpaque(
        _ allowed: ClosedRange<Int> = 0...variableLengthLimit
    ) throws(SyntaxError) -> [UInt8] {
        let taken = try variableOpaqueRange(allowed)
        return [UInt8](UnsafeRawBufferPointer(rebasing: bytes[taken]))
    }

    /// A structure behind a length of variable size: `body` must use all of it.
    public mutating func variableNested<Value>(
        _ allowed: ClosedRange<Int> = 0...variableLengthLimit,
        _ body: (inout SyntaxReader) throws(SyntaxError) -> Value
    ) throws(SyntaxError) -> Value {
        let content = try variableOpaqueRange(allowed)
        var inner = SyntaxReader(bytes: bytes, offset: content.lowerBound, end: content.upperBound)
        let value = try body(&inner)
        try inner.finish()
        return value
    }

    /// `T x<V>`, of at most `maximumCount` elements. Each costs at least one byte of input.
    public mutating func variableVector<Element>(
        maximumCount: Int, of element: (inout SyntaxReader) throws(SyntaxError) -> Element
    ) throws(SyntaxError) -> [Element] {
        let start = offset
        return try variableNested { (inner) throws(SyntaxError) in
            var elements: [Element] = []
            while !inner.isAtEnd {
                guard elements.count < maximumCount else {
                    throw .lengthOutOfRange(offset: start, length: elements.count + 1, allowed: 0...maximumCount)
                }
                let before = inner.offset
                elements.append(try element(&inner))
                if inner.offset == before { throw .trailingBytes(offset: before, count: inner.remaining) }
            }
            return elements
        }
    }

    /// `optional<T>` (RFC 9420 §2.1.1): one byte, 0 or 1, and then the value if it is 1.
    public mutating func optional<Value>(
        _ body: (inout SyntaxReader) throws(SyntaxError) -> Value
    ) throws(SyntaxError) -> Value? {
        let start = offset
        switch try uint8() {
        case 0: return nil
        case 1: return try body(&self)
        default: throw .invalidValue(offset: start, "presence octet that is neither 0 nor 1")
        }
    }
}
