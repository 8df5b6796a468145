import Crypto
import Glibc

/// A file that is being written: buffered, and hashed. It knows at once when something could not be written.
final class OutputFile {
    let path: String
    private let descriptor: Int32
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
    private var filled = 0
    private var hash = SHA256()
    /// Bytes that were put, written or not yet.
    private(set) var count = 0
    /// Why something could not be written; nothing is written after that.
    private(set) var failure: CaptureError?
    private var isClosed = false

    /// Takes the descriptor over.
    init(path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit {
        if !isClosed {
            flush()
            close(descriptor)
        }
        buffer.deallocate()
    }

    func put(_ bytes: UnsafeRawBufferPointer) {
        count += bytes.count
        hash.update(bufferPointer: bytes)
        if bytes.count > buffer.count - filled { flush() }
        if bytes.count > buffer.count { return write(bytes) }
        guard !bytes.isEmpty else { return }
        UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<filled + bytes.count]).copyMemory(from: bytes)
        filled += bytes.count
    }

    /// Numbers of four bytes, little-endian.
    func put(_ words: (UInt32, UInt32, UInt32, UInt32)) {
        withUnsafeBytes(of: (words.0.littleEndian, words.1.littleEndian, words.2.littleEndian, words.3.littleEndian)) {
            put($0)
        }
    }

    func put(_ bytes: [UInt8]) { bytes.withUnsafeBytes { put($0) } }

    func flush() {
        write(UnsafeRawBufferPointer(rebasing: buffer[..<filled]))
        filled = 0
    }

    private func write(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes[...]
        while failure == nil, !rest.isEmpty {
            let part = UnsafeRawBufferPointer(rebasing: rest)
            let written = Glibc.write(descriptor, part.baseAddress, part.count)
            if written < 0, errno == EINTR { continue }
            // A full disk, for one.
            if written <= 0 { return fail() }
            rest = rest.dropFirst(written)
        }
    }

    private func fail() {
        failure = failure ?? .cannotWrite(file: path, reason: String(cString: strerror(errno)))
    }

    /// Nothing more comes.
    /// - Returns: the SHA-256 of all that was written, in hexadecimal digits.
    /// - Throws: ``CaptureError/cannotWrite(file:reason:)`` if any of it failed.
    func finish() throws(CaptureError) -> String {
        flush()
        if !isClosed, close(descriptor) != 0 { fail() }
        isClosed = true
        if let failure { throw failure }
        return hash.finalize().map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
}
