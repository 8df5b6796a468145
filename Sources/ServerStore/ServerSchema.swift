import GRDB

/// The form of the database, and the way from each form to the next.
struct ServerSchema: Sendable {
    /// The n-th one makes form n of form n-1; form 0 is an empty file.
    let steps: [@Sendable (Database) throws -> Void]

    /// The number of the form, kept as `user_version`.
    var version: Int { steps.count }

    /// "CNCS", kept as `application_id`.
    private static let application = 0x434E_4353

    static let current = ServerSchema(steps: [
        { db in
            try db.execute(
                sql: """
                    CREATE TABLE records (
                        kind INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY (kind, key)
                    ) STRICT, WITHOUT ROWID;
                    """)
        },
        { db in try FormTwoMigration.run(db) },
        { db in try db.execute(sql: ServerStore.auditSchema) },
    ])

    /// Makes an empty database under another name first: wherever this is cut off, there is none or a whole one.
    func makeDatabase(_ files: StoreFiles) throws {
        let unfinished = files.database + ".new"
        try files.makeEmpty(unfinished)
        let queue = try DatabaseQueue(path: unfinished)
        try queue.writeWithoutTransaction { db in
            try db.inTransaction(.immediate) {
                // A pragma takes no parameter; this is a number of ours.
                try db.execute(sql: "PRAGMA application_id = " + String(Self.application))
                try run(from: 0, in: db)
                return .commit
            }
        }
        try queue.close()
        try files.rename(unfinished, to: files.database)
    }

    /// The form that a database has, 1 to ``version``.
    func form(of db: Database, _ path: String) throws -> Int {
        let found = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        guard try Int.fetchOne(db, sql: "PRAGMA application_id") == Self.application, found > 0 else {
            throw ServerStoreError.damaged("the file \(path) is no store of conclave-server")
        }
        guard found <= version else {
            throw ServerStoreError.newerSchema(found: found, known: version, path: path)
        }
        return found
    }

    /// Brings a database of an older form to this one, after a backup beside it.
    func upgrade(_ db: Database, from found: Int, _ files: StoreFiles) throws {
        let backup = files.database + ".form\(found)-backup"
        if try !files.exists(backup) {
            let unfinished = backup + ".new"
            try files.makeEmpty(unfinished)
            try db.execute(sql: "VACUUM INTO ?", arguments: [unfinished])
            try files.rename(unfinished, to: backup)
        }
        try db.inTransaction(.immediate) {
            try run(from: found, in: db)
            return .commit
        }
    }

    private func run(from found: Int, in db: Database) throws {
        for step in steps[found...] { try step(db) }
        try db.execute(sql: "PRAGMA user_version = " + String(version))
    }
}
