import Firewall
import GRDB

/// What the writer's thread does, and what it knows meanwhile.
final class StoreWork {
    private let path: String
    private let inbox: StoreInbox
    private let now: @Sendable () -> Int64
    private let notice: @Sendable (StoreNotice) -> Void

    private var database: StoreDatabase?
    /// Changes that could not be written yet; packets do not wait here.
    private var retained: [StoreChange] = []
    private var lists: [ThreatList] = []
    private var job: ThreatJob?
    private var waiters: [StoreBarrier] = []
    private var trimming = StoreTrimming()
    /// By the steady clock; `nil`: all is well.
    private var retryAt: Int64?
    private var nextTrim: Int64 = 0
    /// What was dropped until the trouble began.
    private var droppedBefore: UInt64 = 0

    private static let trimMilliseconds: Int64 = 60_000

    init(
        path: String, inbox: StoreInbox, now: @escaping @Sendable () -> Int64,
        notice: @escaping @Sendable (StoreNotice) -> Void
    ) {
        self.path = path
        self.inbox = inbox
        self.now = now
        self.notice = notice
    }

    func openFirst() throws(FirewallStoreError) {
        do {
            try open()
        } catch {
            guard case .full = error else { throw error }
            fail(error)
        }
    }

    /// Opens the database if it is not, and sets it aside if it is damaged.
    private func open() throws(FirewallStoreError) {
        guard database == nil else { return }
        do {
            database = try StoreDatabase(path: path, longestLog: inbox.limits.maximumLogBytes)
        } catch .damaged(_, let reason) {
            try setAside(reason)
            database = try StoreDatabase(path: path, longestLog: inbox.limits.maximumLogBytes)
        }
    }

    private func setAside(_ reason: String) throws(FirewallStoreError) {
        database?.close()
        database = nil
        job = nil
        let name = try StoreFiles(path: path).setAside()
        notice(.setAside(path: path, as: name, reason: reason))
    }

    func close() {
        waiters.forEach { $0.done.signal() }
        waiters = []
        database?.close()
        database = nil
    }

    // MARK: What waits

    func write(_ batch: StoreInbox.Batch) {
        var batch = batch
        waiters += batch.barriers
        for case .threats(let list) in batch.changes {
            // Of a feed the last list alone counts.
            lists.removeAll { $0.feed == list.feed }
            lists.append(list)
            if job?.list.feed == list.feed { job = nil }
        }
        batch.changes = retained + batch.changes.filter { if case .threats = $0 { false } else { true } }
        retained = []
        commit(batch)
        // Who waits for a trim gets it even if it is not due.
        if batch.barriers.contains(where: { $0.kind == .trim }) {
            nextTrim = 0
            trimming.begin()
        }
        report()
    }

    private func commit(_ batch: StoreInbox.Batch) {
        guard !batch.isEmpty else { return }
        if let retryAt, steadyMilliseconds() < retryAt, batch.barriers.isEmpty, !batch.isClosing {
            return keep(batch)
        }
        var packets = batch.packets[...]
        var changes = batch.changes
        repeat {
            let slice = packets.prefix(StoreInbox.fullBatch)
            do throws(FirewallStoreError) {
                try attempt { database throws(FirewallStoreError) in try database.write(slice, changes) }
            } catch {
                fail(error)
                return keep(StoreInbox.Batch(packets: Array(packets), changes: changes))
            }
            packets = packets.dropFirst(slice.count)
            changes = []
            let count = UInt64(slice.count)
            inbox.update { status in
                status.written += count
                status.transactions += 1
            }
            recover()
        } while !packets.isEmpty
    }

    /// What could not be written: packets are dropped, the rest is tried again.
    private func keep(_ batch: StoreInbox.Batch) {
        let dropped = UInt64(batch.packets.count)
        inbox.update { $0.dropped += dropped }
        retained = Array(batch.changes.suffix(StoreInbox.maximumChanges))
    }

    /// Does something with the database; with a new one if the old one turns out to be damaged.
    private func attempt(
        _ body: (StoreDatabase) throws(FirewallStoreError) -> Void
    ) throws(FirewallStoreError) {
        try open()
        guard let database else { return }
        do {
            try body(database)
        } catch .damaged(_, let reason) {
            try setAside(reason)
            try open()
            if let database = self.database { try body(database) }
        }
    }

    private func fail(_ error: FirewallStoreError) {
        let condition: StoreStatus.Condition =
            if case .full = error { .full } else { .failing("\(error)") }
        if retryAt == nil {
            droppedBefore = inbox.status.dropped
            switch error {
            case .full: notice(.full(path: path))
            case .unavailable(_, let reason): notice(.failing(path: path, reason: reason))
            default: notice(.failing(path: path, reason: "\(error)"))
            }
        }
        retryAt = steadyMilliseconds() + StoreWriter.retrySeconds * 1_000
        inbox.update { $0.condition = condition }
        // What it had done of a slice was taken back; it begins anew, and finds what it has written before.
        job = nil
        // An open file may be one that is no longer there; of a full disk the file is as good as ever.
        if case .full = error { return }
        database?.close()
        database = nil
    }

    private func recover() {
        guard retryAt != nil else { return }
        retryAt = nil
        inbox.update { $0.condition = .working }
        notice(.recovered(path: path, dropped: inbox.status.dropped - droppedBefore))
    }

    // MARK: What takes long

    /// How long there is nothing to do unless something comes.
    var idleMilliseconds: Int64 {
        let steady = steadyMilliseconds()
        if let retryAt { return max(100, retryAt - steady) }
        return max(0, nextTrim - steady)
    }

    /// Does a bit of what takes long.
    /// - Returns: whether there is more to do at once.
    func doSlice() -> Bool {
        let steady = steadyMilliseconds()
        guard retryAt.map({ steady >= $0 }) ?? true else {
            releaseWaiters()
            return false
        }
        var isBusy = false
        do throws(FirewallStoreError) {
            // Where nothing came since the trouble, what is left over is tried.
            if retryAt != nil { try retry() }
            try attempt { database throws(FirewallStoreError) in
                isBusy = try slice(of: database, steady: steady)
            }
        } catch {
            fail(error)
        }
        report()
        if !isBusy { releaseWaiters() }
        return isBusy
    }

    private func retry() throws(FirewallStoreError) {
        let changes = retained
        try attempt { database throws(FirewallStoreError) in try database.probe(changes) }
        retained = []
        recover()
    }

    private func slice(of database: StoreDatabase, steady: Int64) throws(FirewallStoreError) -> Bool {
        if job == nil, let list = lists.first {
            job = try database.begin(list, maximum: inbox.limits.maximumThreats)
        }
        if let current = job {
            if try database.carryOn(current) {
                lists.removeFirst()
                job = nil
                if current.left > 0 { notice(.tooManyThreats(feed: current.list.feed, left: current.left)) }
            }
            inbox.update { [isBusy = !lists.isEmpty] in $0.isReplacingThreats = isBusy }
            return true
        }
        if steady >= nextTrim || trimming.isBusy {
            nextTrim = steady + Self.trimMilliseconds
            return try database.trim(&trimming, limits: inbox.limits, now: now(), steady: steady)
        }
        return false
    }

    private func releaseWaiters() {
        waiters.forEach { $0.done.signal() }
        waiters = []
    }

    private func report() {
        let bytes = database?.bytes ?? 0
        // After each transaction, so that a flood does not outrun the upkeep.
        if bytes > inbox.limits.maximumBytes { nextTrim = min(nextTrim, steadyMilliseconds() + 1_000) }
        inbox.update { $0.bytes = bytes }
    }
}
