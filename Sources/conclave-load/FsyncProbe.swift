import Glibc

/// What the disk alone takes: 4 KiB appended to a file and brought to the disk.
final class FsyncProbe {
    private let descriptor: Int32
    private let path: String
    private let page = [UInt8](repeating: 0x5a, count: 4_096)
    private(set) var times = Histogram()

    /// - Parameter folder: on the disk in question. The file is gone when the probe is.
    init(folder: String) throws {
        path = "\(folder)/conclave-load-\(getpid())-\(nanoseconds()).probe"
        descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw LoadError.system("cannot write in \(folder), whose disk is to be measured; name another by --disk")
        }
    }

    deinit {
        close(descriptor)
        unlink(path)
    }

    /// Appends once, and counts how long it took. Nanoseconds.
    func append() throws {
        let start = nanoseconds()
        let written = page.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard written == page.count, fdatasync(descriptor) == 0 else {
            throw LoadError.system("cannot write to \(path)")
        }
        times.add(nanoseconds() - start)
    }
}
