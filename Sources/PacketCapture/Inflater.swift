import CZlib

/// Unpacks gzip (RFC 1952), with as many members as there are. Each member's checksum is compared.
final class Inflater {
    private let file: RawFile
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 16)
    private var isInMember = true
    private var isAtEnd = false
    /// Why the rest cannot be unpacked, if so.
    private(set) var failure: String?

    private static let capacity = 1 << 18

    /// - Parameter start: what was already read of the file; no more than fits.
    init?(_ file: RawFile, start: UnsafeRawBufferPointer) {
        self.file = file
        stream.initialize(to: z_stream())
        guard start.count <= Self.capacity,
            // 16 is for gzip's header and trailer, 15 for the largest window.
            inflateInit2_(stream, 16 + 15, zlibVersion(), Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { return nil }
        input.copyMemory(from: start)
        stream.pointee.next_in = input.bindMemory(to: UInt8.self).baseAddress
        stream.pointee.avail_in = UInt32(start.count)
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
        input.deallocate()
    }

    /// - Returns: how many bytes came; 0 at the end, and when the rest cannot be unpacked.
    func read(into room: UnsafeMutableRawBufferPointer) -> Int {
        guard !room.isEmpty else { return 0 }
        stream.pointee.next_out = room.bindMemory(to: UInt8.self).baseAddress
        stream.pointee.avail_out = UInt32(clamping: room.count)
        let asked = Int(stream.pointee.avail_out)
        while !isAtEnd, Int(stream.pointee.avail_out) == asked {
            if stream.pointee.avail_in == 0 { refill() }
            if stream.pointee.avail_in == 0 {
                if isInMember { fail(file.failure ?? "the compressed data is cut off") }
                isAtEnd = true
            } else if isInMember || beginMember() {
                step()
            }
        }
        return asked - Int(stream.pointee.avail_out)
    }

    private func refill() {
        let count = file.read(into: input)
        stream.pointee.next_in = input.bindMemory(to: UInt8.self).baseAddress
        stream.pointee.avail_in = UInt32(count)
    }

    /// Zeros may fill the end up, on tapes for one.
    private func beginMember() -> Bool {
        while stream.pointee.avail_in > 0, stream.pointee.next_in?.pointee == 0 {
            stream.pointee.next_in? += 1
            stream.pointee.avail_in -= 1
        }
        guard stream.pointee.avail_in > 0 else { return false }
        guard stream.pointee.next_in?.pointee == 0x1F, inflateReset(stream) == Z_OK else {
            fail("something else lies behind the compressed data")
            return false
        }
        isInMember = true
        return true
    }

    private func step() {
        switch inflate(stream, Z_NO_FLUSH) {
        case Z_OK, Z_BUF_ERROR: break
        case Z_STREAM_END: isInMember = false
        default:
            let reason = stream.pointee.msg.map { String(cString: $0) } ?? "no reason is known"
            fail("the compressed data is damaged (\(reason))")
        }
    }

    private func fail(_ reason: String) {
        failure = failure ?? reason
        isAtEnd = true
    }
}
