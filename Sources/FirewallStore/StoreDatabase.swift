import Firewall
import GRDB

/// The connection that writes.
final class StoreDatabase {
    private let path: String
    private let longestLog: Int
    private let queue: DatabaseQueue

    /// - Parameter longestLog: bytes of the write-ahead log beyond which nothing is written.
    init(path: String, longestLog: Int) throws(FirewallStoreError) {
        self.path = path
        self.longestLog = longestLog
        try StoreFiles(path: path).make()
        do {
            queue = try DatabaseQueue(path: path, configuration: .firewallWriter)
            try queue.writeWithoutTransaction { db in
                try FirewallSchema.bring(db, path: path)
                // Finds a form that is not what its number says.
                for table in ["blocked_packets", "allowed_packets", "stats", "bans", "feeds"] {
                    _ = try Row.fetchOne(db, sql: "SELECT * FROM \(table) ORDER BY id DESC LIMIT 1")
                }
                _ = try Row.fetchOne(db, sql: "SELECT * FROM threat_intel LIMIT 1")
            }
        } catch {
            throw FirewallStoreError(error, path: path)
        }
    }

    func close() {
        // Nobody is there to tell; what was committed is in the write-ahead log.
        try? queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
        try? queue.close()
    }

    /// Bytes of the database's file; 0 if that cannot be said.
    var bytes: Int {
        (try? queue.writeWithoutTransaction { db in try StoreTrimming.Space(db).bytes }) ?? 0
    }

    private func transaction<Value>(_ body: (Database) throws -> Value) throws(FirewallStoreError) -> Value {
        do {
            return try queue.writeWithoutTransaction { db in
                try requireShortLog(db)
                var value: Value?
                try db.inTransaction(.immediate) {
                    value = try body(db)
                    return .commit
                }
                guard let value else { throw DatabaseError(resultCode: .SQLITE_ABORT) }
                return value
            }
        } catch {
            throw FirewallStoreError(error, path: path)
        }
    }

