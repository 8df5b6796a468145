import Glibc

/// Signals that wait until they are asked for.
enum Signals {
    enum Order: Hashable {
        case stop
        case reload
    }

    /// To be called before any other thread exists, as threads inherit it.
    static func hold() {
        signal(SIGPIPE, SIG_IGN)
        var set = orders
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Waits for an order, at most so many milliseconds.
    static func wait(milliseconds: Int) -> Order? {
        var set = orders
        var time = timespec(tv_sec: milliseconds / 1_000, tv_nsec: milliseconds % 1_000 * 1_000_000)
        switch sigtimedwait(&set, nil, &time) {
        case SIGHUP: return .reload
        case SIGTERM, SIGINT: return .stop
        default: return nil
        }
    }

    private static var orders: sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for number in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&set, number) }
        return set
    }
}
