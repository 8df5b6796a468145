import Chat
import NIOCore
import TLSSyntax

/// What is opaque to the server stands behind a length of three bytes.
///
/// An optional identity is `Identity after<0..66>` behind a length of one byte: empty, or exactly one. An optional device is
/// `opaque device<0..32>`.
extension SyntaxReader {
    /// The bytes as a slice of `body`, the buffer that is being read.
    mutating func bytes(
        in body: ByteBuffer, _ allowed: ClosedRange<Int> = 0...0xFF_FFFF
    ) throws(SyntaxError) -> ByteBuffer {
        let start = offset
        let content = try opaqueRange(lengthBytes: 3, allowed)
        guard let slice = body.getSlice(at: body.readerIndex + content.lowerBound, length: content.count) else {
            throw .truncated(offset: start, needed: content.count, available: 0)
        }
        return slice
    }

    /// Yes or no, as 1 or 0 and nothing else: a value has one form only.
    mutating func boolean() throws(SyntaxError) -> Bool {
        let start = offset
        switch try uint8() {
        case 0: return false
        case 1: return true
        default: throw .invalidValue(offset: start, "a byte that is neither yes nor no")
        }
    }

    mutating func optionalIdentity() throws(SyntaxError) -> PeerIdentity? {
        try nested(lengthBytes: 1, 0...66) { (inner) throws(SyntaxError) in
            inner.isAtEnd ? nil : try inner.identity()
        }
    }

    mutating func optionalDevice() throws(SyntaxError) -> DeviceName? {
        let start = offset
        let text = try text(lengthBytes: 1, 0...32)
        if text.isEmpty { return nil }
        guard let name = DeviceName(text) else {
            throw .invalidValue(offset: start, "a device name that breaks the rule")
        }
        return name
    }
}

extension ByteBuffer {
    mutating func write(bytes: ByteBuffer, _ allowed: ClosedRange<Int> = 0...0xFF_FFFF) throws(SyntaxError) {
        try writeLength(bytes.readableBytes, lengthBytes: 3, allowed)
        writeImmutableBuffer(bytes)
    }

    mutating func write(optional identity: PeerIdentity?) throws(SyntaxError) {
        try writeNested(lengthBytes: 1, 0...66) { (buffer) throws(SyntaxError) in
            if let identity { try buffer.write(identity) }
        }
    }

    mutating func write(optional device: DeviceName?) throws(SyntaxError) {
        try write(text: device?.description ?? "", lengthBytes: 1, 0...32)
    }
}
