package import Firewall
import Glibc

/// The machine's clocks.
package enum SteadyClock {
    /// Milliseconds since the machine was started, sleep included.
    package static func milliseconds() -> Int64 { read(CLOCK_BOOTTIME) }

    /// By both clocks.
    package static func now() -> BanTime { BanTime(wall: read(CLOCK_REALTIME), steady: milliseconds()) }

    private static func read(_ clock: Int32) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }
}
