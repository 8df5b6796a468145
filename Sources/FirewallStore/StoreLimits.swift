package import Firewall

/// How much a ``FirewallStore`` may hold, and how fast it may grow.
package struct StoreLimits: Hashable, Sendable {
    /// Days after which records go.
    package var retainDays: Int
    /// Bytes on the disk; the oldest records go when there are more. The write-ahead log beside it has up to some MiB more.
    package var maximumBytes: Int
    /// Packets that wait to be written; when there are more, they are dropped and counted.
    package var waitingPackets = 4_096
    /// Packets a second that are written down; what comes beyond is dropped and counted.
    package var packetsPerSecond = 1_000
    /// Bytes of the write-ahead log, which grows beyond a few MiB only while another program reads without end; then nothing more is written.
    package var maximumLogBytes = 64 << 20

    package init(retainDays: Int = 30, maximumBytes: Int = 512 << 20) {
        self.retainDays = max(1, retainDays)
        self.maximumBytes = max(1 << 20, maximumBytes)
    }

    package init(_ policy: LogPolicy) {
        self.init(retainDays: policy.retainDays, maximumBytes: max(8, min(policy.maximumMiB, 65_536)) << 20)
    }

    /// Rows of threats that are kept in all: two fifths of the space, at 64 bytes each.
    var maximumThreats: Int { min(4_000_000, maximumBytes / 160) }
}

/// How the store is.
package struct StoreStatus: Hashable, Sendable {
    package enum Condition: Hashable, Sendable {
        case working
        /// There is no space on the disk; what comes is dropped, and tried again now and then.
        case full
        /// Something else is wrong, in words for people; tried again now and then.
        case failing(String)
    }

    package var condition = Condition.working
    /// Packets written down since the start.
    package var written: UInt64 = 0
    /// Packets that were dropped since the start, as too many came or the disk was full.
    package var dropped: UInt64 = 0
    /// Transactions since the start.
    package var transactions: UInt64 = 0
    /// Changes that wait to be written.
    package var waiting = 0
    /// Bytes of the database on the disk.
    package var bytes = 0
    /// Whether entries of a feed are being written down.
    package var isReplacingThreats = false
}

/// What happened to the store that people should know.
package enum StoreNotice: Hashable, Sendable, CustomStringConvertible {
    case full(path: String)
    case failing(path: String, reason: String)
    /// After ``full(path:)`` or ``failing(path:reason:)``; so many packets were not written down.
    case recovered(path: String, dropped: UInt64)
    case setAside(path: String, as: String, reason: String)
    /// A feed has more entries than the store may hold: so many of its entries are not written down. They are blocked all the same.
    case tooManyThreats(feed: String, left: Int)

    package var description: String {
        switch self {
        case .full(let path):
            "there is no space for the log \(path): packets are blocked as before, but not written down, until there is "
                + "space again. Free some, or lower log.maximumMiB"
        case .failing(let path, let reason):
            "the log \(path) cannot be written (\(reason)): packets are blocked as before, but not written down. It is "
                + "tried again every \(StoreWriter.retrySeconds) s"
        case .recovered(let path, let dropped):
            "the log \(path) is written again; \(dropped) packets are missing in it"
        case .setAside(let path, let name, let reason):
            "the log \(path) was damaged (\(reason)): it was set aside as \(name), and a new one has begun. "
                + "Look into it with sqlite3's .recover, or delete it"
        case .tooManyThreats(let feed, let left):
            "the feed \(feed) has more entries than the log may hold: \(left) of them are not written down; they are "
                + "blocked all the same. Raise log.maximumMiB to have them all"
        }
    }
}
