import Crypto
import Glibc

/// Reads a file from front to back, through a window that holds what is being parsed, and hashes all of it.
struct ByteSource: ~Copyable {
    private let descriptor: Int32
    /// Room for what is being parsed, and of it the part that is filled.
    private var window: UnsafeMutableRawBufferPointer
    private var filled = 0
    private var start = 0
    private var hash = SHA256()
    private var isAtEnd = false
    /// Why reading failed, if it did; then the rest of the file is unknown.
    private(set) var failure: String?
    /// Of the first byte of the window in the file.
    private var base = 0

    private static let chunk = 1 << 20

    init(path: String) throws(CaptureError) {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .cannotOpen(file: path, reason: String(cString: strerror(errno))) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else {
            close(file)
            throw .cannotOpen(file: path, reason: "it is a folder")
        }
        descriptor = file
        window = .allocate(byteCount: Self.chunk, alignment: 16)
    }

    deinit {
        window.deallocate()
        close(descriptor)
    }

    /// Where the next byte lies in the file.
    var offset: Int { base + start }

    /// Makes sure that `count` bytes are there; `false` at the end of the file.
    mutating func have(_ count: Int) -> Bool {
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
        let room = UnsafeMutableRawBufferPointer(rebasing: window[filled...])
        var got = -1
        repeat { got = read(descriptor, room.baseAddress, room.count) } while got < 0 && errno == EINTR
        if got < 0 { failure = String(cString: strerror(errno)) }
        if got <= 0 { isAtEnd = true }
        hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: room[..<max(0, got)]))
        filled += max(0, got)
    }

    /// The next `count` bytes, which must be there.
    func peek<Result>(_ count: Int, at skip: Int = 0, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        body(UnsafeRawBufferPointer(rebasing: window[(start + skip)..<(start + skip + count)]))
    }

    mutating func advance(_ count: Int) {
        start += count
    }

    var isEmpty: Bool { filled == start }

    /// Bytes that can be peeked at without reading more.
    var available: Int { filled - start }

    /// SHA-256 of the whole file, in hexadecimal digits; reads what is left of it.
    mutating func digest() -> String {
        while !isAtEnd {
            start = filled
            fill(0)
        }
        return hash.finalize().map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
}
