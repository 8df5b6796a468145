import ArgumentParser
import Glibc
import PacketCapture
import TLSMonitor
import Terminal

/// A file that is there as a whole or not at all: it is written beside its place, and takes it when it is complete.
///
/// Only its owner can read it (mode 0600). It replaces nothing but an earlier file of its kind.
final class WholeFile {
    private let path: String
    /// Where it is until it is complete; in its place, if that is all that there will be rights for.
    private let unfinished: String
    private var descriptor: Int32
    private var failure: Int32 = 0

    /// - Parameters:
    ///   - beginning: of every file of its kind.
    ///   - isInPlace: whether to write it where it belongs, because rights to put it there will be given up before it is complete.
    /// - Throws: a usage error if something else is in its place, or if it cannot be made.
    init(_ path: String, replaces beginning: String, isInPlace: Bool = false) throws {
        self.path = path
        try Self.check(path, beginning)
        unfinished = isInPlace ? path : "\(path).\(getpid()).unfinished"
        let flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (isInPlace ? O_TRUNC : O_EXCL)
        descriptor = open(unfinished, flags, 0o600)
        guard descriptor >= 0, fchmod(descriptor, 0o600) == 0 else {
            throw ValidationError("cannot write \(path): \(Self.reason(errno)); choose another place with -o")
        }
        Privileges.handOver(descriptor)
    }

    deinit {
        guard descriptor >= 0 else { return }
        close(descriptor)
        unlink(unfinished)
    }

    func write(_ text: String) {
        guard failure == 0, !TerminalDevice.write(text, to: descriptor) else { return }
        failure = errno
    }

    func write(_ bytes: [UInt8]) { write(String(decoding: bytes, as: UTF8.self)) }

    /// Puts it in its place.
    /// - Throws: a usage error if it could not be written.
    func finish() throws {
        if failure == 0, fsync(descriptor) != 0 { failure = errno }
        if failure == 0, unfinished != path, rename(unfinished, path) != 0 { failure = errno }
        if failure != 0 {
            throw ValidationError("cannot write \(path): \(Self.reason(failure))")
        }
        close(descriptor)
        descriptor = -1
    }

    private static func check(_ path: String, _ beginning: String) throws {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw ValidationError("\(path) is no plain file, and is not replaced; choose another name")
        }
        let expected = Array(beginning.utf8)
        var bytes = [UInt8](repeating: 0, count: expected.count)
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        let count = file >= 0 ? read(file, &bytes, bytes.count) : -1
        if file >= 0 { close(file) }
        guard count == 0 || (count == expected.count && bytes == expected) else {
            throw ValidationError(
                "\(path) is there already, and was not written by this command; delete it, or choose another name")
        }
    }

    private static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
}
