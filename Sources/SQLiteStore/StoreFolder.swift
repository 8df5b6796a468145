import ChatClient
import Glibc
import Synchronization

/// The folder of a store, locked for this process: its files, their modes, and what is done to them as a whole.
///
///     lock                whoever holds the lock on it uses the store
///     store.key           the master key: see LockedMasterKey
///     store.sqlite        the records, with store.sqlite-wal while it is open
///     store.sqlite.new    a database that is being made
final class StoreFolder: Sendable {
    /// What lies in a folder.
    enum Content {
        case nothing
        /// The key file is there and the database complete, but it has not yet its name.
        case unnamed
        case store
    }

    let path: String
    /// The descriptor that holds the lock; nil when it was given up.
    private let lock: Mutex<Int32?>

    var keyFile: String { path + "/store.key" }
    var database: String { path + "/store.sqlite" }
    var newDatabase: String { path + "/store.sqlite.new" }

    /// Makes the folder if it is missing, and locks it.
    /// - Throws: ``StoreError/inUse``, ``StoreError/exposed(path:mode:shouldBe:)``, ``StoreError/unavailable(_:)``.
    init(locking path: String) throws(StoreError) {
        self.path = path
        try Self.makeFolders(path)
        try Self.requirePrivate(path, isFolder: true)
        let file = open(path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw .system("\(path) cannot be written") }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            let isInUse = errno == EWOULDBLOCK
            let error = StoreError.system("\(path) cannot be locked")
            close(file)
            throw isInUse ? .inUse : error
        }
        lock = Mutex(file)
    }

    deinit {
        unlock()
    }

    /// Lets others use the folder. A second call does nothing.
    func unlock() {
        lock.withLock { file in
            guard let held = file else { return }
            // A process that is being started just now has the descriptor too, until it runs its program: closing ours is not enough.
            flock(held, LOCK_UN)
            close(held)
            file = nil
        }
    }

    // MARK: What is there

    /// - Throws: ``StoreError/damaged(_:)`` if one file is there without its other, ``StoreError/exposed(path:mode:shouldBe:)``.
    func content() throws(StoreError) -> Content {
        try Self.content(of: path)
    }

    static func content(of path: String) throws(StoreError) -> Content {
        guard try requirePrivate(path, isFolder: true) else { return .nothing }
        let (key, database) = (path + "/store.key", path + "/store.sqlite")
        let isMade = try requirePrivate(database)
        let hasLog = try requirePrivate(database + "-wal")
        let isNew = try requirePrivate(database + ".new")
        switch (try requirePrivate(key), isMade) {
        case (true, true): return .store
        case (true, false) where isNew && !hasLog: return .unnamed
        case (true, false): throw .damaged("the database \(database) is missing, while its key is there")
        case (false, true):
            throw .damaged("the key file \(key) is missing, and nothing else opens the database beside it")
        case (false, false) where hasLog: throw .damaged("the key file \(key) and the database beside it are missing")
        case (false, false): return .nothing
        }
    }

    /// Refuses what others than its owner may open, and what is no plain file (or folder).
    /// - Returns: false if there is no such file.
    @discardableResult
    private static func requirePrivate(_ path: String, isFolder: Bool = false) throws(StoreError) -> Bool {
        var status = stat()
        guard (isFolder ? stat(path, &status) : lstat(path, &status)) == 0 else {
            guard errno == ENOENT else { throw .system("\(path) cannot be read") }
            return false
        }
        guard status.st_mode & S_IFMT == (isFolder ? S_IFDIR : S_IFREG) else {
            throw .unavailable("\(path) is no \(isFolder ? "folder" : "plain file"): move it away")
        }
        guard status.st_uid == geteuid() else {
            throw .unavailable(
                "\(path) belongs to another user (number \(status.st_uid)): run as that user, or choose another folder")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw .exposed(
                path: path, mode: String(status.st_mode & 0o777, radix: 8), shouldBe: isFolder ? "700" : "600")
        }
        return true
    }

    private static func makeFolders(_ path: String) throws(StoreError) {
        var parent = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            parent += "/" + part
            guard mkdir(parent, 0o700) != 0, errno != EEXIST else { continue }
            throw .system("\(parent) cannot be made")
        }
    }

    /// Looks at the first bytes of the database: SQLite would take a file of a few bytes for an empty database, and write into it.
    /// - Throws: ``StoreError/damaged(_:)``.
    func requireDatabase() throws(StoreError) {
        let file = open(database, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { throw .system("\(database) cannot be read") }
        defer { close(file) }
        let wanted = [UInt8]("SQLite format 3\0".utf8)
        var start = [UInt8](repeating: 0, count: wanted.count)
        guard pread(file, &start, start.count, 0) == start.count, start == wanted else {
            throw .damaged("the file \(database) is no database any more")
        }
    }

    // MARK: Files as a whole

    /// Makes an empty file that only the owner may open; it must not be there yet.
    func makeEmpty(_ path: String) throws(StoreError) {
        close(try Self.make(path))
    }

    static func make(_ path: String) throws(StoreError) -> Int32 {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw .system("\(path) cannot be made") }
        return file
    }

    func exists(_ path: String) -> Bool {
        access(path, F_OK) == 0
    }

    /// Removes a database that has no key, as its making was cut off.
    func removeUnfinished() throws(StoreError) {
        try removeLeftover(newDatabase)
        try removeLeftover(newDatabase + "-journal")
    }

    /// Removes what was being written when a process ended, and that nothing needs.
    func removeLeftover(_ path: String) throws(StoreError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw .system("\(path) cannot be removed") }
    }

    /// Gives a file another name, on the disk when this returns.
    func rename(_ old: String, to new: String) throws(StoreError) {
        guard Glibc.rename(old, new) == 0 else { throw .system("\(old) cannot be renamed") }
        try sync(path)
    }

    /// Brings a file, or a folder's list of names, to the disk.
    func sync(_ path: String) throws(StoreError) {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .system("\(path) cannot be opened") }
        defer { close(file) }
        guard fsync(file) == 0 else { throw .system("\(path) cannot be brought to the disk") }
    }
}

extension StoreError {
    /// What failed, with the operating system's reason: `errno` as it is now.
    static func system(_ words: String) -> StoreError {
        let code = errno
        switch code {
        case ENOSPC, EDQUOT: return .diskFull
        default: return .unavailable("\(words): \(String(cString: strerror(code)))")
        }
    }
}
