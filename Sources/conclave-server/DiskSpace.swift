import Glibc

/// The file system in which something lies.
struct DiskSpace {
    /// Bytes that this process may still use.
    let free: UInt64
    let size: UInt64

    /// `nil` if nobody knows.
    init?(at path: String) {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        let unit = UInt64(status.f_frsize)
        free = UInt64(status.f_bavail).multipliedReportingOverflow(by: unit).partialValue
        size = UInt64(status.f_blocks).multipliedReportingOverflow(by: unit).partialValue
    }

    /// Free bytes under which a server takes nothing new: 128 MiB, or an eighth of a small disk.
    var reserve: UInt64 { min(128 << 20, size / 8) }

    /// Bytes that are set aside, for what a server has taken when the last free byte is gone: 32 MiB, or a sixteenth of a small disk.
    var ballast: UInt64 { min(32 << 20, size / 16) }
}
