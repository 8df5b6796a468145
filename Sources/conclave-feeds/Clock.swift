import Glibc

/// The two clocks: the time of day, which may be set, and the time since the start, which only goes on.
enum Clock {
    /// Seconds since 1970.
    static var now: Int64 { seconds(CLOCK_REALTIME) }
    /// Seconds since the machine was started, sleep included.
    static var uptime: Int64 { seconds(CLOCK_BOOTTIME) }

    private static func seconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec)
    }
}
