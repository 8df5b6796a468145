import Chat
import NIOCore
import TLSSyntax

/// What a message carries is opaque to the server: `opaque payload<1..2^16>`, behind a length of three bytes.
///
/// An optional identity is `Identity after<0..66>` behind a length of one byte: empty, or exactly one.
extension SyntaxReader {
    /// The payload as a slice of `body`, the buffer that is being read.
    mutating func payload(in body: ByteBuffer) throws(SyntaxError) -> ByteBuffer {
        let start = offset
        let content = try opaqueRange(lengthBytes: 3, 1...Frame.maximumPayload)
        guard let slice = body.getSlice(at: body.readerIndex + content.lowerBound, length: content.count) else {
            throw .truncated(offset: start, needed: content.count, available: 0)
        }
        return slice
    }

    mutating func optionalIdentity() throws(SyntaxError) -> PeerIdentity? {
        try nested(lengthBytes: 1, 0...66) { (inner) throws(SyntaxError) in
            inner.isAtEnd ? nil : try inner.identity()
        }
    }
}

extension ByteBuffer {
    mutating func write(payload: ByteBuffer) throws(SyntaxError) {
        try writeLength(payload.readableBytes, lengthBytes: 3, 1...Frame.maximumPayload)
        writeImmutableBuffer(payload)
    }

    mutating func write(optional identity: PeerIdentity?) throws(SyntaxError) {
        try writeNested(lengthBytes: 1, 0...66) { (buffer) throws(SyntaxError) in
            if let identity { try buffer.write(identity) }
        }
    }
}
