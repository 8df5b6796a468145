import Glibc

extension TLSFiles {
    /// The content of the key file, for whoever needs the key outside of TLS, and wipes the bytes.
    /// - Parameter limit: a longer file is refused.
    /// - Throws: ``TLSConfigurationError``: missing, unreadable, too large, or open to others.
    package func readKey(limit: Int) throws(TLSConfigurationError) -> [UInt8] {
        try TLSCredentials.requirePrivacy(of: key, remedy: "make it with scripts/certs client")
        let descriptor = open(key, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unreadable(file: key, reason: String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: max(0, limit) + 1)
        var count = 0
        while count < bytes.count {
            let taken = bytes.withUnsafeMutableBytes { buffer in
                read(descriptor, buffer.baseAddress?.advanced(by: count), buffer.count - count)
            }
            if taken == 0 { break }
            if taken < 0 {
                if errno == EINTR { continue }
                throw .unreadable(file: key, reason: String(cString: strerror(errno)))
            }
            count += taken
        }
        guard count <= limit else {
            bytes.withUnsafeMutableBytes { buffer in
                if let start = buffer.baseAddress { explicit_bzero(start, buffer.count) }
            }
            throw .unreadable(file: key, reason: "it is too large for a key")
        }
        bytes.removeLast(bytes.count - count)
        return bytes
    }
}