    /// What somebody still reads cannot be brought from the write-ahead log into the database; a reader that never ends must not fill the disk.
    private func requireShortLog(_ db: Database) throws {
        let files = StoreFiles(path: path)
        guard files.logBytes > longestLog else { return }
        _ = try Row.fetchOne(db, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
        guard files.logBytes > longestLog else { return }
        throw FirewallStoreError.unavailable(
            path: path,
            reason: "another program has been reading it for so long that what was written since takes "
                + "\(files.logBytes >> 20) MiB; end that program, sqlite3 perhaps")
    }

    // MARK: Packets and small changes

    /// Writes all in one transaction.
    func write(_ packets: ArraySlice<WaitingPacket>, _ changes: [StoreChange]) throws(FirewallStoreError) {
        try transaction { db in
            for packet in packets { try Self.insert(packet, db) }
            for change in changes { try Self.carryOut(change, db) }
        }
    }

    /// Finds out whether something can be written at all, by what waits or by nothing that stays.
    func probe(_ changes: [StoreChange]) throws(FirewallStoreError) {
        try transaction { db in
            for change in changes { try Self.carryOut(change, db) }
            if changes.isEmpty { try db.execute(sql: "PRAGMA user_version = \(FirewallSchema.version)") }
        }
    }

    private static let insertBlocked = """
        INSERT INTO blocked_packets (time, reason, source, source_port, destination, port, protocol, flags, length, input,
            output) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    private static let insertAllowed = """
        INSERT INTO allowed_packets (time, weight, source, source_port, destination, port, protocol, flags, length, input,
            output) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """

    private static func insert(_ waiting: WaitingPacket, _ db: Database) throws {
        let packet = waiting.packet
        let reason = packet.reason
        let second = reason == .pass ? Int64(max(1, waiting.weight)).databaseValue : reason.name.databaseValue
        let values: [DatabaseValue] = [
            packet.time.databaseValue, second, Self.value(packet.source), Self.value(packet.sourcePort),
            Self.value(packet.destination), Self.value(packet.destinationPort), Int64(packet.transport).databaseValue,
            Int64(packet.flags).databaseValue, packet.length.databaseValue, Int64(packet.inputInterface).databaseValue,
            Int64(packet.outputInterface).databaseValue,
        ]
        try db.cachedStatement(sql: reason == .pass ? insertAllowed : insertBlocked)
            .execute(arguments: StatementArguments(values))
    }

    private static func value(_ address: IPAddress?) -> DatabaseValue { address?.databaseValue ?? .null }
    private static func value(_ port: UInt16?) -> DatabaseValue { port.map { Int64($0).databaseValue } ?? .null }

    private static func carryOut(_ change: StoreChange, _ db: Database) throws {
        switch change {
        case .statistics(let record):
            let sql = """
                INSERT INTO stats (time, span, counters, bans, logged, lost, processor_ms, resident_kib)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """
            let numbers = [record.logged, record.lost, record.processorTime, record.residentKiB].map {
                Int64(min($0, 1 << 53))
            }
            try db.cachedStatement(sql: sql).execute(arguments: [
                record.time, record.span, record.counterText, record.bans, numbers[0], numbers[1], numbers[2],
                numbers[3],
            ])
        case .ban(let ban): try save(ban, db)
        case .lift(let targets, let time): try lift(targets, at: time, db)
        case .offenders(let offenders):
            try db.execute(sql: "DELETE FROM offences")
            let sql = "INSERT OR REPLACE INTO offences (target, offences, since) VALUES (?, ?, ?)"
            for offender in offenders {
                try db.cachedStatement(sql: sql).execute(arguments: [
                    offender.target.description, offender.offences, offender.since,
                ])
            }
        case .threats: break  // In slices: see ``ThreatJob``.
        }
    }

    private static func save(_ ban: Ban, _ db: Database) throws {
        // When it began is told by the steady clock, so it moves a little as the clock is set.
        let update = """
            UPDATE bans SET until = ?, kind = ?, detail = ?, offence = ?
            WHERE targets = ? AND lifted IS NULL AND since BETWEEN ? AND ?
            """
        try db.cachedStatement(sql: update).execute(arguments: [
            ban.until, ban.kind.rawValue, ban.detail, ban.offence, ban.targetText, ban.since - 5_000, ban.since + 5_000,
        ])
        guard db.changesCount == 0 else { return }
        let insert = "INSERT INTO bans (targets, since, until, kind, detail, offence) VALUES (?, ?, ?, ?, ?, ?)"
        try db.cachedStatement(sql: insert).execute(arguments: [
            ban.targetText, ban.since, ban.until, ban.kind.rawValue, ban.detail, ban.offence,
        ])
    }

    private static func lift(_ targets: [IPPrefix], at time: Int64, _ db: Database) throws {
        let sql = """
            UPDATE bans SET lifted = ?1
            WHERE lifted IS NULL AND until > ?1 AND instr(' ' || targets || ' ', ' ' || ?2 || ' ') > 0
            """
        for target in targets {
            try db.cachedStatement(sql: sql).execute(arguments: [time, target.description])
        }
    }

    // MARK: What takes long

    /// - Parameter maximum: rows of all feeds together.
    func begin(_ list: ThreatList, maximum: Int) throws(FirewallStoreError) -> ThreatJob {
        try transaction { db in try ThreatJob(list, maximum: maximum, db) }
    }

    /// - Returns: whether it is done.
    func carryOn(_ job: ThreatJob) throws(FirewallStoreError) -> Bool {
        try transaction { db in try job.slice(db) }
    }

    /// - Returns: whether there is more to do at once.
    func trim(
        _ trimming: inout StoreTrimming, limits: StoreLimits, now: Int64, steady: Int64
    ) throws(FirewallStoreError) -> Bool {
        var changed = trimming
        defer { trimming = changed }
        do {
            return try queue.writeWithoutTransaction { db in
                try changed.slice(db, limits: limits, now: now, steady: steady)
            }
        } catch {
            throw FirewallStoreError(error, path: path)
        }
    }
}

extension Configuration {
    /// The whole of it is small: the daemon has 40 MiB for everything.
    static var firewallWriter: Configuration {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        configuration.busyMode = .timeout(1)
        configuration.prepareDatabase { db in
            // What makes the file anew comes before it is first written. `NORMAL`: a failing power supply may cost the last second, no more.
            try db.execute(
                sql: """
                    PRAGMA auto_vacuum = INCREMENTAL;
                    PRAGMA trusted_schema = OFF;
                    PRAGMA cell_size_check = ON;
                    PRAGMA temp_store = MEMORY;
                    PRAGMA cache_size = -2048;
                    PRAGMA mmap_size = 0;
                    PRAGMA journal_mode = WAL;
                    PRAGMA journal_size_limit = 4194304;
                    PRAGMA synchronous = NORMAL;
                    """)
        }
        return configuration
    }

    static var firewallReader: Configuration {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { db in
            try db.execute(
                sql: "PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -1024")
        }
        return configuration
    }
}
