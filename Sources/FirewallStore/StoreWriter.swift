import Firewall
import Glibc
import Synchronization

/// The thread that writes the database. It alone touches ``database`` and what belongs to it.
final class StoreWriter: Sendable {
    private let path: String
    private let inbox: StoreInbox
    private let wakeup: Wakeup
    private let now: @Sendable () -> Int64
    private let notice: @Sendable (StoreNotice) -> Void
    private let thread = Mutex<pthread_t?>(nil)

    /// After which the disk is tried again.
    static let retrySeconds: Int64 = 10
    /// Between two transactions of few packets.
    private static let transactionMilliseconds: Int64 = 1_000

    init(
        path: String, limits: StoreLimits, inbox: StoreInbox, wakeup: Wakeup, now: @escaping @Sendable () -> Int64,
        notice: @escaping @Sendable (StoreNotice) -> Void
    ) {
        self.path = path
        self.inbox = inbox
        self.wakeup = wakeup
        self.now = now
        self.notice = notice
    }

    /// Opens the database, and starts.
    func start() throws(FirewallStoreError) {
        let work = StoreWork(path: path, inbox: inbox, now: now, notice: notice)
        try work.openFirst()
        let box = Unmanaged.passRetained(Start(writer: self, work: work))
        var started = pthread_t()
        let status = pthread_create(
            &started, nil,
            { context in
                guard let context else { return nil }
                let start = Unmanaged<Start>.fromOpaque(context).takeRetainedValue()
                start.writer.run(start.work)
                return nil
            }, box.toOpaque())
        guard status == 0 else {
            box.release()
            throw .unavailable(path: path, reason: "no thread can be started: \(String(cString: strerror(status)))")
        }
        thread.withLock { $0 = started }
    }

    /// Returns once all is written and the thread has ended.
    func stop() {
        inbox.close()
        let thread = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        if let thread { pthread_join(thread, nil) }
    }

    /// What the thread begins with.
    private final class Start {
        let writer: StoreWriter
        let work: StoreWork

        init(writer: StoreWriter, work: StoreWork) {
            self.writer = writer
            self.work = work
        }
    }

    private func run(_ work: StoreWork) {
        var lastCommit: Int64 = 0
        while true {
            let need = inbox.need
            let steady = steadyMilliseconds()
            let due = lastCommit + Self.transactionMilliseconds
            if need.isUrgent || need.isSome && steady >= due {
                lastCommit = steady
                work.write(inbox.take())
                if need.isClosing { break }
                continue
            }
            // What takes long is done in slices, between which packets and bans are written.
            if work.doSlice() { continue }
            wakeup.wait(milliseconds: min(work.idleMilliseconds, need.isSome ? due - steady : .max))
        }
        work.close()
    }
}
