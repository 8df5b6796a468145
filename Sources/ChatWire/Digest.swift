import Crypto
package import NIOCore
package import TLSSyntax

/// A SHA-256 of something: 32 bytes that can be compared and used as a key.
package struct Digest: Hashable, Sendable, CustomStringConvertible {
    private let words: (UInt64, UInt64, UInt64, UInt64)

    package static let byteCount = 32

    private init(_ digest: SHA256.Digest) {
        words = digest.withUnsafeBytes { bytes in
            func word(_ index: Int) -> UInt64 {
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
            }
            return (word(0), word(1), word(2), word(3))
        }
    }

    package init(of bytes: ByteBuffer) {
        self = bytes.withUnsafeReadableBytes { Digest(ofBytes: $0) }
    }

    package init(of bytes: [UInt8]) {
        self = bytes.withUnsafeBytes { Digest(ofBytes: $0) }
    }

    private init(ofBytes bytes: UnsafeRawBufferPointer) {
        var hash = SHA256()
        hash.update(bufferPointer: bytes)
        self.init(hash.finalize())
    }

    package init(from reader: inout SyntaxReader) throws(SyntaxError) {
        words = (try reader.uint64(), try reader.uint64(), try reader.uint64(), try reader.uint64())
    }

    package func write(to writer: inout some SyntaxWriter) {
        writer.write(words.0)
        writer.write(words.1)
        writer.write(words.2)
        writer.write(words.3)
    }

    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.byteCount)
        write(to: &bytes)
        return bytes
    }

    package static func == (left: Digest, right: Digest) -> Bool { left.words == right.words }

    package func hash(into hasher: inout Hasher) { hasher.combine(words.0) }

    /// 64 hexadecimal digits.
    package var description: String {
        bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
}
