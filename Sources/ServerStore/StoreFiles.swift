import Glibc

/// The files of a database, for their owner only.
struct StoreFiles: Sendable {
    let database: String

    /// What is to become the database, as long as a restoration runs.
    var incoming: String { database + ".restored" }

    /// Whether the database is there.
    /// - Throws: ``ServerStoreError/damaged(_:)`` if only its log is; ``ServerStoreError/unavailable(_:)`` if it was just being restored.
    func exists() throws -> Bool {
        if try exists(database) { return true }
        guard try !exists(incoming) else {
            throw ServerStoreError.unavailable(
                "a restoration of \(database) was cut off: run conclave-server restore again")
        }
        guard try !exists(database + "-wal") else {
            throw ServerStoreError.damaged("the database \(database) is missing, and its log is there")
        }
        return false
    }

    func exists(_ path: String) throws -> Bool {
        var status = stat()
        guard lstat(path, &status) != 0 else { return true }
        guard errno == ENOENT else { throw failure("looked at", path) }
        return false
    }

    /// Makes an empty file in the place of what an earlier try has left.
    func makeEmpty(_ path: String) throws {
        for leftover in [path, path + "-wal", path + "-journal"] {
            guard unlink(leftover) == 0 || errno == ENOENT else { throw failure("removed", leftover) }
        }
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure("made", path) }
        close(descriptor)
    }

    /// Gives a finished file its name, on the disk when it returns.
    func rename(_ path: String, to name: String) throws {
        try sync(path)
        guard Glibc.rename(path, name) == 0 else { throw failure("renamed", path) }
        try sync(String(name[..<(name.lastIndex(of: "/") ?? name.endIndex)]))
    }

    private func sync(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("opened", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("written", path) }
    }

    private func failure(_ what: String, _ path: String) -> ServerStoreError {
        .unavailable("\(path) cannot be \(what): \(String(cString: strerror(errno)))")
    }
}
