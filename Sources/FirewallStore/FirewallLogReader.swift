package import Firewall
import Foundation
import GRDB

/// Asks the log, while it is being written or not. A question sees all that was on the disk when it was asked.
package final class FirewallLogReader: Sendable {
    private let queue: DatabaseQueue
    private let path: String

    /// - Throws: ``FirewallStoreError/missing(_:)`` and others.
    package init(path: String) throws(FirewallStoreError) {
        self.path = path
        guard FileManager.default.fileExists(atPath: path) else { throw .missing(path) }
        do {
            queue = try DatabaseQueue(path: path, configuration: .firewallReader)
            let found = try queue.read { try Int.fetchOne($0, sql: "PRAGMA user_version") ?? 0 }
            guard found <= FirewallSchema.version else {
                throw FirewallStoreError.newerSchema(found: found, known: FirewallSchema.version, path: path)
            }
        } catch {
            throw FirewallStoreError(error, path: path)
        }
    }

    private func read<Value>(_ body: (Database) throws -> Value) throws(FirewallStoreError) -> Value {
        do {
            return try queue.read(body)
        } catch {
            throw FirewallStoreError(error, path: path)
        }
    }

    // MARK: Packets

    /// Packets of the log, the oldest first: the newest so many, or with ``LogQuery/after`` the first so many that came after that one.
    package func packets(_ query: LogQuery) throws(FirewallStoreError) -> [StoredPacket] {
        try read { db in
            let select = PacketSelect(query)
            let packets = try Row.fetchAll(db, sql: select.sql, arguments: select.arguments).map {
                StoredPacket($0, query.kind)
            }
            return query.after == nil ? packets.reversed() : packets
        }
    }

    /// The number of the newest packet; 0 if there is none. To follow from here on.
    package func newest(_ kind: LogQuery.Kind) throws(FirewallStoreError) -> Int64 {
        try read { try Int64.fetchOne($0, sql: "SELECT max(id) FROM \(kind.table)") ?? 0 }
    }

    /// About how many packets there are.
    package func count(_ kind: LogQuery.Kind) throws(FirewallStoreError) -> Int {
        try read { db in
            // To count them one by one takes long; that some in between are gone is rare.
            let newest = try Int64.fetchOne(db, sql: "SELECT max(id) FROM \(kind.table)")
            let oldest = try Int64.fetchOne(db, sql: "SELECT min(id) FROM \(kind.table)")
            guard let newest, let oldest else { return 0 }
            return Int(newest - oldest) + 1
        }
    }

    // MARK: Statistics

    /// Records of the statistics, the newest first.
    package func statistics(since: Int64, limit: Int = 100) throws(FirewallStoreError) -> [StatisticsRecord] {
        try read { db in
            let sql = "SELECT * FROM stats WHERE time >= ? ORDER BY id DESC LIMIT ?"
            return try Row.fetchAll(db, sql: sql, arguments: [since, max(1, min(limit, 100_000))]).map { row in
                StatisticsRecord(row, counters: try Self.counters(db, id: row["id"]))
            }
        }
    }

    /// What was counted in the records that end after `since` and up to `until`, milliseconds since 1970, all together; `nil` if there is none.
    /// The time is that of the last record, the bans are the most at once, the memory is the most.
    package func totals(since: Int64, until: Int64 = .max) throws(FirewallStoreError) -> StatisticsRecord? {
        try read { db in
            let sums = """
                SELECT max(time) AS time, sum(span) AS span, max(bans) AS bans, sum(logged) AS logged,
                    sum(lost) AS lost, sum(processor_ms) AS processor_ms, max(resident_kib) AS resident_kib
                FROM stats WHERE time > ? AND time <= ? HAVING count(*) > 0
                """
            guard let row = try Row.fetchOne(db, sql: sums, arguments: [since, until]) else { return nil }
            let counters = """
                SELECT each.key AS name, sum(json_extract(each.value, '$[0]')) AS packets, sum(json_extract(each.value, '$[1]')) AS bytes
                FROM stats, json_each(stats.counters) AS each WHERE time > ? AND time <= ? GROUP BY each.key
                """
            return StatisticsRecord(
                row, counters: try Self.counters(db, sql: counters, arguments: [since, until]))
        }
    }

    private static func counters(_ db: Database, id: Int64) throws -> [String: CounterAmount] {
        let sql = """
            SELECT each.key AS name, json_extract(each.value, '$[0]') AS packets, json_extract(each.value, '$[1]') AS bytes
            FROM stats, json_each(stats.counters) AS each WHERE stats.id = ?
            """
        return try counters(db, sql: sql, arguments: [id])
    }

    private static func counters(
        _ db: Database, sql: String, arguments: StatementArguments
    ) throws -> [String: CounterAmount] {
        var counters: [String: CounterAmount] = [:]
        let rows = try Row.fetchCursor(db, sql: sql, arguments: arguments)
        while let row = try rows.next() {
            let packets: Int64 = row["packets"] ?? 0
            let bytes: Int64 = row["bytes"] ?? 0
            counters[row["name"]] = CounterAmount(
                packets: UInt64(clamping: packets), bytes: UInt64(clamping: bytes))
        }
        return counters
    }

    // MARK: Threats and bans

    /// What feeds say, or have said, of an address; what they still say first. At most 100.
    package func threats(of address: IPAddress) throws(FirewallStoreError) -> [StoredThreat] {
        try read { db in
            let sql = """
                SELECT * FROM (
                    SELECT feeds.name AS name, lo, hi, first_seen, gone FROM feeds CROSS JOIN threat_intel
                        ON threat_intel.feed = feeds.id AND lo = ?1 AND hi = ?1
                    UNION ALL SELECT feeds.name, lo, hi, first_seen, gone FROM threat_intel CROSS JOIN feeds
                        ON feeds.id = threat_intel.feed
                        WHERE lo <> hi AND lo <= ?1 AND hi >= ?1 AND typeof(lo) = typeof(?1)
                ) ORDER BY gone IS NOT NULL, first_seen, name LIMIT 100
                """
            let arguments: StatementArguments = [address.databaseValue]
            return try Row.fetchAll(db, sql: sql, arguments: arguments).compactMap { row in
                guard let low = IPAddress(database: row[1]), let high = IPAddress(database: row[2]), low <= high else {
                    return nil
                }
                return StoredThreat(feed: row[0], addresses: low...high, firstSeen: row[3], goneSince: row[4])
            }
        }
    }

    /// By name.
    package func feeds() throws(FirewallStoreError) -> [StoredFeed] {
        try read { db in
            try Row.fetchAll(db, sql: "SELECT name, updated, entries FROM feeds ORDER BY name").map {
                StoredFeed(name: $0[0], updated: $0[1], entries: $0[2])
            }
        }
    }

    /// What a ``BanBook`` goes on from: bans that are in force at a time, in milliseconds since 1970, the earliest first, and who was banned before.
    package func banState(at now: Int64) throws(FirewallStoreError) -> BanState {
        try read { db in
            let live = "SELECT * FROM bans WHERE lifted IS NULL AND until > ? ORDER BY id"
            let bans = try Row.fetchAll(db, sql: live, arguments: [now]).compactMap(Ban.init)
            let rows = try Row.fetchAll(db, sql: "SELECT target, offences, since FROM offences ORDER BY target")
            let offenders = rows.compactMap { row in
                IPPrefix(stored: row[0]).map { BanState.Offender(target: $0, offences: row[1], since: row[2]) }
            }
            return BanState(bans: bans, offenders: offenders)
        }
    }

    /// Bans of the past and the present, the newest first.
    package func banHistory(limit: Int) throws(FirewallStoreError) -> [Ban] {
        try read { db in
            let sql = "SELECT * FROM bans ORDER BY id DESC LIMIT ?"
            return try Row.fetchAll(db, sql: sql, arguments: [max(1, limit)]).compactMap(Ban.init)
        }
    }
}
