import NIOCore

/// The frames of a log's latest entries, in memory.
struct LogTail: Sendable {
    /// The whole frames, as everyone gets them. An array takes what it holds; a buffer's storage is a power of two.
    private var frames: [[UInt8]] = []
    /// How many of `frames`, from the front, are dropped and not yet taken out.
    private var dropped = 0
    private(set) var bytes = 0

    var count: Int { frames.count - dropped }

    /// Keeps at most `limit` bytes of frames, and this one.
    mutating func append(_ frame: ByteBuffer, limit: Int) {
        frames.append(Array(frame.readableBytesView))
        bytes += frame.readableBytes
        while bytes > limit, count > 1 { dropFirst() }
    }

    /// - Parameter head: the number of the latest entry.
    func holds(_ sequence: UInt64, head: UInt64) -> Bool { sequence <= head && head - sequence < UInt64(count) }

    /// Frames that it holds, at least one and together at most `limit` bytes.
    func frames(from start: UInt64, through end: UInt64, head: UInt64, limit: Int) -> ByteBuffer {
        var buffer = ByteBuffer()
        guard start <= end, holds(start, head: head) else { return buffer }
        var place = frames.count - 1 - Int(head - start)
        let last = frames.count - 1 - Int(head - end)
        while place <= last {
            guard buffer.readableBytes == 0 || buffer.readableBytes + frames[place].count <= limit else { break }
            buffer.writeBytes(frames[place])
            place += 1
        }
        return buffer
    }

    mutating func drop(before first: UInt64, head: UInt64) {
        while UInt64(count) > head + 1 - first { dropFirst() }
    }

    mutating func cool(to kept: Int) {
        while count > kept { dropFirst() }
        if count == 0 { (frames, dropped) = ([], 0) }
    }

    private mutating func dropFirst() {
        bytes -= frames[dropped].count
        frames[dropped] = []
        dropped += 1
        if dropped > 64, dropped * 2 > frames.count {
            frames.removeFirst(dropped)
            dropped = 0
        }
    }
}
