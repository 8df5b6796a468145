import Glibc

/// The two clocks: the one on the wall, which people set and which jumps, and the one that only goes forward, also while the machine sleeps.
enum ServiceClock {
    /// Milliseconds since 1970.
    static var wall: Int64 { read(CLOCK_REALTIME) }
    /// Milliseconds since the machine started.
    static var steady: Int64 { read(CLOCK_BOOTTIME) }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }
}
