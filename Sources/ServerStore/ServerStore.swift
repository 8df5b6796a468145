package import ChatServer
import Foundation
import GRDB
import GRDBSQLite
package import NIOCore
import Synchronization

/// The server's records on the disk: an SQLite database with one connection, which writes and brings the log into the database.
///
/// What ``write(_:)`` has returned from is on the disk (write-ahead log, `synchronous` FULL). After a failure nobody knows what is there: then
/// nothing is written any more.
package final class ServerStore: Sendable {
    private let queue: DatabaseQueue
    package let path: String
    private let hasFailed = Mutex(false)

    private static let put = """
        INSERT INTO records (kind, key, value) VALUES (?, ?, ?)
        ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value
        """
    private static let delete = "DELETE FROM records WHERE kind = ? AND key = ?"
    private static let deleteRest = "DELETE FROM records WHERE kind = ? AND key > ?"
    private static let deleteAll = "DELETE FROM records WHERE kind = ? AND key > ? AND key < ?"

    /// Opens the database in a folder; makes it if there is none. Nobody else may use the folder.
    package convenience init(folder: String) throws(ServerStoreError) {
        try self.init(folder: folder, schema: .current)
    }

    init(folder: String, schema: ServerSchema) throws(ServerStoreError) {
        let path = folder + "/conclave.db"
        self.path = path
        do {
            let files = StoreFiles(database: path)
            if try !files.exists() { try schema.makeDatabase(files) }
            queue = try DatabaseQueue(path: path, configuration: .serverStore)
            try queue.writeWithoutTransaction { db in
                try db.requireSafeForServer()
                let found = try schema.form(of: db, path)
                if found < schema.version { try schema.upgrade(db, from: found, files) }
                // What the last run left in the log comes into the database, and the log begins anew.
                try db.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
            }
        } catch {
            throw ServerStoreError(error, database: path)
        }
    }

    /// Carries out changes in their order, all or none; they are on the disk when it returns.
    package func write(_ units: [[StoreWrite]]) throws(ServerStoreError) {
        guard !hasFailed.withLock({ $0 }) else {
            throw .unavailable("the database \(path) has failed before: nothing is written any more")
        }
        do {
            try queue.writeWithoutTransaction { db in
                try db.inTransaction(.immediate) {
                    let put = try db.cachedStatement(sql: Self.put).sqliteStatement
                    defer { sqlite3_clear_bindings(put) }
                    for unit in units {
                        for write in unit { try Self.carryOut(write, put, in: db) }
                    }
                    return .commit
                }
            }
        } catch {
            hasFailed.withLock { $0 = true }
            throw ServerStoreError(error, database: path)
        }
    }

    private static func carryOut(_ write: StoreWrite, _ put: SQLiteStatement, in db: Database) throws {
        switch write {
        case .put(let table, let key, let value):
            try Self.put(table, key, value, by: put, in: db)
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

    /// Every message comes here: bound from where it lies, it costs a third of what GRDB's arguments take.
    private static func put(
        _ table: StoreTable, _ key: [UInt8], _ value: ByteBuffer, by statement: SQLiteStatement, in db: Database
    ) throws {
        let code = key.withUnsafeBytes { key in
            value.withUnsafeReadableBytes { value in
                sqlite3_bind_int64(statement, 1, Int64(table.rawValue))
                // Without a destructor, SQLite reads the bytes until the statement is reset, below.
                sqlite3_bind_blob(statement, 2, key.baseAddress, Int32(clamping: key.count), nil)
                sqlite3_bind_blob64(statement, 3, value.baseAddress, UInt64(value.count), nil)
                let code = sqlite3_step(statement)
                sqlite3_reset(statement)
                return code
            }
        }
        guard code == SQLITE_DONE else {
            throw DatabaseError(
                resultCode: ResultCode(rawValue: code),
                message: db.sqliteConnection.map { String(cString: sqlite3_errmsg($0)) })
        }
    }

    /// Gives all records to `body`, by ascending tables and keys.
    /// - Throws: what `body` throws, or ``ServerStoreError``.
    package func forEachRecord(
        _ body: (_ table: StoreTable, _ key: [UInt8], _ value: ByteBuffer) throws -> Void
    ) throws {
        do {
            try queue.writeWithoutTransaction { db in
                let rows = try Row.fetchCursor(db, sql: "SELECT kind, key, value FROM records ORDER BY kind, key")
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
            // The exclusive mode comes before the log is first touched: then no file is shared with other processes at all.
            try db.execute(
                sql: """
                    PRAGMA locking_mode = EXCLUSIVE;
                    PRAGMA trusted_schema = OFF;
                    PRAGMA cell_size_check = ON;
                    PRAGMA temp_store = MEMORY;
                    PRAGMA journal_mode = WAL;
                    PRAGMA journal_size_limit = 67108864;
                    PRAGMA wal_autocheckpoint = 2000;
                    PRAGMA synchronous = FULL;
                    """)
        }
        return configuration
    }
}

extension Database {
    /// - Throws: ``ServerStoreError/unavailable(_:)`` if the connection is not set as the store's promises need it.
    fileprivate func requireSafeForServer() throws {
        for (name, value) in [("synchronous", "2"), ("journal_mode", "wal"), ("locking_mode", "exclusive")] {
            let found = try String.fetchOne(self, sql: "PRAGMA " + name)
            guard found == value else {
                throw ServerStoreError.unavailable(
                    "the database is not safe to use: \(name) is \(found ?? "unknown"), not \(value)")
            }
        }
    }
}
