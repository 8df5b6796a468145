package import Firewall
import Glibc
import Synchronization

/// Tells the firewall what a program saw. Never blocks its caller: a thread of its own sends, connects again when the daemon was away, and drops what is too much.
package final class ReportSender: Sendable {
    /// What became of what was handed in.
    package struct Count: Hashable, Sendable {
        /// Handed to the daemon.
        package var sent = 0
        /// Not handed over: the queue was full, the daemon was away for too long, or it was stopped.
        package var dropped = 0
        /// The daemon said no; ``lastRefusal`` says why.
        package var refused = 0
        package var lastRefusal = ""
        package var isConnected = false

        package init() {}
    }

    private struct Line {
        /// Put into words by the thread: the caller has better things to do.
        var request: ControlRequest
        /// Later it is no news any more. Milliseconds of the steady clock.
        var expires: Int64
    }

    private struct Queue {
        var lines: [Line] = []
        var count = Count()
        var isStopped = false
        /// When somebody authenticated from there, as told last.
        var told: [IPAddress: Int64] = [:]
    }

    package let path: String
    private let capacity: Int
    private let queue = Mutex(Queue())
    /// Written to wake the thread.
    private let wakeUp: (reader: Int32, writer: Int32)

    /// A ban for what somebody did a minute ago would hit whoever has the address now.
    private static let reportAge: Int64 = 60_000
    private static let authenticationAge: Int64 = 3_600_000
    /// An address is not told again before that: it counts for a day.
    private static let retelling: Int64 = 3_600_000

    /// Starts the thread.
    /// - Parameter capacity: lines that may wait.
    /// - Throws: `.badPath`, `.system`. That no daemon runs is no error: it may come.
    package init(_ path: String, capacity: Int = 1_024) throws(ControlSocketError) {
        _ = try SocketAddress(path: path)
        self.path = path
        self.capacity = max(1, capacity)
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw .system(call: "pipe", path: path, code: errno) }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        wakeUp = (ends[0], ends[1])
        var thread = pthread_t()
        // The thread holds the sender until it is stopped.
        let box = Unmanaged.passRetained(self)
        let code = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<ReportSender>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, box.toOpaque())
        guard code == 0 else {
            box.release()
            throw .system(call: "pthread_create", path: path, code: code)
        }
        pthread_detach(thread)
    }

    deinit {
        close(wakeUp.reader)
        close(wakeUp.writer)
    }

    package var count: Count { queue.withLock { $0.count } }
    /// Lines that wait.
    package var waiting: Int { queue.withLock { $0.lines.count } }

    package func report(_ report: Report) { send(.report(report), for: Self.reportAge) }

    /// An address is told once an hour at most.
    package func authenticated(_ addresses: [IPAddress]) {
        let now = SteadyClock.milliseconds()
        let news = queue.withLock { queue in
            let news = addresses.filter { address in queue.told[address].map { now - $0 >= Self.retelling } ?? true }
            if queue.told.count + news.count > 16_384 { queue.told.removeAll() }
            for address in news { queue.told[address] = now }
            return news
        }
        if !news.isEmpty { send(.authenticated(Array(news.prefix(8))), for: Self.authenticationAge) }
    }

    /// Ends the thread, after what waits was sent if that takes no longer than a moment.
    package func stop() {
        queue.withLock { $0.isStopped = true }
        wake()
    }

    private func send(_ request: ControlRequest, for age: Int64) {
        let isFirst = queue.withLock { queue in
            guard queue.lines.count < capacity, !queue.isStopped else {
                queue.count.dropped += 1
                return false
            }
            queue.lines.append(Line(request: request, expires: SteadyClock.milliseconds() + age))
            return queue.lines.count == 1
        }
        if isFirst { wake() }
    }

    private func wake() {
        var byte: UInt8 = 1
        // A full pipe wakes as well.
        _ = write(wakeUp.writer, &byte, 1)
    }

    // MARK: The thread

    private func run() {
        var link: ReportLink?
        var pause: Int64 = 0
        var nextTry: Int64 = 0
        while true {
            let now = SteadyClock.milliseconds()
            let (hasWork, isStopped) = queue.withLock { (!$0.lines.isEmpty, $0.isStopped) }
            if isStopped, !hasWork || link == nil { break }
            if link == nil, hasWork, now >= nextTry {
                link = ReportLink(path)
                pause = link == nil ? min(max(250, pause * 2), 30_000) : 0
                nextTry = now + pause
                queue.withLock { $0.count.isConnected = link != nil }
            }
            dropOld(now)
            if let open = link, !drive(open, isStopped: isStopped) {
                link = nil
                nextTry = now + max(250, pause)
                queue.withLock { $0.count.isConnected = false }
            }
            if isStopped { break }
            wait(link, hasWork: queue.withLock { !$0.lines.isEmpty }, until: nextTry)
        }
        queue.withLock { queue in
            queue.count.dropped += queue.lines.count
            queue.lines = []
            queue.count.isConnected = false
            queue.isStopped = true
        }
    }

    /// - Returns: whether the connection lives.
    private func drive(_ link: ReportLink, isStopped: Bool) -> Bool {
        while let request = queue.withLock({ $0.lines.first?.request }) {
            guard link.put(request.line) else { break }
            queue.withLock { queue in
                queue.lines.removeFirst()
                queue.count.sent += 1
            }
        }
        let refusals = link.refusals()
        if let last = refusals.last {
            queue.withLock { queue in
                queue.count.refused += refusals.count
                queue.count.lastRefusal = last
            }
        }
        return !link.isBroken
    }

    private func dropOld(_ now: Int64) {
        queue.withLock { queue in
            let before = queue.lines.count
            queue.lines.removeAll { $0.expires < now }
            queue.count.dropped += before - queue.lines.count
        }
    }

    private func wait(_ link: ReportLink?, hasWork: Bool, until nextTry: Int64) {
        var entries = [pollfd(fd: wakeUp.reader, events: Int16(POLLIN), revents: 0)]
        var time: Int32 = -1
        if let link {
            entries.append(pollfd(fd: link.descriptor, events: link.events(hasWork: hasWork), revents: 0))
        } else if hasWork {
            time = Int32(clamping: max(0, nextTry - SteadyClock.milliseconds()))
        }
        _ = poll(&entries, nfds_t(entries.count), time)
        guard entries[0].revents != 0 else { return }
        withUnsafeTemporaryAllocation(byteCount: 256, alignment: 1) { space in
            while read(wakeUp.reader, space.baseAddress, space.count) > 0 {}
        }
    }
}
