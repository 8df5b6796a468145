import Firewall
import GRDB

/// Brings what the store knows of a feed to what the feed lists now, in slices: both are gone through in their order, side by side, and only differences are written.
final class ThreatJob {
    let list: ThreatList
    /// Entries that were not written down, as there are too many.
    private(set) var left = 0

    private let feed: Int64
    private var entries: AnyIterator<ClosedRange<IPAddress>>
    private let maximum: Int
    /// Rows of all feeds.
    private var rows: Int
    private var entry: ClosedRange<IPAddress>?
    private var listed = 0
    /// The row up to which all is done.
    private var place: (low: DatabaseValue, high: DatabaseValue)?
    private var isSecondPass = false

    /// Rows that are looked at, and entries that are written, between two moments at which others have their turn.
    private static let sliceSize = 2_000

    init(_ list: ThreatList, maximum: Int, _ db: Database) throws {
        self.list = list
        self.maximum = maximum
        entries = list.entries()
        let sql = "INSERT INTO feeds (name, updated, entries) VALUES (?, ?, 0) ON CONFLICT (name) DO NOTHING"
        try db.execute(sql: sql, arguments: [list.feed, list.time])
        feed = try Int64.fetchOne(db, sql: "SELECT id FROM feeds WHERE name = ?", arguments: [list.feed]) ?? 0
        rows = try Int.fetchOne(db, sql: "SELECT count(*) FROM threat_intel") ?? 0
        entry = entries.next()
    }

    /// The next entry that comes after the one before; others are left out.
    private func advance() {
        guard let before = entry else { return }
        listed += 1
        repeat { entry = entries.next() } while entry.map { $0.lowerBound <= before.upperBound } ?? false
    }

    /// - Returns: whether it is done.
    func slice(_ db: Database) throws -> Bool {
        if list.isRemoval { return try remove(db) }
        let known = try nextRows(db)
        let isLast = known.count < Self.sliceSize
        var written = 0
        for row in known {
            while let entry, Self.comes(entry, before: row) {
                // Where more is new than a slice may hold, the rows are looked at again.
                guard written < Self.sliceSize else { return false }
                try insert(entry, db)
                written += 1
                advance()
            }
            if let entry, entry.lowerBound == row.low, entry.upperBound == row.high {
                if row.isGone { try insert(entry, db) }
                advance()
            } else if !row.isGone {
                try markGone(row, db)
            }
            place = (row.low.databaseValue, row.high.databaseValue)
        }
        guard isLast else { return false }
        while let entry {
            guard written < Self.sliceSize else { return false }
            try insert(entry, db)
            written += 1
            advance()
        }
        if left > 0, !isSecondPass, try hasGone(db) {
            beginAgain()
            return false
        }
        try db.execute(
            sql: "UPDATE feeds SET updated = ?, entries = ? WHERE id = ?", arguments: [list.time, listed, feed])
        return true
    }

    private func remove(_ db: Database) throws -> Bool {
        let some = "SELECT lo, hi FROM threat_intel WHERE feed = ?1 LIMIT ?2"
        try db.cachedStatement(sql: "DELETE FROM threat_intel WHERE feed = ?1 AND (lo, hi) IN (\(some))")
            .execute(arguments: [feed, Self.sliceSize])
        guard db.changesCount == 0 else { return false }
        try db.execute(sql: "DELETE FROM feeds WHERE id = ?", arguments: [feed])
        return true
    }

    /// Some were left out before others turned out to be gone: now there is room for them.
    private func beginAgain() {
        isSecondPass = true
        left = 0
        listed = 0
        place = nil
        entries = list.entries()
        entry = entries.next()
    }

    private func hasGone(_ db: Database) throws -> Bool {
        try Int.fetchOne(db, sql: "SELECT 1 FROM threat_intel WHERE gone IS NOT NULL LIMIT 1") != nil
    }

    private struct Known {
        let low: IPAddress
        let high: IPAddress
        let isGone: Bool
    }

    private func nextRows(_ db: Database) throws -> [Known] {
        var arguments: StatementArguments = [feed]
        var condition = ""
        if let place {
            condition = "AND (lo, hi) > (?, ?)"
            arguments += [place.low, place.high]
        }
        arguments += [Self.sliceSize]
        let sql = """
            SELECT lo, hi, gone IS NOT NULL FROM threat_intel WHERE feed = ? \(condition) ORDER BY lo, hi LIMIT ?
            """
        let rows = try Row.fetchCursor(db.cachedStatement(sql: sql), arguments: arguments)
        var known: [Known] = []
        while let row = try rows.next() {
            guard let low = IPAddress(database: row[0]), let high = IPAddress(database: row[1]) else {
                throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "an address in threat_intel is none")
            }
            known.append(Known(low: low, high: high, isGone: row[2]))
        }
        return known
    }

    private static func comes(_ entry: ClosedRange<IPAddress>, before row: Known) -> Bool {
        entry.lowerBound == row.low ? entry.upperBound < row.high : entry.lowerBound < row.low
    }

    /// Writes an entry down, also one that was gone.
    private func insert(_ entry: ClosedRange<IPAddress>, _ db: Database) throws {
        let low = entry.lowerBound.databaseValue
        let high = entry.upperBound.databaseValue
        place = (low, high)
        if rows >= maximum { try makeRoom(db) }
        guard rows < maximum else {
            left += 1
            return
        }
        let back = "UPDATE threat_intel SET gone = NULL WHERE feed = ? AND lo = ? AND hi = ?"
        let new = "INSERT OR IGNORE INTO threat_intel (feed, lo, hi, first_seen) VALUES (?, ?, ?, ?)"
        try db.cachedStatement(sql: new).execute(arguments: [feed, low, high, list.time])
        if db.changesCount > 0 {
            rows += 1
        } else {
            try db.cachedStatement(sql: back).execute(arguments: [feed, low, high])
        }
    }

    private func markGone(_ row: Known, _ db: Database) throws {
        let sql = "UPDATE threat_intel SET gone = ? WHERE feed = ? AND lo = ? AND hi = ?"
        try db.cachedStatement(sql: sql).execute(arguments: [
            list.time, feed, row.low.databaseValue, row.high.databaseValue,
        ])
    }

    /// Deletes some of what feeds no longer list, the oldest first.
    private func makeRoom(_ db: Database) throws {
        let sql = """
            DELETE FROM threat_intel WHERE (feed, lo, hi) IN
                (SELECT feed, lo, hi FROM threat_intel WHERE gone IS NOT NULL ORDER BY gone LIMIT 100)
            """
        try db.cachedStatement(sql: sql).execute()
        rows -= db.changesCount
    }
}
