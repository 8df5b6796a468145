/// Reads values of the TLS presentation language (RFC 8446 §3) from borrowed bytes, without copying them.
///
/// A reader lives only inside ``read(_:_:)``: it cannot be copied, so it cannot outlive the bytes.
/// Every method throws instead of trapping, and checks sizes before it takes anything.
public struct SyntaxReader: ~Copyable {
    @usableFromInline let bytes: UnsafeRawBufferPointer
    /// Where the next value starts, counted from the start of the whole input.
    public private(set) var offset: Int
    @usableFromInline let end: Int

    init(bytes: UnsafeRawBufferPointer, offset: Int, end: Int) {
        self.bytes = bytes
        self.offset = offset
        self.end = end
    }

    /// Bytes that are left.
    public var remaining: Int { end - offset }

    public var isAtEnd: Bool { offset == end }

    /// Parses `bytes` with `body`, which must use all of them.
    /// - Throws: what `body` throws; ``SyntaxError/trailingBytes(offset:count:)`` if it leaves some.
    public static func read<Value>(
        _ bytes: UnsafeRawBufferPointer, _ body: (inout SyntaxReader) throws(SyntaxError) -> Value
    ) throws(SyntaxError) -> Value {
        var reader = SyntaxReader(bytes: bytes, offset: 0, end: bytes.count)
        let value = try body(&reader)
        try reader.finish()
        return value
    }

    /// Parses an array of bytes with `body`, which must use all of them.
    public static func read<Value>(
        _ bytes: [UInt8], _ body: (inout SyntaxReader) throws(SyntaxError) -> Value
    ) throws(SyntaxError) -> Value {
        try bytes.withUnsafeBufferPointer { (pointer) throws(SyntaxError) -> Value in
            try read(UnsafeRawBufferPointer(pointer), body)
        }
    }

    /// - Throws: ``SyntaxError/trailingBytes(offset:count:)`` unless all was read.
    public func finish() throws(SyntaxError) {
        if !isAtEnd { throw .trailingBytes(offset: offset, count: remaining) }
    }

    // MARK: Numbers, big-endian (§3.3)

    public mutating func uint8() throws(SyntaxError) -> UInt8 {
        let start = try take(1)
        return bytes[start]
    }

    public mutating func uint16() throws(SyntaxError) -> UInt16 {
        UInt16(truncatingIfNeeded: try unsigned(width: 2))
    }

    public mutating func uint24() throws(SyntaxError) -> UInt32 {
        UInt32(truncatingIfNeeded: try unsigned(width: 3))
    }

    public mutating func uint32() throws(SyntaxError) -> UInt32 {
        UInt32(truncatingIfNeeded: try unsigned(width: 4))
    }

    public mutating func uint64() throws(SyntaxError) -> UInt64 {
        try unsigned(width: 8)
    }

    /// A number of `width` bytes, `0...8`.
    mutating func unsigned(width: Int) throws(SyntaxError) -> UInt64 {
        let start = try take(width)
        var value: UInt64 = 0
        for index in start..<start + width {
            value = value << 8 | UInt64(bytes[index])
        }
        return value
    }

    // MARK: Bytes

    /// Takes `count` bytes and answers where they lie in the input: for a caller that slices its own storage.
    public mutating func range(_ count: Int) throws(SyntaxError) -> Range<Int> {
        let start = try take(count)
        return start..<start + count
    }

    /// `opaque x[count]`.
    public mutating func opaque(_ count: Int) throws(SyntaxError) -> [UInt8] {
        let taken = try range(count)
        return [UInt8](UnsafeRawBufferPointer(rebasing: bytes[taken]))
    }

    /// `opaque x<allowed>`: where its content lies in the input.
    public mutating func opaqueRange(
        lengthBytes: Int, _ allowed: ClosedRange<Int>
    ) throws(SyntaxError) -> Range<Int> {
        try range(try length(lengthBytes: lengthBytes, allowed))
    }

    /// `opaque x<allowed>`, copied.
    public mutating func opaque(lengthBytes: Int, _ allowed: ClosedRange<Int>) throws(SyntaxError) -> [UInt8] {
        try opaque(try length(lengthBytes: lengthBytes, allowed))
    }

    /// `opaque x<allowed>` read as text.
    /// - Throws: ``SyntaxError/invalidValue(offset:_:)`` if it is not UTF-8.
    public mutating func text(lengthBytes: Int, _ allowed: ClosedRange<Int>) throws(SyntaxError) -> String {
        let start = offset
        let taken = try opaqueRange(lengthBytes: lengthBytes, allowed)
        guard let text = String(validating: UnsafeRawBufferPointer(rebasing: bytes[taken]), as: UTF8.self) else {
            throw .invalidValue(offset: start, "text that is not UTF-8")
        }
        return text
    }

    // MARK: Vectors (§3.4)

    /// `T x<allowed>`: `element` is called until the vector's bytes are used up.
    /// Whatever `element` keeps costs at least one byte of input each, so a vector cannot ask for more than it brings.
    public mutating func vector<Element>(
        lengthBytes: Int, _ allowed: ClosedRange<Int>,
        of element: (inout SyntaxReader) throws(SyntaxError) -> Element
    ) throws(SyntaxError) -> [Element] {
        try nested(lengthBytes: lengthBytes, allowed) { (inner) throws(SyntaxError) in
            var elements: [Element] = []
            while !inner.isAtEnd {
                let before = inner.offset
                elements.append(try element(&inner))
                if inner.offset == before { throw .trailingBytes(offset: before, count: inner.remaining) }
            }
            return elements
        }
    }

    /// A length-prefixed structure: `body` reads its content and must use all of it.
    public mutating func nested<Value>(
        lengthBytes: Int, _ allowed: ClosedRange<Int>, _ body: (inout SyntaxReader) throws(SyntaxError) -> Value
    ) throws(SyntaxError) -> Value {
        let content = try opaqueRange(lengthBytes: lengthBytes, allowed)
        var inner = SyntaxReader(bytes: bytes, offset: content.lowerBound, end: content.upperBound)
        let value = try body(&inner)
        try inner.finish()
        return value
    }

    /// A structure of `count` bytes whose length was read before: `body` must use all of it.
    /// Whatever `body` throws, the reader stands behind the structure then.
    public mutating func nested<Value>(
        _ count: Int, _ body: (inout SyntaxReader) throws(SyntaxError) -> Value
    ) throws(SyntaxError) -> Value {
        let content = try range(count)
        var inner = SyntaxReader(bytes: bytes, offset: content.lowerBound, end: content.upperBound)
        let value = try body(&inner)
        try inner.finish()
        return value
    }

    private mutating func length(lengthBytes: Int, _ allowed: ClosedRange<Int>) throws(SyntaxError) -> Int {
        let start = offset
        let length = Int(clamping: try unsigned(width: lengthBytes))
        guard allowed.contains(length) else {
            throw .lengthOutOfRange(offset: start, length: length, allowed: allowed)
        }
        return length
    }

    private mutating func take(_ count: Int) throws(SyntaxError) -> Int {
        guard count >= 0, count <= remaining else {
            throw .truncated(offset: offset, needed: count, available: remaining)
        }
        defer { offset += count }
        return offset
    }
}
