import Glibc
import Settings

/// The server's own folder. One server uses it at a time.
struct DataFolder: ~Copyable {
    private let lock: Int32

    /// Makes the folder if it is missing, and locks it.
    /// - Throws: ``ProgramError`` if that is forbidden or another server has it.
    init(_ path: String) throws {
        try Self.makeFolders(path)
        let descriptor = open(path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw ProgramError.permission(
                "\(path) cannot be written: \(String(cString: strerror(errno))); choose another with --data")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw ProgramError.unavailable("another server uses \(path); stop it, or choose another with --data")
        }
        lock = descriptor
        // What root makes here for a command, the server must be able to use.
        var status = stat()
        if geteuid() == 0, stat(path, &status) == 0 { _ = fchown(descriptor, status.st_uid, status.st_gid) }
    }

    deinit {
        close(lock)
    }

    private static func makeFolders(_ path: String) throws {
        var parent = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            parent += "/" + part
            guard mkdir(parent, 0o700) != 0, errno != EEXIST else { continue }
            throw ProgramError.permission(
                "\(parent) cannot be made: \(String(cString: strerror(errno))); choose another folder with --data")
        }
    }
}
