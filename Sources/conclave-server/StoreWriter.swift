import Audit
import ChatServer
import Foundation
import Glibc
import Logging
import NIOCore
import ServerStore

/// Stores what the event loops hand in, on a thread of its own: all that waits goes into one transaction. Only then the loops are told,
/// which keep what their ticks had to say until then.
///
/// `@unchecked Sendable`: what changes is only touched under `condition`.
final class StoreWriter: @unchecked Sendable {
    private let store: ServerStore
    private let premises: Premises
    private let logger: Logger
    /// Only for the thread.
    private var disk: DiskWatch

    let condition = NSCondition()
    private var services: [NIOLoopBound<LoopService>] = []
    private var queue: [[StoreWrite]] = []
    /// What the audit log gets with them, or by itself within a second.
    var intake = AuditIntake()
    /// Only the thread touches it.
    private var audit: AuditKeeper
    /// The latest unit of each event loop in `queue`, by index.
    private var latest: [Int: UInt64] = [:]
    private var queuedBytes = 0
    private var lastNumber: UInt64 = 0
    private var isBusy = false
    private var isClosing = false
    private var isClosed = false

    /// Bytes that may wait; then whoever hands in more waits too.
    private static let queueLimit = 16 << 20

    /// - Parameter folder: the server's.
    init(_ store: ServerStore, in folder: String, premises: Premises, audit: AuditKeeper, logger: Logger) {
        self.store = store
        self.audit = audit
        self.premises = premises
        self.logger = logger
        disk = DiskWatch(folder: folder, premises: premises, logger: logger)
        disk.look()
        let thread = Thread { self.run() }
        thread.name = "store"
        thread.start()
    }

    func connect(to services: [NIOLoopBound<LoopService>]) {
        condition.withLock { self.services = services }
    }

    /// Hands in what a loop's tick has to store.
    /// - Parameters:
    ///   - events: what the audit log gets in the same transaction.
    ///   - take: gives it; called so that the order among loops is the order in which it is stored.
    /// - Returns: its number; the loop's ``LoopService/stored(through:)`` is called when it is stored.
    func submit(from loop: Int, events: [AuditEvent] = [], _ take: () -> [StoreWrite]) -> UInt64 {
        condition.lock()
        defer { condition.unlock() }
        while queuedBytes > Self.queueLimit { condition.wait() }
        let writes = take()
        lastNumber += 1
        queue.append(writes)
        note(events)
        queuedBytes += writes.reduce(0) { $0 + $1.size }
        latest[loop] = lastNumber
        condition.broadcast()
        return lastNumber
    }

    /// Whether all that was handed in is stored.
    var isIdle: Bool { condition.withLock { queue.isEmpty && !isBusy } }

    /// Stores what waits, and closes the store.
    func close() {
        condition.lock()
        isClosing = true
        condition.broadcast()
        while !isClosed { condition.wait() }
        condition.unlock()
        store.close()
    }

    // MARK: The thread

    private func run() {
        var lookedAt = ContinuousClock.now
        while let (units, loops, events) = next() {
            if lookedAt.duration(to: .now) > .milliseconds(200) || premises.isFull {
                look()
                lookedAt = .now
            }
            store(units, audit.batch(of: events))
            for (index, number) in loops {
                let service = services(index)
                service?.eventLoop.execute { service?.value.stored(through: number) }
            }
            shortenLog()
        }
        store([], audit.batch(of: condition.withLock { takeEvents(isFinal: true) }, isFinal: true))
        condition.withLock {
            isClosed = true
            condition.broadcast()
        }
    }

    private func services(_ index: Int) -> NIOLoopBound<LoopService>? {
        condition.withLock { services.indices.contains(index) ? services[index] : nil }
    }

    /// Waits for something to do; every second there may be none, to look at the disk and to write the audit log.
    /// - Returns: `nil` at the end.
    private func next() -> (units: [[StoreWrite]], loops: [Int: UInt64], events: [AuditEvent])? {
        condition.lock()
        defer { condition.unlock() }
        isBusy = false
        while queue.isEmpty {
            if isClosing { return nil }
            guard condition.wait(until: Date(timeIntervalSinceNow: 1)) else { return ([], [:], takeEvents()) }
        }
        isBusy = true
        defer {
            queue = []
            latest = [:]
            queuedBytes = 0
            condition.broadcast()
        }
        return (queue, latest, takeEvents())
    }

    /// Stores a batch. If there is no space for it, it waits: it was rolled back whole, and no fsync has failed.
    private func store(_ units: [[StoreWrite]], _ batch: AuditBatch?) {
        guard !units.isEmpty || batch != nil else { return }
        while true {
            do throws(ServerStoreError) {
                try store.write(units, audit: batch)
                audit.stored()
                return disk.hasStored()
            } catch {
                guard error.isFull else { fail(error) }
                if !premises.isFull { record(.diskFull) }
                if disk.makeSpace() { continue }
                if isClosing(within: 1) { fail(error) }
            }
        }
    }

    private func shortenLog() {
        do throws(ServerStoreError) {
            try store.shortenLog(isIdle: condition.withLock { queue.isEmpty })
        } catch {
            fail(error)
        }
    }

    /// Waits, but not for a server that ends.
    private func isClosing(within seconds: TimeInterval) -> Bool {
        let end = Date(timeIntervalSinceNow: seconds)
        return condition.withLock {
            while !isClosing, condition.wait(until: end) {}
            return isClosing
        }
    }

    /// Nobody knows what is on the disk now, and to try again would hide it: what was not acknowledged is not.
    private func fail(_ error: ServerStoreError) -> Never {
        logger.critical("\(error); the server stops, and has acknowledged nothing that is not stored")
        _exit(69)
    }

    private func look() {
        let wasFull = premises.isFull
        disk.look()
        guard premises.isFull != wasFull else { return }
        record(wasFull ? .diskFree : .diskFull)
    }

    private func record(_ kind: AuditKind) {
        record(AuditEvent(kind, at: .now, "the disk with \(store.path)"))
    }
}
