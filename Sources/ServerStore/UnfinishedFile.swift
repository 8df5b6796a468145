import Glibc

/// A file for its owner only that gets its name when it is whole; until then it is called `NAME.unfinished`, and it is removed if it never is.
package final class UnfinishedFile {
    package let name: String
    package var path: String { name + Self.suffix }
    private let descriptor: Int32
    private var isFinished = false

    private static let suffix = ".unfinished"

    /// Begins it, in the place of one that was cut off.
    /// - Throws: ``ServerStoreError/unavailable(_:)`` if that cannot be, or another process is about to make the same file.
    package init(name: String) throws(ServerStoreError) {
        self.name = name
        let path = name + Self.suffix
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw FileFailure.error("made", path) }
        // What was opened may have got its name meanwhile: then it is somebody's finished file.
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, Self.isSame(descriptor, path) else {
            close(descriptor)
            throw .unavailable("\(path) is just being written by another process: wait for it, or choose another name")
        }
        self.descriptor = descriptor
        Self.removeCompanions(of: path)
        guard ftruncate(descriptor, 0) == 0, fchmod(descriptor, 0o600) == 0 else {
            throw FileFailure.error("emptied", path)
        }
    }

    deinit {
        // If it was removed, another one may have begun in its place.
        if !isFinished, Self.isSame(descriptor, path) { Self.remove(path) }
        close(descriptor)
    }

    /// Whether an open file is the one of that name.
    private static func isSame(_ descriptor: Int32, _ path: String) -> Bool {
        var (opened, named) = (stat(), stat())
        return fstat(descriptor, &opened) == 0 && lstat(path, &named) == 0 && opened.st_dev == named.st_dev
            && opened.st_ino == named.st_ino
    }

    /// Takes an unfinished file away, with what SQLite has made beside it.
    package static func remove(_ path: String) {
        unlink(path)
        removeCompanions(of: path)
    }

    private static func removeCompanions(of path: String) {
        for suffix in ["-journal", "-wal", "-shm"] { unlink(path + suffix) }
    }

    package var size: UInt64 {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? UInt64(clamping: status.st_size) : 0
    }

    /// Gives it to the owner of a folder, if this process may: what root makes there, the server must be able to use.
    func give(toOwnerOf folder: String) {
        var status = stat()
        guard geteuid() == 0, stat(folder, &status) == 0 else { return }
        _ = fchown(descriptor, status.st_uid, status.st_gid)
    }

    /// Brings what is written to the disk.
    func sync() throws(ServerStoreError) {
        guard fsync(descriptor) == 0 else { throw FileFailure.error("written", path) }
    }

    /// It is whole: on the disk and with its name when this returns.
    package func finish() throws(ServerStoreError) {
        try sync()
        guard rename(path, name) == 0 else { throw FileFailure.error("renamed to \(name)", path) }
        isFinished = true
        try FileFailure.syncFolder(of: name)
    }
}

/// What goes wrong with files, in words.
enum FileFailure {
    /// After a call that has set `errno`.
    static func error(_ what: String, _ path: String) -> ServerStoreError {
        let code = errno
        let words = "\(path) cannot be \(what): \(String(cString: strerror(code)))"
        return code == ENOSPC || code == EDQUOT ? .full(words + "; make space, then try again") : .unavailable(words)
    }

    /// Brings the names in a file's folder to the disk.
    static func syncFolder(of path: String) throws(ServerStoreError) {
        let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw error("opened", folder) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw error("written", folder) }
    }
}
