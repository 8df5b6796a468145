import Glibc
import Settings

/// Files that are read whole, and replaced whole: whoever reads one sees the old or the new, also after a crash.
enum WholeFile {
    /// - Throws: 66 if it is missing, 77 if it may not be read, 78 if it is larger than `limit` bytes, or no file at all.
    static func read(_ path: String, limit: Int) throws(ProgramError) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw failure("\(path) cannot be read") }
        defer { close(file) }
        guard isRegular(file) else { throw .configuration("\(path) is no regular file") }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(file, &part, part.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw failure("\(path) cannot be read") }
            if count == 0 { return bytes }
            guard bytes.count + count <= limit else {
                throw .configuration("\(path) is larger than \(limit) bytes; that is no such file")
            }
            bytes.append(contentsOf: part[..<count])
        }
    }

    /// Whether it is a file: whoever may write to a folder of ours could have put a pipe there, which is waited for without end.
    static func isRegular(_ file: Int32) -> Bool {
        var facts = stat()
        return fstat(file, &facts) == 0 && facts.st_mode & S_IFMT == S_IFREG
    }

    /// Where a file lies until it is whole.
    static func unfinished(_ path: String) -> String { path + ".new" }

    /// Writes beside `path`, flushes, and renames; what was there before is kept as `path.old` if `keepsOld`.
    static func write(_ text: String, to path: String, mode: mode_t = 0o640, keepsOld: Bool = false)
        throws(ProgramError)
    {
        try prepare(text, for: path, mode: mode)
        try finish(path, keepsOld: keepsOld)
    }

    /// Writes beside `path`, and flushes.
    static func prepare(_ text: String, for path: String, mode: mode_t) throws(ProgramError) {
        let new = unfinished(path)
        unlink(new)
        let file = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        guard file >= 0 else { throw failure("\(new) cannot be written") }
        let isWhole = writeAll(Array(text.utf8), to: file) && fsync(file) == 0
        let code = errno
        close(file)
        guard isWhole else {
            unlink(new)
            throw failure("\(path) cannot be written", code)
        }
    }

    /// Puts what was prepared in its place.
    static func finish(_ path: String, keepsOld: Bool = false) throws(ProgramError) {
        if keepsOld {
            unlink(path + ".old")
            _ = link(path, path + ".old")
        }
        guard rename(unfinished(path), path) == 0 else { throw failure("\(path) cannot be replaced") }
        flushFolder(of: path)
    }

    private static func writeAll(_ bytes: [UInt8], to file: Int32) -> Bool {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(file, $0.baseAddress?.advanced(by: offset), bytes.count - offset)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            offset += count
        }
        return true
    }

    private static func flushFolder(of path: String) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        let folder = open(
            parts.isEmpty ? "." : parts.count == 1 ? "/" : parts.joined(separator: "/"),
            O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return }
        fsync(folder)
        close(folder)
    }

    private static func failure(_ words: String, _ code: Int32 = errno) -> ProgramError {
        let text = "\(words): \(String(cString: strerror(code)))"
        return switch code {
        case ENOENT, ENOTDIR: .missingFile(text)
        case EACCES, EPERM, EROFS: .permission(text)
        case ENOSPC, EDQUOT: .unavailable(text + "; make room, nothing was changed")
        default: .unavailable(text)
        }
    }
}
