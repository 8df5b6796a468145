import CZlib
package import TLSMonitor

/// Undoes gzip and zlib with the system's library, so that the monitor can look inside of what is compressed.
package struct ZlibDecompression: Decompression {
    package init() {}

    package func begin(_ format: CompressedFormat) -> (any Decompressor)? { ZlibDecompressor(format) }

    package func compress(_ bytes: [UInt8], _ format: CompressedFormat) -> [UInt8]? {
        var stream = z_stream()
        guard
            deflateInit2_(
                &stream, 6, Z_DEFLATED, format.windowBits, 8, Z_DEFAULT_STRATEGY, zlibVersion(),
                Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { return nil }
        defer { deflateEnd(&stream) }
        var input = bytes
        let room = Int(deflateBound(&stream, UInt(input.count)))
        let packed = input.withUnsafeMutableBufferPointer { input in
            [UInt8](unsafeUninitializedCapacity: room) { output, count in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(clamping: input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(clamping: output.count)
                count = deflate(&stream, Z_FINISH) == Z_STREAM_END ? Int(stream.total_out) : 0
            }
        }
        return packed.isEmpty ? nil : packed
    }
}

extension CompressedFormat {
    /// 15 for the largest window, and 16 more for gzip's header and trailer.
    fileprivate var windowBits: Int32 { self == .gzip ? 15 + 16 : 15 }
}

private final class ZlibDecompressor: Decompressor {
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)

    private static let room = 16_384

    init?(_ format: CompressedFormat) {
        stream.initialize(to: z_stream())
        guard
            inflateInit2_(stream, format.windowBits, zlibVersion(), Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else {
            stream.deallocate()
            return nil
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    func feed(_ bytes: UnsafeRawBufferPointer, _ output: (UnsafeRawBufferPointer) -> Bool) -> DecompressionState {
        withUnsafeTemporaryAllocation(byteCount: Self.room, alignment: 16) { room in
            stream.pointee.next_in = UnsafeMutablePointer(mutating: bytes.bindMemory(to: UInt8.self).baseAddress)
            stream.pointee.avail_in = UInt32(clamping: bytes.count)
            defer { (stream.pointee.next_in, stream.pointee.avail_in) = (nil, 0) }
            while true {
                stream.pointee.next_out = room.bindMemory(to: UInt8.self).baseAddress
                stream.pointee.avail_out = UInt32(room.count)
                let status = inflate(stream, Z_NO_FLUSH)
                let count = room.count - Int(stream.pointee.avail_out)
                if count > 0, !output(UnsafeRawBufferPointer(rebasing: room[..<count])) { return .ended }
                switch status {
                case Z_STREAM_END: return .ended
                case Z_OK where stream.pointee.avail_in > 0 || stream.pointee.avail_out == 0: continue
                case Z_OK, Z_BUF_ERROR: return .open
                default: return .failed
                }
            }
        }
    }
}
