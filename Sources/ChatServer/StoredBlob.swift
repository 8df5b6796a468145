import ChatWire
import NIOCore

/// Bytes that are fetched in parts, and what they are known by.
struct StoredBlob: Sendable {
    let reference: BlobRef
    let bytes: ByteBuffer

    /// Keeps a copy: a slice would keep the whole frame that it came in.
    init(_ bytes: ByteBuffer) {
        self.bytes = ByteBuffer(bytes: bytes.readableBytesView)
        reference = BlobRef(of: bytes)
    }

    /// Bytes in a part.
    static let partLength = 60_000

    /// The bytes from an offset on, as many as a part holds; `nil` if it lies behind the end.
    static func part(of bytes: ByteBuffer, from offset: UInt32) -> ByteBuffer? {
        let offset = Int(offset)
        guard offset <= bytes.readableBytes else { return nil }
        return bytes.getSlice(
            at: bytes.readerIndex + offset, length: min(partLength, bytes.readableBytes - offset))
    }
}
