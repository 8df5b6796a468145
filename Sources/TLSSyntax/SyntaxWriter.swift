/// Something that values of the TLS presentation language (RFC 8446 §3) can be written to.
/// Arrays of bytes are; `ChatWire` adds NIO's buffer, so that a frame is written once, where it will be sent from.
public protocol SyntaxWriter {
    /// Bytes written so far.
    var writtenCount: Int { get }
    mutating func write(bytes: UnsafeRawBufferPointer)
    /// Replaces bytes that were written before; `offset` counts from the first written byte.
    mutating func overwrite(at offset: Int, bytes: UnsafeRawBufferPointer)
}

extension [UInt8]: SyntaxWriter {
    @inlinable public var writtenCount: Int { count }

    @inlinable
    public mutating func write(bytes: UnsafeRawBufferPointer) {
        append(contentsOf: bytes)
    }

    @inlinable
    public mutating func overwrite(at offset: Int, bytes: UnsafeRawBufferPointer) {
        replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }
}

extension SyntaxWriter {
    /// A number, big-endian, in as many bytes as its type has (§3.3).
    @inlinable
    public mutating func write(_ value: some FixedWidthInteger & UnsignedInteger) {
        withUnsafeBytes(of: value.bigEndian) { write(bytes: $0) }
    }

    /// `opaque x[bytes.count]`.
    @inlinable
    public mutating func write(opaque bytes: [UInt8]) {
        bytes.withUnsafeBytes { write(bytes: $0) }
    }

    /// `opaque x<allowed>`.
    @inlinable
    public mutating func write(
        opaque bytes: [UInt8], lengthBytes: Int, _ allowed: ClosedRange<Int>
    ) throws(SyntaxError) {
        try writeLength(bytes.count, lengthBytes: lengthBytes, allowed)
        write(opaque: bytes)
    }

    /// Text as `opaque x<allowed>` in UTF-8.
    @inlinable
    public mutating func write(
        text: String, lengthBytes: Int, _ allowed: ClosedRange<Int>
    ) throws(SyntaxError) {
        var text = text
        let length = text.utf8.count
        try writeLength(length, lengthBytes: lengthBytes, allowed)
        text.withUTF8 { write(bytes: UnsafeRawBufferPointer($0)) }
    }

    /// A length-prefixed structure or vector: `body` writes the content, the length is put in front of it.
    @inlinable
    public mutating func writeNested(
        lengthBytes: Int, _ allowed: ClosedRange<Int>, _ body: (inout Self) throws(SyntaxError) -> Void
    ) throws(SyntaxError) {
        let start = writtenCount
        for _ in 0..<lengthBytes { write(0 as UInt8) }
        try body(&self)
        let length = writtenCount - start - lengthBytes
        try checkLength(length, at: start, lengthBytes: lengthBytes, allowed)
        withUnsafeBytes(of: UInt64(length).bigEndian) {
            overwrite(at: start, bytes: UnsafeRawBufferPointer(rebasing: $0.suffix(lengthBytes)))
        }
    }

    /// The length in front of a vector.
    @inlinable
    public mutating func writeLength(
        _ length: Int, lengthBytes: Int, _ allowed: ClosedRange<Int>
    ) throws(SyntaxError) {
        try checkLength(length, at: writtenCount, lengthBytes: lengthBytes, allowed)
        withUnsafeBytes(of: UInt64(length).bigEndian) {
            write(bytes: UnsafeRawBufferPointer(rebasing: $0.suffix(lengthBytes)))
        }
    }

    /// A length must be allowed, and must be a number of `lengthBytes` bytes: cut off, it would announce less than follows.
    @inlinable
    func checkLength(
        _ length: Int, at offset: Int, lengthBytes: Int, _ allowed: ClosedRange<Int>
    ) throws(SyntaxError) {
        let largest = lengthBytes < 8 ? 1 << (8 * lengthBytes) - 1 : Int.max
        guard allowed.contains(length), length <= largest else {
            throw .lengthOutOfRange(offset: offset, length: length, allowed: allowed.clamped(to: 0...largest))
        }
    }
}
