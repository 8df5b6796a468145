import Glibc
import Settings

/// The limit on open files, which is the limit on connections.
enum FileDescriptors {
    /// Files that the server needs besides connections.
    static let reserve = 64

    /// Raises the soft limit to the hard one, and answers how many connections fit.
    /// - Parameter wanted: connections that the administrator asks for; `nil` for as many as fit, up to 10,000.
    /// - Throws: ``ProgramError`` if they do not fit.
    static func prepare(wanted: Int?) throws -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            throw ProgramError.unavailable(
                "the limit on open files cannot be read: \(String(cString: strerror(errno)))")
        }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let room = Int(clamping: limit.rlim_max) - reserve
        let least = wanted ?? 16
        guard room >= least else {
            throw ProgramError.unavailable(
                "\(least) connections need \(least + reserve) open files, but the limit is \(limit.rlim_max); "
                    + "raise it (ulimit -n, or LimitNOFILE= in the systemd unit) or lower --max-connections")
        }
        return wanted ?? min(room, 10_000)
    }
}
