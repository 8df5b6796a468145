import ArgumentParser
import Glibc

/// A file that is read as a whole: a key, a certificate, evidence.
enum SmallFile {
    /// - Parameters:
    ///   - what: that it should hold, for a person.
    ///   - isSecret: whether nobody but its owner may be able to read it.
    /// - Throws: a usage error that says what to do.
    static func read(_ path: String, what: String, limit: Int, isSecret: Bool = false) throws -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else {
            throw ValidationError("cannot read \(path): \(String(cString: strerror(errno))); it should hold \(what)")
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw ValidationError("\(path) is no plain file; it should hold \(what)")
        }
        guard !isSecret || status.st_mode & 0o077 == 0 else {
            let mode = String(status.st_mode & 0o777, radix: 8)
            throw ValidationError(
                "other users can read the private key in \(path) (mode 0\(mode)); run chmod 600 \(path)")
        }
        var content: [UInt8] = []
        var bytes = [UInt8](repeating: 0, count: 65_536)
        while content.count <= limit {
            let count = Glibc.read(file, &bytes, bytes.count)
            if count == 0 { return content }
            guard count > 0 else {
                throw ValidationError("cannot read \(path): \(String(cString: strerror(errno)))")
            }
            content += bytes.prefix(count)
        }
        throw ValidationError("\(path) is longer than \(limit) bytes, and so does not hold \(what)")
    }

    /// The same as text.
    static func text(_ path: String, what: String, isSecret: Bool = false) throws -> String {
        String(decoding: try read(path, what: what, limit: 65_536, isSecret: isSecret), as: UTF8.self)
    }
}
