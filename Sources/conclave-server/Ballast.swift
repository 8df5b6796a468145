import Glibc

/// A file of no use but that its space can be given up: then what the server has already taken can be stored although the disk is full.
struct Ballast {
    let path: String
    let size: UInt64

    /// - Parameter folder: the server's.
    init(in folder: String, size: UInt64) {
        path = folder + "/ballast"
        self.size = size
    }

    /// Whether it is there, with all its space.
    var isThere: Bool {
        guard size > 0 else { return true }
        var status = stat()
        return stat(path, &status) == 0 && UInt64(clamping: status.st_blocks) * 512 >= size
    }

    /// Sets the space aside.
    /// - Returns: the error's number, 0 if there is none. Then nothing is taken.
    func make() -> Int32 {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        let code = posix_fallocate(descriptor, 0, off_t(clamping: size))
        if code != 0 { unlink(path) }
        return code
    }

    /// Gives the space up.
    /// - Returns: whether there was any.
    func release() -> Bool { unlink(path) == 0 }
}
