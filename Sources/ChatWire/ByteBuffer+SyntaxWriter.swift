public import NIOCore
public import TLSSyntax

/// A frame is written where it will be sent from.
extension ByteBuffer: SyntaxWriter {
    public var writtenCount: Int { readableBytes }

    public mutating func write(bytes: UnsafeRawBufferPointer) {
        writeBytes(bytes)
    }

    public mutating func overwrite(at offset: Int, bytes: UnsafeRawBufferPointer) {
        setBytes(bytes, at: readerIndex + offset)
    }
}
