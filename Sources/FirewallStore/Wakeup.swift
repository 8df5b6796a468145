import Glibc

/// Wakes a thread that waits for it, at once or after a time by the clock that never jumps.
final class Wakeup: Sendable {
    private let readEnd: Int32
    private let writeEnd: Int32

    /// `nil` if the process has no descriptors left.
    init?() {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        readEnd = ends[0]
        writeEnd = ends[1]
    }

    deinit {
        close(readEnd)
        close(writeEnd)
    }

    func signal() {
        // A full pipe wakes as well.
        var byte: UInt8 = 1
        _ = write(writeEnd, &byte, 1)
    }

    /// Returns after `milliseconds`, or once it was signalled since the last wait.
    func wait(milliseconds: Int64) {
        var poller = pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0)
        guard poll(&poller, 1, Int32(clamping: max(0, milliseconds))) > 0 else { return }
        var bytes = [UInt8](repeating: 0, count: 64)
        while read(readEnd, &bytes, bytes.count) == bytes.count {}
    }
}

/// Milliseconds since the machine was started, those of its sleep included: never goes back, never jumps.
func steadyMilliseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
}
