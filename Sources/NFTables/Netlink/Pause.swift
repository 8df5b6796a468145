internal import Glibc

enum Pause {
    /// 20 µs, in which a thread that waits for a lock gets it.
    static func short() {
        var time = timespec(tv_sec: 0, tv_nsec: 20_000)
        nanosleep(&time, nil)
    }
}
