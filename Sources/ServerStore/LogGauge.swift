import GRDB
import GRDBSQLite
import Synchronization

/// How long the write-ahead log is, and when it is brought into the database. SQLite would do so by itself within a commit for which somebody
/// waits, and would not say that it failed.
final class LogGauge: Sendable {
    private let pages = Atomic<Int>(0)
    /// Until the log is longer than that, to try again is of no use: somebody reads what is before it.
    private let triedAt = Atomic<Int>(0)

    /// Pages (of 4 KiB) from which on it is done when nobody waits.
    static let idleLength = 1_000
    /// Pages from which on it is done also when somebody waits.
    static let busyLength = 8_000

    /// Has SQLite tell how long the log is after each commit, instead of what it does by itself. The connection is closed before this goes.
    func attach(to db: Database) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        sqlite3_wal_hook(
            db.sqliteConnection,
            { context, _, _, pages in
                if let context {
                    let gauge = Unmanaged<LogGauge>.fromOpaque(context).takeUnretainedValue()
                    gauge.pages.store(Int(pages), ordering: .relaxed)
                }
                return SQLITE_OK
            }, context)
    }

    func isDue(isIdle: Bool) -> Bool {
        let length = pages.load(ordering: .relaxed)
        // It begins anew with the next commit after it was brought in.
        if length < triedAt.load(ordering: .relaxed) { triedAt.store(0, ordering: .relaxed) }
        return length - triedAt.load(ordering: .relaxed) >= (isIdle ? Self.idleLength : Self.busyLength)
    }

    /// Brings into the database what nobody reads in the log.
    func bring(into db: Database) throws {
        let code = sqlite3_wal_checkpoint_v2(db.sqliteConnection, nil, SQLITE_CHECKPOINT_PASSIVE, nil, nil)
        triedAt.store(pages.load(ordering: .relaxed), ordering: .relaxed)
        guard code == SQLITE_OK || code == SQLITE_BUSY else {
            throw DatabaseError(
                resultCode: ResultCode(rawValue: code),
                message: db.sqliteConnection.map { String(cString: sqlite3_errmsg($0)) })
        }
    }
}
