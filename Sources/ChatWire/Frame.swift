package import NIOCore
package import TLSSyntax

/// The unit of the protocol: `uint32 length; uint8 type; opaque body[length - 1]`.
///
/// A `Frame` is what lies behind the length: its type and the bytes of its body, a slice of the buffer that it was read from.
package struct Frame: Hashable, Sendable {
    /// Bytes of the length prefix.
    package static let prefixLength = 4
    /// What `length` may be: a type alone, up to the largest payload and its header.
    package static let lengths = 1...maximumPayload + 4_096
    /// Bytes that a message may carry.
    package static let maximumPayload = 65_536

    package var type: UInt8
    package var body: ByteBuffer

    /// Takes the next whole frame off the front of `buffer`; `nil` if it is not all there yet.
    /// - Throws: ``FrameError/lengthOutOfRange(_:)`` as soon as the prefix shows it, before anything is kept.
    package static func next(from buffer: inout ByteBuffer) throws(FrameError) -> Frame? {
        guard let length = try lengthOfNext(in: buffer), buffer.readableBytes >= prefixLength + length else {
            return nil
        }
        buffer.moveReaderIndex(forwardBy: prefixLength)
        guard let type = buffer.readInteger(as: UInt8.self), let body = buffer.readSlice(length: length - 1) else {
            return nil
        }
        return Frame(type: type, body: body)
    }

    /// What the length prefix at the front of `buffer` says; `nil` if it is not all there yet.
    package static func lengthOfNext(in buffer: ByteBuffer) throws(FrameError) -> Int? {
        guard let length = buffer.getInteger(at: buffer.readerIndex, as: UInt32.self) else { return nil }
        guard let length = Int(exactly: length), lengths.contains(length) else {
            throw .lengthOutOfRange(length)
        }
        return length
    }

    /// Reads the body with `read`, which must use all of it.
    func parse<Value>(
        _ read: (inout SyntaxReader) throws(SyntaxError) -> Value
    ) throws(FrameError) -> Value {
        var result: Result<Value, SyntaxError>?
        body.withUnsafeReadableBytes { bytes in
            result = Result { () throws(SyntaxError) in try SyntaxReader.read(bytes, read) }
        }
        switch result {
        case .success(let value): return value
        case .failure(let error): throw .malformed(type: type, error)
        case nil: throw .unknownType(type)
        }
    }

    /// Writes a whole frame: prefix, type, and what `body` writes.
    static func write(
        type: UInt8, to buffer: inout ByteBuffer, _ body: (inout ByteBuffer) throws(SyntaxError) -> Void
    ) throws(SyntaxError) {
        try buffer.writeNested(lengthBytes: prefixLength, lengths) { (buffer) throws(SyntaxError) in
            buffer.write(type)
            try body(&buffer)
        }
    }
}

/// How a peer can break the framing. All but an unknown type end the connection.
package enum FrameError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The prefix announces a frame that is empty or longer than ``Frame/lengths``.
    case lengthOutOfRange(UInt32)
    /// No frame has this type in this direction.
    case unknownType(UInt8)
    /// The body is not what its type says.
    case malformed(type: UInt8, SyntaxError)
    /// The pieces of a long frame do not fit together.
    case assembly(String)

    package var description: String {
        switch self {
        case .lengthOutOfRange(let length):
            "a frame of \(length) bytes; \(Frame.lengths.lowerBound) to \(Frame.lengths.upperBound) are allowed"
        case .unknownType(let type): "a frame of the unknown type \(type)"
        case .malformed(let type, let error): "a malformed frame of type \(type): \(error)"
        case .assembly(let what): what
        }
    }
}
