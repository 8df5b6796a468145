import ChatClient
import GRDB

/// The form of the database, and the way from each form to the next.
struct Schema: Sendable {
    /// The n-th one makes form n of form n-1; form 0 is an empty file.
    let steps: [@Sendable (Database) throws -> Void]

    /// The number of the form, kept as `user_version`.
    var version: Int { steps.count }

    /// "CNCV", kept as `application_id`.
    private static let application = 0x434E_4356

    /// Small records lie in the tree of their keys; large ones beside it, so that these do not spread the small ones.
    static let current = Schema(steps: [
        { db in
            try db.execute(
                sql: """
                    CREATE TABLE store (id INTEGER PRIMARY KEY CHECK (id = 1), checked BLOB NOT NULL) STRICT;
                    CREATE TABLE records (
                        kind INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY (kind, key)
                    ) STRICT, WITHOUT ROWID;
                    CREATE TABLE large_records (
                        kind INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, UNIQUE (kind, key)
                    ) STRICT;
                    """)
        }
    ])

    /// Makes the tables in an empty database.
    func create(in db: Database, with sealer: RecordSealer) throws {
        let check = try sealer.check()
        try db.inTransaction(.immediate) {
            // A pragma takes no parameter; this is a number of ours.
            try db.execute(sql: "PRAGMA application_id = " + String(Self.application))
            try run(from: 0, in: db)
            try db.execute(sql: "INSERT INTO store (id, checked) VALUES (1, ?)", arguments: [check])
            return .commit
        }
    }

    /// The form that a database has, 1 to ``version``. In each of them the table `store` is as in the first.
    /// - Throws: ``StoreError/newerSchema(found:known:)``, or ``StoreError/damaged(_:)`` if it is no store.
    func form(of db: Database, _ path: String) throws -> Int {
        let found = try pragma("user_version", in: db)
        guard try pragma("application_id", in: db) == Self.application, found > 0 else {
            throw StoreError.damaged("the file \(path) is no store of this program")
        }
        guard found <= version else { throw StoreError.newerSchema(found: found, known: version) }
        return found
    }

    /// Brings a database of an older form to this one, after a backup.
    func upgrade(_ db: Database, from found: Int, in folder: StoreFolder) throws {
        try backUp(db, form: found, in: folder)
        try db.inTransaction(.immediate) {
            try run(from: found, in: db)
            return .commit
        }
    }

    private func run(from found: Int, in db: Database) throws {
        for step in steps[found...] { try step(db) }
        try db.execute(sql: "PRAGMA user_version = " + String(version))
    }

    private func pragma(_ name: String, in db: Database) throws -> Int {
        try Int.fetchOne(db, sql: "PRAGMA " + name) ?? 0
    }

    /// Copies the database into a file of its own beside it, on the disk when this returns. No file is replaced.
    private func backUp(_ db: Database, form: Int, in folder: StoreFolder) throws {
        let path = folder.database + ".form\(form)-backup"
        guard let free = ([path] + (2...99).map { "\(path)-\($0)" }).first(where: { !folder.exists($0) }) else {
            throw StoreError.unavailable("there are 99 backups like \(path): move some away")
        }
        let unfinished = path + ".new"
        try folder.removeLeftover(unfinished)
        try folder.makeEmpty(unfinished)
        try db.execute(sql: "VACUUM INTO ?", arguments: [unfinished])
        try folder.sync(unfinished)
        try folder.rename(unfinished, to: free)
    }
}
