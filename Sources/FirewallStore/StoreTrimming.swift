import GRDB

/// Deletes what is too old or too much, in slices, and gives the space back to the disk.
struct StoreTrimming {
    private var clock = SteadyClock()
    /// The file had become too large; rows are deleted until there is some room again.
    private var isShrinking = false
    private(set) var isBusy = false
    /// Pages were given back that the file still has.
    private var hasFreed = false

    private static let sliceRows = 500
    private static let slicePages = 256
    /// Pages that are free within the file and stay there, to be used again.
    private static let sparePages = 1_024

    /// The pages of the file.
    struct Space {
        let pageSize: Int
        let pages: Int
        let free: Int

        init(_ db: Database) throws {
            pageSize = try Int.fetchOne(db.cachedStatement(sql: "PRAGMA page_size")) ?? 4_096
            pages = try Int.fetchOne(db.cachedStatement(sql: "PRAGMA page_count")) ?? 0
            free = try Int.fetchOne(db.cachedStatement(sql: "PRAGMA freelist_count")) ?? 0
        }

        var bytes: Int { pages * pageSize }
        var used: Int { (pages - free) * pageSize }
    }

    /// A part of the log of which the oldest rows go when there is too much.
    private struct Part {
        let table: String
        /// About what a row takes with its indexes.
        let rowBytes: Int
        /// Of 100: what it may have of what there is, when the others want it too.
        let share: Int

        static let all = [
            Part(table: "blocked_packets", rowBytes: 135, share: 70),
            Part(table: "allowed_packets", rowBytes: 120, share: 20),
            Part(table: "stats", rowBytes: 400, share: 10),
        ]
    }

    mutating func begin() { isBusy = true }

    /// - Parameters:
    ///   - now: milliseconds since 1970.
    ///   - steady: milliseconds of a clock that does not jump.
    /// - Returns: whether there is more to do at once.
    mutating func slice(_ db: Database, limits: StoreLimits, now: Int64, steady: Int64) throws -> Bool {
        isBusy = try deleteOld(db, limits: limits, now: now, steady: steady)
        let space = try Space(db)
        if space.used > limits.maximumBytes / 100 * 97 { isShrinking = true }
        if space.used <= limits.maximumBytes / 100 * 90 { isShrinking = false }
        if isShrinking {
            if try deleteOldest(db) { isBusy = true } else { isShrinking = false }
        }
        // What was freed goes back to the disk; a little stays for what comes.
        if space.free > 0, space.free > Self.sparePages || space.bytes > limits.maximumBytes {
            // Each step of the pragma frees a page.
            let freeing = try db.makeStatement(sql: "PRAGMA incremental_vacuum(\(Self.slicePages))")
            let cursor = try Row.fetchCursor(freeing)
            while try cursor.next() != nil {}
            isBusy = true
            hasFreed = true
        }
        if hasFreed, !isBusy {
            // The file itself becomes shorter when the write-ahead log is brought into it.
            hasFreed = false
            _ = try Row.fetchOne(db, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
        }
        return isBusy
    }

    /// - Returns: whether there may be more.
    private mutating func deleteOld(
        _ db: Database, limits: StoreLimits, now: Int64, steady: Int64
    ) throws -> Bool {
        guard clock.isTrusted(now: now, steady: steady, newest: try Self.newest(db)) else { return false }
        let before = now - Int64(limits.retainDays) * 86_400_000
        let deletions: [(sql: String, before: Int64)] =
            Part.all.map { part in
                (
                    "\(part.table) WHERE id IN (SELECT id FROM \(part.table) WHERE time < ? ORDER BY time LIMIT ?)",
                    before
                )
            } + [
                ("bans WHERE id IN (SELECT id FROM bans WHERE max(until, ifnull(lifted, 0)) < ? LIMIT ?)", before),
                (
                    """
                    threat_intel WHERE (feed, lo, hi) IN
                        (SELECT feed, lo, hi FROM threat_intel WHERE gone < ? ORDER BY gone LIMIT ?)
                    """, before / 1_000
                ),
            ]
        var isMore = false
        for deletion in deletions {
            try db.cachedStatement(sql: "DELETE FROM " + deletion.sql)
                .execute(arguments: [deletion.before, Self.sliceRows])
            if db.changesCount >= Self.sliceRows { isMore = true }
        }
        return isMore
    }

    /// When the newest record was made, in milliseconds since 1970.
    private static func newest(_ db: Database) throws -> Int64? {
        let newest = try Part.all.compactMap { part in
            try Int64.fetchOne(
                db.cachedStatement(sql: "SELECT time FROM \(part.table) ORDER BY id DESC LIMIT 1"))
        }
        return newest.max()
    }

    /// Deletes the oldest rows of the part that exceeds its share the most. By the order in which they came, as clocks may jump.
    /// - Returns: whether there were any.
    private func deleteOldest(_ db: Database) throws -> Bool {
        var worst: (part: Part, oldest: Int64, excess: Int)?
        for part in Part.all {
            let lowest = try Int64.fetchOne(db.cachedStatement(sql: "SELECT min(id) FROM \(part.table)"))
            let highest = try Int64.fetchOne(db.cachedStatement(sql: "SELECT max(id) FROM \(part.table)"))
            guard let lowest, let highest else { continue }
            let excess = Int(highest - lowest + 1) * part.rowBytes / part.share
            if excess > worst?.excess ?? -1 { worst = (part, lowest, excess) }
        }
        guard let worst else {
            // Then it is feeds' entries: those that are gone.
            try db.execute(
                sql: """
                    DELETE FROM threat_intel WHERE (feed, lo, hi) IN
                        (SELECT feed, lo, hi FROM threat_intel WHERE gone IS NOT NULL ORDER BY gone LIMIT ?)
                    """, arguments: [Self.sliceRows])
            return db.changesCount > 0
        }
        try db.cachedStatement(sql: "DELETE FROM \(worst.part.table) WHERE id < ?")
            .execute(arguments: [worst.oldest + Int64(Self.sliceRows)])
        return true
    }
}

/// Tells whether the clock can be believed when it says that records are old. One that has jumped is not believed until it went steadily for a day: what would be deleted cannot be had back.
struct SteadyClock {
    /// What the two clocks differed by.
    private var difference: Int64?
    /// By the steady clock.
    private var trustedFrom: Int64 = 0

    private static let jump: Int64 = 3_600_000
    private static let day: Int64 = 86_400_000

    /// - Parameters:
    ///   - now: milliseconds since 1970.
    ///   - steady: milliseconds of a clock that does not jump.
    ///   - newest: when the newest record was made.
    mutating func isTrusted(now: Int64, steady: Int64, newest: Int64?) -> Bool {
        let difference = now - steady
        if let before = self.difference {
            if abs(difference - before) > Self.jump { trustedFrom = steady + Self.day }
        } else if let newest, now > newest + 7 * Self.day || now < newest - Self.jump {
            // Nothing was written for a week, or the past was later than now: either the machine was off, or the clock is wrong.
            trustedFrom = steady + Self.day
        }
        self.difference = difference
        return steady >= trustedFrom
    }
}
