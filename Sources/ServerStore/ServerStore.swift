package import Audit
package import ChatServer
import Foundation
import GRDB
package import NIOCore
import Synchronization

/// The server's records on the disk: an SQLite database with one connection, which writes and brings the log into the database.
///
/// What ``write(_:)`` has returned from is on the disk (write-ahead log, `synchronous` FULL). After a failure nobody knows what is there: then
/// nothing is written any more.
package final class ServerStore: Sendable {
    let queue: DatabaseQueue
    package let path: String
    /// In the server's folder.
    package static let fileName = "conclave.db"
    private let hasFailed = Mutex(false)

    /// How much of the log is not in the database yet.
    private let log = LogGauge()

    private static let drop = "DELETE FROM entries WHERE id BETWEEN ? AND ?"
    private static let delete = "DELETE FROM records WHERE kind = ? AND key = ?"
    private static let deleteRest = "DELETE FROM records WHERE kind = ? AND key > ?"
    private static let deleteAll = "DELETE FROM records WHERE kind = ? AND key > ? AND key < ?"

    /// Opens the database in a folder; makes it if there is none. Nobody else may use the folder.
    package convenience init(folder: String) throws(ServerStoreError) {
        try self.init(folder: folder, schema: .current)
    }

    init(folder: String, schema: ServerSchema) throws(ServerStoreError) {
        let path = folder + "/" + Self.fileName
        self.path = path
        do {
            let files = StoreFiles(database: path)
            if try !files.exists() { try schema.makeDatabase(files) }
            queue = try DatabaseQueue(path: path, configuration: .serverStore)
            try queue.writeWithoutTransaction { db in
                try db.requireSafeForServer()
                let found = try schema.form(of: db, path)
                if found < schema.version { try schema.upgrade(db, from: found, files) }
                log.attach(to: db)
                // What the last run left in the log comes into the database, and the log begins anew.
                try db.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
            }
        } catch {
            throw ServerStoreError(error, database: path)
        }
    }

    /// Carries out changes in their order, all or none; they are on the disk when it returns.
    /// - Parameter audit: what the audit log gets with them.
    /// - Throws: ``ServerStoreError/full(_:)`` if there is no space for them: then none was carried out, and they may be tried again. After
    ///   any other error nothing is written any more.
    package func write(_ units: [[StoreWrite]], audit: AuditBatch? = nil) throws(ServerStoreError) {
        guard !hasFailed.withLock({ $0 }) else {
            throw .unavailable("the database \(path) has failed before: nothing is written any more")
        }
        do {
            try queue.writeWithoutTransaction { db in
                let hot = try HotStatements(db)
                defer { hot.clear() }
                try hot.inTransaction(db) {
                    try Self.carryOut(units, hot, in: db)
                    if let audit { try Self.record(audit, in: db) }
                }
            }
        } catch {
            let error = ServerStoreError(error, database: path)
            if !error.isFull { hasFailed.withLock { $0 = true } }
            throw error
        }
    }

    private static func carryOut(_ units: [[StoreWrite]], _ hot: HotStatements, in db: Database) throws {
        // Each message puts its sender's record anew; of a batch's only the last counts.
        var senders: [[UInt8]: ByteBuffer] = [:]
        func putSenders() throws {
            for (key, value) in senders { try hot.put(.senders, key, value, in: db) }
            senders = [:]
        }
        for write in units.joined() {
            switch write {
            case .put(.senders, let key, let value): senders[key] = value
            case .delete(.senders, _), .deleteAll(.senders, _):
                try putSenders()
                try carryOut(write, hot, in: db)
            default: try carryOut(write, hot, in: db)
            }
        }
        try putSenders()
    }

    private static func carryOut(_ write: StoreWrite, _ hot: HotStatements, in db: Database) throws {
        switch write {
        case .put(let table, let key, let value):
            try hot.put(table, key, value, in: db)
        case .append(let room, let sequence, let value):
            try hot.append(EntryID(room, sequence), value, in: db)
        case .drop(let room, let last):
            let arguments: StatementArguments = [EntryID(room, 0).value, EntryID(room, last).value]
            try db.cachedStatement(sql: drop).execute(arguments: arguments)
        case .delete(let table, let key):
            try db.cachedStatement(sql: delete).execute(arguments: [Int64(table.rawValue), Data(key)])
        case .deleteAll(let table, let prefix):
            let kind = Int64(table.rawValue)
            // Above a prefix that is all 0xFF there is no other key.
            guard let last = prefix.lastIndex(where: { $0 < .max }) else {
                return try db.cachedStatement(sql: deleteRest).execute(arguments: [kind, Data(prefix)])
            }
            let end = prefix[..<last] + [prefix[last] + 1]
            try db.cachedStatement(sql: deleteAll)
                .execute(arguments: [kind, Data(prefix), Data(end)])
        }
    }

    // MARK: The log

    /// Brings the log into the database if it has become long, or if it is of some length and this is a good moment for it. It is not done in the midst of ``write(_:audit:)``:
    /// whoever waits for that need not wait for this.
    /// - Parameter isIdle: nobody waits for something to be written.
    /// - Throws: ``ServerStoreError`` if the disk has failed; then nothing is written any more. That there is no space for it does not matter yet.
    package func shortenLog(isIdle: Bool) throws(ServerStoreError) {
        guard log.isDue(isIdle: isIdle), !hasFailed.withLock({ $0 }) else { return }
        do {
            try queue.writeWithoutTransaction { try log.bring(into: $0) }
        } catch {
            let error = ServerStoreError(error, database: path)
            guard !error.isFull else { return }
            hasFailed.withLock { $0 = true }
            throw error
        }
    }

    /// Gives the records that a recovery reads to `body`, by ascending tables and keys.
    /// - Throws: what `body` throws, or ``ServerStoreError``.
    package func forEachRecord(
        _ body: (_ table: StoreTable, _ key: [UInt8], _ value: ByteBuffer) throws -> Void
    ) throws {
        do {
            try queue.writeWithoutTransaction { db in
                let left = StoreTable.allCases.filter { !$0.isRecovered }.map { "\($0.rawValue)" }.joined(
                    separator: ",")
                let rows = try Row.fetchCursor(
                    db, sql: "SELECT kind, key, value FROM records WHERE kind NOT IN (\(left)) ORDER BY kind, key")
                var before: (kind: Int64, key: [UInt8]) = (-1, [])
                while let row = try rows.next() {
                    let kind: Int64 = row[0]
                    guard let table = UInt8(exactly: kind).flatMap(StoreTable.init) else {
                        throw ServerStoreError.damaged("the database \(path) has a record of an unknown kind")
                    }
                    let key = try row.withUnsafeData(atIndex: 1) { [UInt8]($0 ?? Data()) }
                    let value = try row.withUnsafeData(atIndex: 2) { ByteBuffer(bytes: $0 ?? Data()) }
                    guard kind > before.kind || before.key.lexicographicallyPrecedes(key) else {
                        throw ServerStoreError.damaged("the database \(path) has records out of order")
                    }
                    before = (kind, key)
                    try body(table, key, value)
                }
            }
        } catch let error as DatabaseError {
            throw ServerStoreError(error, database: path)
        }
    }

    /// Gives the entries of a room after a number to `body`, in their order.
    /// - Throws: what `body` throws, or ``ServerStoreError``.
    package func forEachEntry(
        ofRoom room: UInt32, after sequence: UInt64, _ body: (_ value: ByteBuffer) throws -> Void
    ) throws {
        do {
            try queue.writeWithoutTransaction { db in
                let sql = "SELECT value FROM entries WHERE id > ? AND id <= ? ORDER BY id"
                let arguments: StatementArguments = [
                    EntryID(room, sequence).value, EntryID(room, EntryID.maximumSequence).value,
                ]
                let rows = try Row.fetchCursor(db, sql: sql, arguments: arguments)
                while let row = try rows.next() {
                    try body(try row.withUnsafeData(atIndex: 0) { ByteBuffer(bytes: $0 ?? Data()) })
                }
            }
        } catch let error as DatabaseError {
            throw ServerStoreError(error, database: path)
        }
    }

    /// Empties the log into the database and closes it.
    package func close() {
        // Nobody is there to tell; what was written is on the disk.
        try? queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
        try? queue.close()
    }

    /// How the connection is set, in SQLite's own words.
    func setting(_ name: String) throws -> String {
        try queue.writeWithoutTransaction { try String.fetchOne($0, sql: "PRAGMA " + name) ?? "" }
    }
}

extension Configuration {
    static var serverStore: Configuration {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        configuration.busyMode = .immediateError
        configuration.prepareDatabase { db in
            // Others may read meanwhile; this connection alone writes, and brings the log into the database.
            try db.execute(
                sql: """
                    PRAGMA trusted_schema = OFF;
                    PRAGMA cell_size_check = ON;
                    PRAGMA temp_store = MEMORY;
                    PRAGMA journal_mode = WAL;
                    PRAGMA journal_size_limit = 67108864;
                    PRAGMA synchronous = FULL;
                    """)
        }
        return configuration
    }
}

extension Database {
    /// - Throws: ``ServerStoreError/unavailable(_:)`` if the connection is not set as the store's promises need it.
    fileprivate func requireSafeForServer() throws {
        for (name, value) in [("synchronous", "2"), ("journal_mode", "wal")] {
            let found = try String.fetchOne(self, sql: "PRAGMA " + name)
            guard found == value else {
                throw ServerStoreError.unavailable(
                    "the database is not safe to use: \(name) is \(found ?? "unknown"), not \(value)")
            }
        }
    }
}
