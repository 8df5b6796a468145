import CLinux
import Glibc

/// SIGTERM and SIGINT end the service, SIGHUP has the policy read again; SIGPIPE is ignored.
struct ServiceSignals: ~Copyable {
    enum Order {
        case stop
        case reload
    }

    /// Readable when one came.
    let descriptor: Int32

    /// To be made before any other thread is.
    init() {
        signal(SIGPIPE, SIG_IGN)
        var set = sigset_t()
        sigemptyset(&set)
        for number in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&set, number) }
        pthread_sigmask(SIG_BLOCK, &set, nil)
        descriptor = signalfd(-1, &set, Int32(SFD_CLOEXEC | SFD_NONBLOCK))
    }

    deinit { close(descriptor) }

    func next() -> Order? {
        var info = signalfd_siginfo()
        guard read(descriptor, &info, MemoryLayout<signalfd_siginfo>.size) == MemoryLayout<signalfd_siginfo>.size else {
            return nil
        }
        return Int32(bitPattern: info.ssi_signo) == SIGHUP ? .reload : .stop
    }
}
