import GRDB

/// A server's store, or a copy of one, that is only looked at, also while a server writes to it.
///
/// It never writes and never brings the log into the database: SQLite before 3.51.3 may damage a database when two connections do that. Its
/// file is opened for reading only, and without a lock for writing SQLite does not do it at the end either.
package final class ReadOnlyStore {
    package let path: String
    /// The number of its form.
    package let form: Int
    private let queue: DatabaseQueue

    /// - Throws: ``ServerStoreError`` if it is none, or of a newer form.
    package init(path: String) throws(ServerStoreError) {
        self.path = path
        do {
            queue = try DatabaseQueue(path: path, configuration: .readOnlyStore)
            form = try queue.unsafeRead { try ServerSchema.current.form(of: $0, path) }
        } catch {
            throw ServerStoreError(error, database: path)
        }
    }

    /// The newest form that this program knows.
    package static var knownForm: Int { ServerSchema.current.version }

    /// Where a folder's store is.
    package static func path(in folder: String) -> String { folder + "/" + ServerStore.fileName }

    /// Reads all from one moment, whatever is written meanwhile.
    func snapshot<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try queue.unsafeRead { db in
            var value: Value?
            try db.inTransaction(.deferred) {
                // The moment is that of the first thing read.
                _ = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master")
                value = try body(db)
                return .rollback
            }
            guard let value else { throw ServerStoreError.unavailable("nothing was read of \(path)") }
            return value
        }
    }

    /// Uses the connection where a transaction of its own would be in the way.
    func bare<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try queue.unsafeRead(body)
    }
}

extension Configuration {
    static var readOnlyStore: Configuration {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.foreignKeysEnabled = false
        // A server that starts holds the database for a moment.
        configuration.busyMode = .timeout(10)
        configuration.prepareDatabase { db in
            try db.execute(
                sql: """
                    PRAGMA trusted_schema = OFF;
                    PRAGMA cell_size_check = ON;
                    PRAGMA temp_store = MEMORY;
                    PRAGMA wal_autocheckpoint = 0;
                    """)
        }
        return configuration
    }
}
