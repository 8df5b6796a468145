import Glibc

/// A file or standard input as its bytes lie there, all of which are hashed.
final class RawFile {
    private let descriptor: Int32
    private let digest = StreamDigest()
    private(set) var isAtEnd = false
    /// Why reading failed, if it did.
    private(set) var failure: String?

    /// - Parameter path: `-` for standard input.
    /// - Throws: ``CaptureError/cannotOpen(file:reason:)``.
    init(path: String) throws(CaptureError) {
        let file = path == "-" ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .cannotOpen(file: path, reason: String(cString: strerror(errno))) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else {
            close(file)
            throw .cannotOpen(file: path, reason: "it is a folder")
        }
        if path == "-", isatty(file) == 1 {
            close(file)
            throw .cannotOpen(
                file: path, reason: "standard input is a terminal; send a capture to it: … | tlsmon read -")
        }
        descriptor = file
        if status.st_mode & S_IFMT == S_IFREG { posix_fadvise(file, 0, 0, POSIX_FADV_SEQUENTIAL) }
    }

    deinit { close(descriptor) }

    /// - Returns: how many bytes came; 0 at the end, and when reading failed.
    func read(into room: UnsafeMutableRawBufferPointer) -> Int {
        guard !isAtEnd, !room.isEmpty else { return 0 }
        var got = -1
        repeat { got = Glibc.read(descriptor, room.baseAddress, room.count) } while got < 0 && errno == EINTR
        if got < 0 { failure = String(cString: strerror(errno)) }
        if got <= 0 { isAtEnd = true }
        digest.add(UnsafeRawBufferPointer(rebasing: room[..<max(0, got)]))
        return max(0, got)
    }

    /// SHA-256 of everything that was read, in hexadecimal digits.
    func finishDigest() -> String { digest.finish() }
}
