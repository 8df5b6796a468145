import Glibc

/// The files of the log, for their owner only.
struct StoreFiles {
    let path: String

    /// What SQLite keeps beside the database.
    private static let companions = ["", "-wal", "-shm", "-journal"]
    private static let mark = ".damaged"

    /// Makes the file if it is not there, so that it never has other rights than these. One that is there is not opened: to close it would take away
    /// the locks by which other connections of this process hold it (fcntl(2)).
    func make() throws(FirewallStoreError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        if descriptor >= 0 {
            Glibc.close(descriptor)
            return
        }
        if errno == ENOSPC || errno == EDQUOT { throw .full(path) }
        var status = stat()
        guard errno == EEXIST, lstat(path, &status) == 0 else { throw failure("opened", path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .unavailable(path: path, reason: "\(path) is no plain file")
        }
        guard status.st_mode & 0o777 == 0o600 || chmod(path, 0o600) == 0 else {
            throw failure("kept from others", path)
        }
    }

    /// Bytes of the write-ahead log.
    var logBytes: Int {
        var status = stat()
        return stat(path + "-wal", &status) == 0 ? Int(status.st_size) : 0
    }

    /// Gives a damaged database another name. There is at most one such: an earlier one is deleted.
    /// - Returns: its new name.
    func setAside() throws(FirewallStoreError) -> String {
        for companion in Self.companions {
            let aside = path + Self.mark + companion
            guard unlink(aside) == 0 || errno == ENOENT else { throw failure("removed", aside) }
            guard rename(path + companion, aside) == 0 || errno == ENOENT else {
                throw failure("set aside", path + companion)
            }
        }
        return path + Self.mark
    }

    private func failure(_ what: String, _ path: String) -> FirewallStoreError {
        .unavailable(path: self.path, reason: "\(path) cannot be \(what): \(String(cString: strerror(errno)))")
    }
}
