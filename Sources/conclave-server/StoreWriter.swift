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
    /// Free bytes under which nothing new is taken.
    private let reserve: UInt64

    private let condition = NSCondition()
    private var services: [NIOLoopBound<LoopService>] = []
    private var queue: [[StoreWrite]] = []
    /// The latest unit of each event loop in `queue`, by index.
    private var latest: [Int: UInt64] = [:]
    private var queuedBytes = 0
    private var lastNumber: UInt64 = 0
    private var isBusy = false
    private var isClosing = false
    private var isClosed = false

    /// Bytes that may wait; then whoever hands in more waits too.
    private static let queueLimit = 16 << 20

    init(_ store: ServerStore, premises: Premises, reserve: UInt64 = 128 << 20, logger: Logger) {
        self.store = store
        self.premises = premises
        self.reserve = reserve
        self.logger = logger
        lookAtDisk()
        let thread = Thread { self.run() }
        thread.name = "store"
        thread.start()
    }

    func connect(to services: [NIOLoopBound<LoopService>]) {
        condition.withLock { self.services = services }
    }

    /// Hands in what a loop's tick has to store.
    /// - Parameter take: gives it; called so that the order among loops is the order in which it is stored.
    /// - Returns: its number; the loop's ``LoopService/stored(through:)`` is called when it is stored.
    func submit(from loop: Int, _ take: () -> [StoreWrite]) -> UInt64 {
        condition.lock()
        defer { condition.unlock() }
        while queuedBytes > Self.queueLimit { condition.wait() }
        let writes = take()
        lastNumber += 1
        queue.append(writes)
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
        while let (units, loops) = next() {
            if lookedAt.duration(to: .now) > .milliseconds(200) || premises.isFull {
                lookAtDisk()
                lookedAt = .now
            }
            guard !units.isEmpty else { continue }
            do {
                try store.write(units)
            } catch {
                fail(error)
            }
            for (index, number) in loops {
                let service = services(index)
                service?.eventLoop.execute { service?.value.stored(through: number) }
            }
        }
        condition.withLock {
            isClosed = true
            condition.broadcast()
        }
    }

    private func services(_ index: Int) -> NIOLoopBound<LoopService>? {
        condition.withLock { services.indices.contains(index) ? services[index] : nil }
    }

    /// Waits for something to do; every second there may be none, to look at the disk.
    /// - Returns: `nil` at the end.
    private func next() -> (units: [[StoreWrite]], loops: [Int: UInt64])? {
        condition.lock()
        defer { condition.unlock() }
        isBusy = false
        while queue.isEmpty {
            if isClosing { return nil }
            if premises.isFull {
                guard condition.wait(until: Date(timeIntervalSinceNow: 1)) else { return ([], [:]) }
            } else {
                condition.wait()
            }
        }
        isBusy = true
        defer {
            queue = []
            latest = [:]
            queuedBytes = 0
            condition.broadcast()
        }
        return (queue, latest)
    }

    /// Nobody knows what is on the disk now, and to try again would hide it: what was not acknowledged is not.
    private func fail(_ error: ServerStoreError) -> Never {
        logger.critical("\(error); the server stops, and has acknowledged nothing that is not stored")
        _exit(69)
    }

    private func lookAtDisk() {
        var status = statvfs()
        guard statvfs(store.path, &status) == 0 else { return }
        let free = UInt64(status.f_bavail) * UInt64(status.f_frsize)
        // Back from the brink there must be a little more than the least.
        let isFull = free < (premises.isFull ? reserve + reserve / 8 : reserve)
        guard isFull != premises.isFull else { return }
        premises.isFull = isFull
        if isFull {
            logger.error(
                "the disk with \(store.path) has only \(free >> 20) MiB left: nothing new is taken until there are \(reserve >> 20)"
            )
        } else {
            logger.notice("the disk with \(store.path) has space again: what is new is taken")
        }
    }
}
