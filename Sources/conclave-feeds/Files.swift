import Glibc
import Settings
import Synchronization

/// Files, with errors that say what to do.
enum Files {
    /// - Throws: ``ProgramError`` if it is not there, not readable or too large.
    static func read(_ path: String, most: Int) throws -> [UInt8] {
        guard let bytes = try readIfThere(path, most: most) else {
            throw ProgramError.missingFile("there is no file \(path); give the right path")
        }
        return bytes
    }

    /// `nil` if it is not there.
    static func readIfThere(_ path: String, most: Int) throws -> [UInt8]? {
        var all: [UInt8] = []
        let isThere = try forEachPiece(of: path) { piece throws(ProgramError) in
            guard all.count + piece.count <= most else {
                throw ProgramError.configuration("\(path) is larger than \(most) bytes; it is not what it should be")
            }
            all += piece
        }
        return isThere ? all : nil
    }

    /// Reads a file by pieces.
    /// - Returns: whether there is one.
    static func forEachPiece<Failure: Error>(
        of path: String, _ body: ([UInt8]) throws(Failure) -> Void
    ) throws -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0, errno == ENOENT { return false }
        guard descriptor >= 0 else { throw failure("read", path) }
        defer { close(descriptor) }
        while true {
            var failed = false
            let piece = [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
                let got = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                failed = got < 0
                count = max(0, got)
            }
            if failed {
                if errno == EINTR { continue }
                throw failure("read", path)
            }
            if piece.isEmpty { return true }
            try body(piece)
        }
    }

    /// What the system said last about a file.
    static func failure(_ verb: String, _ path: String) -> ProgramError {
        let code = errno
        let words = "cannot \(verb) \(path): \(String(cString: strerror(code)))"
        switch code {
        case ENOSPC, EDQUOT: return .unavailable("\(words). Make room on the disk; the last good lists are kept")
        case EACCES, EPERM, EROFS:
            return .permission("\(words). Give the user who runs this the right to it, or another path")
        case ENOENT: return .missingFile("\(words). Make the folder, or give the right path")
        default: return .unavailable(words)
        }
    }
}

/// A new file that takes another's place as a whole, or not at all. Whoever writes late, after it was discarded, gets an error.
final class StagedFile: Sendable {
    private let path: String
    /// -1 when it is done.
    private let descriptor: Mutex<Int32>

    /// - Parameter path: of the unfinished file, in the folder of the one that it shall replace.
    init(_ path: String) throws {
        self.path = path
        unlink(path)
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard file >= 0 else { throw Files.failure("write", path) }
        // Whatever the umask: there is no secret in it, and the firewall runs as somebody else.
        fchmod(file, 0o644)
        descriptor = Mutex(file)
    }

    func write(_ bytes: [UInt8]) throws {
        try descriptor.withLock { file in
            var start = 0
            while start < bytes.count {
                let count = bytes[start...].withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw Files.failure("write", path) }
                start += count
            }
        }
    }

    /// Everything is on the disk before the name changes.
    func take(placeOf target: String) throws {
        try descriptor.withLock { file in
            guard fsync(file) == 0 else { throw Files.failure("write", path) }
            guard rename(path, target) == 0 else { throw Files.failure("write", target) }
            close(file)
            file = -1
        }
    }

    /// Removes it, unless it took its place.
    func discard() {
        descriptor.withLock { file in
            guard file >= 0 else { return }
            close(file)
            unlink(path)
            file = -1
        }
    }

    deinit { discard() }
}
