package import ChatClient
package import Crypto
import Foundation
import GRDB
import Synchronization

package import struct ChatClient.Record

/// The client's store: an SQLite database of sealed records, and a key file.
///
/// It has one connection, of which no other process or thread of this one can have a second; every batch is on the disk when
/// ``write(_:)`` returns (write-ahead log, `synchronous` FULL). What is deleted or replaced is overwritten with zeros in the database; in
/// the log it may stand, sealed, until the log comes round, at the latest until the store is closed or opened anew.
package final class SQLiteRecordStore: RecordStore, Sendable {
    private let queue: DatabaseQueue
    private let sealer: RecordSealer
    let master: MasterKey
    let folder: StoreFolder
    /// Words of a failure after which nobody knows what is on the disk: nothing is written any more.
    private let failure = Mutex<String?>(nil)

    /// Opens the database of a folder that holds one.
    init(_ folder: StoreFolder, _ master: MasterKey, schema: Schema) throws(StoreError) {
        let sealer = RecordSealer(master)
        try folder.requireDatabase()
        do {
            queue = try DatabaseQueue(path: folder.database, configuration: .store)
            try queue.writeWithoutTransaction { db in
                try db.requireSafe()
                try db.requireSound(folder.database)
                let form = try schema.form(of: db, folder.database)
                guard let check = try Data.fetchOne(db, sql: "SELECT checked FROM store"), sealer.isOwn(check) else {
                    throw StoreError.damaged(
                        "the key file \(folder.keyFile) and the database \(folder.database) do not belong together")
                }
                if form < schema.version { try schema.upgrade(db, from: form, in: folder) }
                try db.emptyLog()
            }
        } catch {
            throw StoreError(error, database: folder.database)
        }
        self.folder = folder
        self.master = master
        self.sealer = sealer
    }

    deinit {
        // Nobody is there to tell; what was written is on the disk.
        try? close()
    }

    /// Empties the log into the database, closes it and lets others open it: any later call throws. A second call does nothing.
    /// - Throws: ``StoreError``; whatever was written is safe.
    package func close() throws(StoreError) {
        do {
            try? queue.writeWithoutTransaction { try $0.emptyLog() }
            try queue.close()
        } catch {
            throw StoreError(error, database: folder.database)
        }
        folder.unlock()
    }

    // MARK: RecordStore

    package func write(_ batch: [RecordWrite]) throws(StoreError) {
        var sealed: [(write: RecordWrite, value: Data?)] = []
        sealed.reserveCapacity(batch.count)
        for write in batch {
            guard !write.key.isEmpty else { throw .unavailable("a record needs a key") }
            guard let value = write.value else {
                sealed.append((write, nil))
                continue
            }
            sealed.append((write, try sealer.seal(value, in: write.table, at: write.key)))
        }
        guard !sealed.isEmpty else { return }
        if let words = failure.withLock({ $0 }) { throw .unavailable(words) }
        do {
            try queue.writeWithoutTransaction { db in
                try db.inTransaction(.immediate) {
                    for (write, value) in sealed { try Self.carryOut(write, value, in: db) }
                    return .commit
                }
            }
        } catch {
            let error = StoreError(error, database: folder.database)
            if case .unavailable(let words) = error { failure.withLock { $0 = words } }
            throw error
        }
    }

    private static func carryOut(_ write: RecordWrite, _ value: Data?, in db: Database) throws {
        let sql = RecordSQL.of(write.table)
        let kind = Int64(write.table.rawValue)
        guard let value else {
            try db.cachedStatement(sql: sql.delete).execute(arguments: [kind, Data(write.key)])
            return
        }
        try db.cachedStatement(sql: sql.put).execute(arguments: [kind, Data(write.key), value])
    }

    package func value(in table: RecordTable, at key: [UInt8]) throws(StoreError) -> SymmetricKey? {
        guard !key.isEmpty else { return nil }
        return try read { db in
            let statement = try db.cachedStatement(sql: RecordSQL.of(table).value)
            let arguments: StatementArguments = [Int64(table.rawValue), Data(key)]
            // A row is good as long as its cursor.
            let cursor = try Row.fetchCursor(statement, arguments: arguments)
            return try withExtendedLifetime(cursor) {
                try cursor.next().map { try self.open($0, column: 0, table, key) }
            }
        }
    }

    package func records(
        in table: RecordTable, prefix: [UInt8], after: [UInt8]?, before: [UInt8]?, limit: Int
    ) throws(StoreError) -> [Record] {
        guard limit > 0 else { return [] }
        let range = KeyRange(prefix: prefix, after: after, before: before)
        let sql = RecordSQL.of(table)
        var found = try read { db in
            // An empty key would be bound as NULL; no key is below one zero but the empty one, which no record has.
            let low = range.low.isEmpty ? Data([0]) : Data(range.low)
            let cursor: RowCursor
            if let high = range.high {
                guard !high.isEmpty else { return [Record]() }
                cursor = try Row.fetchCursor(
                    db.cachedStatement(sql: before == nil ? sql.between : sql.betweenDown),
                    arguments: [Int64(table.rawValue), low, Data(high), limit])
            } else {
                cursor = try Row.fetchCursor(
                    db.cachedStatement(sql: sql.from), arguments: [Int64(table.rawValue), low, limit])
            }
            var records: [Record] = []
            while let row = try cursor.next() {
                let key = [UInt8](row[0] as Data)
                records.append(Record(key: key, value: try self.open(row, column: 1, table, key)))
            }
            return records
        }
        if before != nil { found.reverse() }
        return found
    }

    private func read<Value>(_ body: (Database) throws -> Value) throws(StoreError) -> Value {
        do {
            return try queue.writeWithoutTransaction(body)
        } catch {
            throw StoreError(error, database: folder.database)
        }
    }

    private func open(_ row: Row, column: Int, _ table: RecordTable, _ key: [UInt8]) throws -> SymmetricKey {
        let value = try row.withUnsafeData(atIndex: column) { sealed in
            sealed.flatMap { sealer.open($0, in: table, at: key) }
        }
        guard let value else {
            let place = key.prefix(32).map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined()
            throw StoreError.damaged("a record of the database \(folder.database) is damaged (\(table), key \(place))")
        }
        return value
    }

    // MARK: Looking after it

    /// Reads everything, the database's structure and each record.
    /// - Returns: how many records there are.
    /// - Throws: ``StoreError/damaged(_:)`` for the first damage, or what stopped the reading.
    package func verify() throws(StoreError) -> Int {
        try read { db in
            try db.requireSound(folder.database, thoroughly: true)
            var count = 0
            for large in [false, true] {
                let sql = large ? "SELECT kind, key, value FROM large_records" : "SELECT kind, key, value FROM records"
                let cursor = try Row.fetchCursor(db, sql: sql)
                while let row = try cursor.next() {
                    guard let kind = UInt8(exactly: row[0] as Int64), let table = RecordTable(rawValue: kind) else {
                        throw StoreError.damaged("a record of the database \(folder.database) is of no known kind")
                    }
                    _ = try self.open(row, column: 2, table, [UInt8](row[1] as Data))
                    count += 1
                }
            }
            return count
        }
    }

    /// How the connection is set, in SQLite's own words.
    func setting(_ pragma: Setting) throws(StoreError) -> String {
        try read { db in try String.fetchOne(db, sql: pragma.rawValue) ?? "" }
    }

    enum Setting: String {
        case synchronous = "PRAGMA synchronous"
        case journalMode = "PRAGMA journal_mode"
        case lockingMode = "PRAGMA locking_mode"
        case secureDelete = "PRAGMA secure_delete"
        case tempStore = "PRAGMA temp_store"
        case form = "PRAGMA user_version"
    }
}
