import Audit
import Glibc
import Settings

/// The audit log's key in the server's folder: `audit-key.pem` for the server alone, `audit-public.pem` for whoever verifies.
enum AuditKeyFile {
    static func privatePath(in folder: String) -> String { folder + "/audit-key.pem" }
    static func publicPath(in folder: String) -> String { folder + "/audit-public.pem" }

    /// Reads the key, or makes one if there is none.
    /// - Returns: the key, and whether it is a new one.
    /// - Throws: ``ProgramError``
    static func open(in folder: String) throws(ProgramError) -> (key: AuditKey, isNew: Bool) {
        let path = privatePath(in: folder)
        if let pem = try read(path) {
            try requireOwn(path)
            guard let key = AuditKey(pem: pem) else {
                throw .configuration(
                    "\(path) holds no private key over P-256; put it back from a backup, or move it away: then a new one is "
                        + "made, and the audit log goes on with that")
            }
            if try read(publicPath(in: folder)) != key.publicKey.pem {
                try write(key.publicKey.pem, to: publicPath(in: folder), mode: 0o644)
            }
            return (key, false)
        }
        let key = AuditKey()
        if let former = try read(publicPath(in: folder)) {
            // What it signed can only be verified with it.
            let fingerprint = AuditPublicKey(pem: former)?.fingerprint ?? "unknown"
            try write(former, to: folder + "/audit-public-\(fingerprint).pem", mode: 0o644)
        }
        try write(key.pem, to: path, mode: 0o600)
        try write(key.publicKey.pem, to: publicPath(in: folder), mode: 0o644)
        return (key, true)
    }

    /// - Throws: if others can read it.
    private static func requireOwn(_ path: String) throws(ProgramError) {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & 0o077 != 0 else { return }
        throw .permission(
            "\(path) can be read by others than its owner; run chmod 600 on it, or, if they may have read it, move it away: "
                + "then a new one is made")
    }

    /// A public key.
    /// - Throws: ``ProgramError``
    static func readPublic(_ path: String) throws(ProgramError) -> AuditPublicKey {
        guard let pem = try read(path) else {
            throw .missingFile("there is no \(path); name the audit log's public key with --key")
        }
        guard let key = AuditPublicKey(pem: pem) else {
            throw .configuration("\(path) holds no public key over P-256; it begins with -----BEGIN PUBLIC KEY-----")
        }
        return key
    }

    /// Bytes that such a file, or a checkpoint, may have.
    private static let maximumSize = 8_192

    /// - Parameter waits: for whoever writes, where the file is a pipe.
    /// - Returns: `nil` if it is not there.
    static func read(_ path: String, waits: Bool = true) throws(ProgramError) -> String? {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | (waits ? 0 : O_NONBLOCK))
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw .permission("\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: maximumSize + 1)
        var count = 0
        while count < bytes.count {
            let space = bytes.count - count
            let got = bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress?.advanced(by: count), space)
            }
            if got == 0 { break }
            if got > 0 {
                count += got
            } else if errno != EINTR {
                throw .permission("\(path) cannot be read: \(String(cString: strerror(errno)))")
            }
        }
        guard count <= maximumSize, let text = String(validating: bytes.prefix(count), as: UTF8.self) else {
            throw .configuration(
                "\(path) is no key and no checkpoint: it is not text, or more than \(maximumSize) bytes")
        }
        return text
    }

    /// Writes a whole file or none: under another name first.
    static func write(_ text: String, to path: String, mode: mode_t) throws(ProgramError) {
        let unfinished = path + ".new"
        unlink(unfinished)
        let descriptor = Glibc.open(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        guard descriptor >= 0 else { throw failure(unfinished) }
        defer { close(descriptor) }
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 { bytes = bytes.dropFirst(count) } else if errno != EINTR { throw failure(unfinished) }
        }
        // Whatever the umask is.
        guard fchmod(descriptor, mode) == 0, fsync(descriptor) == 0, rename(unfinished, path) == 0 else {
            throw failure(path)
        }
    }

    private static func failure(_ path: String) -> ProgramError {
        .permission("\(path) cannot be written: \(String(cString: strerror(errno)))")
    }
}
