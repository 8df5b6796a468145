import ChatClient
import GRDB

extension Configuration {
    /// How every connection to a store is set.
    static var store: Configuration {
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
                    PRAGMA secure_delete = ON;
                    PRAGMA journal_mode = WAL;
                    PRAGMA journal_size_limit = 4194304;
                    PRAGMA synchronous = FULL;
                    """)
        }
        return configuration
    }
}

extension Database {
    /// - Throws: ``StoreError/unavailable(_:)`` if the connection is not set as the store's promises need it.
    func requireSafe() throws {
        let wanted = [
            ("PRAGMA synchronous", "2"), ("PRAGMA journal_mode", "wal"), ("PRAGMA locking_mode", "exclusive"),
            ("PRAGMA secure_delete", "1"), ("PRAGMA temp_store", "2"),
        ]
        for (pragma, value) in wanted {
            let found = try String.fetchOne(self, sql: pragma)
            guard found == value else {
                throw StoreError.unavailable(
                    "the database is not safe to use: \(pragma) is \(found ?? "unknown"), not \(value)")
            }
        }
    }

    /// Looks for damage in the database's structure; the records themselves are not opened.
    func requireSound(_ path: String, thoroughly: Bool = false) throws {
        let sql = thoroughly ? "PRAGMA integrity_check(1)" : "PRAGMA quick_check(1)"
        let words = try String.fetchOne(self, sql: sql) ?? "no answer"
        guard words == "ok" else { throw StoreError.damaged("the database \(path) is damaged (\(words))") }
    }

    /// Brings all of the log into the database and cuts the log to nothing. On a full disk the log stays as it is, which is as good.
    func emptyLog() throws {
        do {
            try execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
        } catch let error as DatabaseError where error.resultCode == .SQLITE_FULL {}
    }
}
