import Chat
import Glibc

/// The wall clock, in seconds and milliseconds since 1970.
func wallClock() -> (seconds: Int64, milliseconds: Int64) {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return (Int64(time.tv_sec), Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
}

extension Timestamp {
    /// By the wall clock.
    static var now: Timestamp { Timestamp(milliseconds: UInt64(clamping: wallClock().milliseconds)) }
}
