/// Reads a file from front to back, through a window that holds what is being parsed. Unpacks it, if it is packed.
struct ByteSource: ~Copyable {
    private let file: RawFile
    private var inflater: Inflater?
    /// Room for what is being parsed, and of it the part that is filled.
    private var window: UnsafeMutableRawBufferPointer
    private var filled = 0
    private var start = 0
    private var isAtEnd = false
    /// Of the first byte of the window in the file, as it is unpacked.
    private var base = 0

    private static let chunk = 1 << 20

    /// - Parameter path: `-` for standard input.
    init(path: String) throws(CaptureError) {
        file = try RawFile(path: path)
        window = .allocate(byteCount: Self.chunk, alignment: 16)
    }

    deinit { window.deallocate() }

    /// Why reading failed, if it did; then the rest of the file is unknown.
    var failure: String? { inflater?.failure ?? file.failure }

    /// Whether the bytes are unpacked ones.
    var isPacked: Bool { inflater != nil }

    /// Where the next byte lies in the file, as it is unpacked.
    var offset: Int { base + start }

    /// From here on the file is gzip. To be called at its beginning, before more than a few bytes were asked for.
    /// - Returns: `false` if that cannot be done.
    mutating func unpack() -> Bool {
        // The first bytes are all that was read: no more fit in what an inflater takes over.
        let first = UnsafeRawBufferPointer(rebasing: window[start..<filled])
        guard inflater == nil, let made = Inflater(file, start: first) else { return false }
        inflater = made
        (start, filled, base, isAtEnd) = (0, 0, 0, false)
        return true
    }

    /// Makes sure that `count` bytes are there; `false` at the end of the file.
    mutating func have(_ count: Int) -> Bool {
        if filled - start >= count { return true }
        while filled - start < count, !isAtEnd { fill(count) }
        return filled - start >= count
    }

    private mutating func fill(_ count: Int) {
        if start > 0 {
            window.copyMemory(from: UnsafeRawBufferPointer(rebasing: window[start..<filled]))
            base += start
            filled -= start
            start = 0
        }
        if window.count < max(count, filled + 1) {
            let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: max(count, filled + 1), alignment: 16)
            larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: window[..<filled]))
            window.deallocate()
            window = larger
        }
        // The first bytes tell what it is; more would have to be given back if it is packed.
        let most = base == 0 && filled < 16 && inflater == nil ? 1 << 16 : window.count
        let room = UnsafeMutableRawBufferPointer(rebasing: window[filled..<min(window.count, max(filled + 1, most))])
        let got = inflater?.read(into: room) ?? file.read(into: room)
        if got == 0 { isAtEnd = true }
        filled += got
    }

    /// The next `count` bytes, which must be there; they stay until more is asked for.
    func bytes(_ count: Int, at skip: Int = 0) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: window[(start + skip)..<(start + skip + count)])
    }

    mutating func advance(_ count: Int) {
        start += count
    }

    var isEmpty: Bool { filled == start }

    /// Bytes that can be had without reading more.
    var available: Int { filled - start }

    /// SHA-256 of the whole file as it lies there, in hexadecimal digits; reads what is left of it.
    mutating func digest() -> String {
        while !file.isAtEnd { _ = file.read(into: window) }
        (start, filled, isAtEnd) = (0, 0, true)
        return file.finishDigest()
    }
}
