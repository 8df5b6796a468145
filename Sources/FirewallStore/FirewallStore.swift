package import Firewall
import Synchronization

/// The firewall's log and memory on the disk: an SQLite database that a thread of its own writes.
///
/// What is given to it is written within about a second, in one transaction. Nothing here waits for the disk, except where it is said. A flood
/// cannot fill the memory, the disk or the processor: packets beyond what ``StoreLimits`` allow are dropped and counted. When the disk is full or the
/// database damaged, the rest of the firewall does not notice: see ``status`` and ``StoreNotice``.
package final class FirewallStore: Sendable {
    package let path: String
    private let inbox: StoreInbox
    private let writer: StoreWriter

    /// In the firewall's data folder.
    package static let fileName = "firewall.db"

    /// Opens the database; makes it if there is none, readable by its owner only. One that is damaged is set aside.
    /// - Parameters:
    ///   - now: milliseconds since 1970. The clock may jump.
    ///   - notice: is told, on the store's thread, what people should know.
    /// - Throws: ``FirewallStoreError`` if it can never be used like this. That the disk is full is no such reason.
    package init(
        path: String, limits: StoreLimits = StoreLimits(), now: @escaping @Sendable () -> Int64,
        notice: @escaping @Sendable (StoreNotice) -> Void = { _ in }
    ) throws(FirewallStoreError) {
        self.path = path
        guard let wakeup = Wakeup() else {
            throw .unavailable(path: path, reason: "too many files are open")
        }
        inbox = StoreInbox(limits: limits, wakeup: wakeup)
        writer = StoreWriter(path: path, limits: limits, inbox: inbox, wakeup: wakeup, now: now, notice: notice)
        try writer.start()
    }

    deinit { close() }

    // MARK: What is written

    /// Writes packets down: blocked ones, and the sample of what passed.
    /// - Parameter sampledOneIn: for how many packets one of the sample stands.
    package func append(_ packets: [LoggedPacket], sampledOneIn weight: Int = 1) {
        inbox.append(packets, weight: weight)
    }

    package func append(_ statistics: StatisticsRecord) { inbox.append(.statistics(statistics)) }

    /// Writes a ban down; again when it was changed. Which one it is, its targets and about when it began say.
    package func save(_ ban: Ban) { inbox.append(.ban(ban)) }

    /// Writes down that bans of these targets were ended before their time.
    /// - Parameter time: milliseconds since 1970.
    package func lift(_ targets: [IPPrefix], at time: Int64) { inbox.append(.lift(targets, time)) }

    /// Writes down who was banned how often, instead of what was known before.
    package func save(_ offenders: [BanState.Offender]) { inbox.append(.offenders(offenders)) }

    /// Writes down what a feed lists now, bit by bit beside all else. Of entries that stay nothing is written; those that are missing are kept as gone.
    /// - Parameters:
    ///   - entries: ascending, disjoint; one that is not is left out. Read on the store's thread, once.
    ///   - time: seconds since 1970.
    package func replaceThreats(
        of feed: String, at time: Int64, _ entries: some Sequence<ClosedRange<IPAddress>> & Sendable
    ) {
        inbox.append(.threats(ThreatList(feed: feed, time: time) { AnyIterator(entries.makeIterator()) }))
    }

    /// Forgets a feed and all its entries, bit by bit.
    package func removeFeed(_ feed: String) {
        var list = ThreatList(feed: feed, time: 0) { AnyIterator { nil } }
        list.isRemoval = true
        inbox.append(.threats(list))
    }

    // MARK: Upkeep

    /// Changes how much may be held.
    package func setLimits(_ limits: StoreLimits) { inbox.setLimits(limits) }

    package var status: StoreStatus { inbox.status }

    /// Waits until all that was given is on the disk, or has failed to get there.
    package func flush() { inbox.barrier(.flush) }

    /// Deletes what is too old or too much, and waits for it. The store does so by itself, bit by bit.
    package func trim() { inbox.barrier(.trim) }

    /// Writes what waits, and ends. What is given after it is dropped.
    package func close() { writer.stop() }

    // MARK: What is read

    /// Opens the database for reading, beside the writing. It is for a few questions, not to be kept: a damaged database is replaced.
    package func reader() throws(FirewallStoreError) -> FirewallLogReader { try FirewallLogReader(path: path) }
}
