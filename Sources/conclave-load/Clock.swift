import Glibc

/// Nanoseconds of the monotonic clock.
func nanoseconds() -> UInt64 {
    read(CLOCK_MONOTONIC)
}

/// Nanoseconds of processor time that this process has used.
func ownProcessorTime() -> UInt64 {
    read(CLOCK_PROCESS_CPUTIME_ID)
}

private func read(_ clock: clockid_t) -> UInt64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
