import Crypto
import Glibc
public import TLSMonitor

/// Writes packets to a file in the format pcap, with nanoseconds.
public final class CaptureWriter {
    private let path: String
    private let file: UnsafeMutablePointer<FILE>
    private var hash = SHA256()

    /// Makes the file, readable by its owner only.
    /// - Parameter link: the number of the link type.
    /// - Throws: ``CaptureError/cannotWrite(file:reason:)``.
    public init(path: String, link: UInt32) throws(CaptureError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0, let file = fdopen(descriptor, "w") else {
            throw .cannotWrite(file: path, reason: String(cString: strerror(errno)))
        }
        self.path = path
        self.file = file
        Privileges.handOver(descriptor)
        write([0xA1B2_3C4D, 0x0004_0002, 0, 0, 262_144, link])
    }

    deinit {
        fclose(file)
    }

    public func write(_ packet: CapturedPacket, _ bytes: UnsafeRawBufferPointer) {
        let (seconds, nanoseconds) = packet.time.quotientAndRemainder(dividingBy: 1_000_000_000)
        write([
            UInt32(truncatingIfNeeded: seconds), UInt32(truncatingIfNeeded: nanoseconds), UInt32(clamping: bytes.count),
            UInt32(clamping: packet.originalLength),
        ])
        put(bytes)
    }

    private func write(_ words: [UInt32]) {
        words.map(\.littleEndian).withUnsafeBytes(put)
    }

    private func put(_ bytes: UnsafeRawBufferPointer) {
        fwrite(bytes.baseAddress, 1, bytes.count, file)
        hash.update(bufferPointer: bytes)
    }

    /// Brings everything to the file.
    /// - Returns: the SHA-256 of all that was written, in hexadecimal digits.
    /// - Throws: ``CaptureError/cannotWrite(file:reason:)`` if any of it failed, a full disk for one.
    public func finish() throws(CaptureError) -> String {
        guard fflush(file) == 0, ferror(file) == 0 else {
            throw .cannotWrite(file: path, reason: String(cString: strerror(errno)))
        }
        return hash.finalize().map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
}
