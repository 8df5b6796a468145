import ChatServer
import GRDB
import GRDBSQLite
import NIOCore

/// What every message needs, prepared once. GRDB's own transactions parse their SQL each time, and its arguments copy.
struct HotStatements {
    private let begin: SQLiteStatement
    private let commit: SQLiteStatement
    private let rollback: SQLiteStatement
    private let put: SQLiteStatement
    private let append: SQLiteStatement

    init(_ db: Database) throws {
        begin = try db.cachedStatement(sql: "BEGIN IMMEDIATE").sqliteStatement
        commit = try db.cachedStatement(sql: "COMMIT").sqliteStatement
        rollback = try db.cachedStatement(sql: "ROLLBACK").sqliteStatement
        let putting = """
            INSERT INTO records (kind, key, value) VALUES (?, ?, ?)
            ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value
            """
        put = try db.cachedStatement(sql: putting).sqliteStatement
        append = try db.cachedStatement(sql: "INSERT INTO entries (id, value) VALUES (?, ?)").sqliteStatement
    }

    /// The bytes that were bound may go.
    func clear() {
        sqlite3_clear_bindings(put)
        sqlite3_clear_bindings(append)
    }

    /// All that `body` does, or nothing of it.
    func inTransaction(_ db: Database, _ body: () throws -> Void) throws {
        try Self.step(begin, db)
        do {
            try body()
            try Self.step(commit, db)
        } catch {
            // After some errors SQLite has rolled it back by itself. What went wrong first is what is told.
            if db.isInsideTransaction { try? Self.step(rollback, db) }
            throw error
        }
    }

    func put(_ table: StoreTable, _ key: [UInt8], _ value: ByteBuffer, in db: Database) throws {
        try key.withUnsafeBytes { key in
            try value.withUnsafeReadableBytes { value in
                sqlite3_bind_int64(put, 1, Int64(table.rawValue))
                // Without a destructor, SQLite reads the bytes until the statement is reset.
                sqlite3_bind_blob(put, 2, key.baseAddress, Int32(clamping: key.count), nil)
                sqlite3_bind_blob64(put, 3, value.baseAddress, UInt64(value.count), nil)
                try Self.step(put, db)
            }
        }
    }

    func append(_ id: EntryID, _ value: ByteBuffer, in db: Database) throws {
        try value.withUnsafeReadableBytes { value in
            sqlite3_bind_int64(append, 1, id.value)
            sqlite3_bind_blob64(append, 2, value.baseAddress, UInt64(value.count), nil)
            try Self.step(append, db)
        }
    }

    private static func step(_ statement: SQLiteStatement, _ db: Database) throws {
        let code = sqlite3_step(statement)
        sqlite3_reset(statement)
        guard code == SQLITE_DONE else {
            throw DatabaseError(
                resultCode: ResultCode(rawValue: code),
                message: db.sqliteConnection.map { String(cString: sqlite3_errmsg($0)) })
        }
    }
}
