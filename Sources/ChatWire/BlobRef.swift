package import NIOCore
package import TLSSyntax

/// Something too large for a frame, which is fetched in parts.
///
///     struct { uint32 size; opaque hash[32]; } BlobRef;     /* SHA-256 */
package struct BlobRef: Hashable, Sendable {
    package var size: UInt32
    package var hash: Digest

    /// The largest one.
    package static let maximumSize = 16 << 20

    package init(size: UInt32, hash: Digest) {
        self.size = size
        self.hash = hash
    }

    /// Of these bytes.
    package init(of bytes: ByteBuffer) {
        self.init(size: UInt32(clamping: bytes.readableBytes), hash: Digest(of: bytes))
    }

    package init(from reader: inout SyntaxReader) throws(SyntaxError) {
        let start = reader.offset
        size = try reader.uint32()
        guard size <= Self.maximumSize else { throw .invalidValue(offset: start, "a blob of over 16 MiB") }
        hash = try Digest(from: &reader)
    }

    package func write(to writer: inout some SyntaxWriter) {
        writer.write(size)
        hash.write(to: &writer)
    }
}
