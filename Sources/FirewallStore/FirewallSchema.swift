import GRDB

/// The form of the database, and the way from each form to the next.
enum FirewallSchema {
    /// "CNCF", kept as `application_id`.
    private static let application = 0x434E_4346

    /// The n-th makes form n of form n-1; form 0 is an empty file. The number is kept as `user_version`.
    private static let steps: [@Sendable (Database) throws -> Void] = [
        { db in try db.execute(sql: packets + threats + bans + views) }
    ]

    static var version: Int { steps.count }

    /// Addresses are integers for IPv4 and 16 bytes for IPv6: so they are small, and in order.
    private static let packets = """
        CREATE TABLE blocked_packets (
            id INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, reason TEXT NOT NULL, source ANY,
            source_port INTEGER, destination ANY, port INTEGER, protocol INTEGER NOT NULL, flags INTEGER NOT NULL,
            length INTEGER NOT NULL, input INTEGER NOT NULL, output INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX blocked_by_time ON blocked_packets (time);
        CREATE INDEX blocked_by_source ON blocked_packets (source, time);
        CREATE INDEX blocked_by_port ON blocked_packets (port, time);
        CREATE INDEX blocked_by_reason ON blocked_packets (reason, time);
        CREATE TABLE allowed_packets (
            id INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, weight INTEGER NOT NULL, source ANY,
            source_port INTEGER, destination ANY, port INTEGER, protocol INTEGER NOT NULL, flags INTEGER NOT NULL,
            length INTEGER NOT NULL, input INTEGER NOT NULL, output INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX allowed_by_time ON allowed_packets (time);
        CREATE INDEX allowed_by_source ON allowed_packets (source, time);
        CREATE INDEX allowed_by_port ON allowed_packets (port, time);
        CREATE TABLE stats (
            id INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, span INTEGER NOT NULL, counters TEXT NOT NULL,
            bans INTEGER NOT NULL, logged INTEGER NOT NULL, lost INTEGER NOT NULL, processor_ms INTEGER NOT NULL,
            resident_kib INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX stats_by_time ON stats (time);
        """

    private static let threats = """
        CREATE TABLE feeds (
            id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, updated INTEGER NOT NULL, entries INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE threat_intel (
            feed INTEGER NOT NULL, lo ANY NOT NULL, hi ANY NOT NULL, first_seen INTEGER NOT NULL, gone INTEGER,
            PRIMARY KEY (feed, lo, hi)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX threat_ranges ON threat_intel (lo, hi) WHERE lo <> hi;
        CREATE INDEX threats_gone ON threat_intel (gone) WHERE gone IS NOT NULL;
        """

    private static let bans = """
        CREATE TABLE bans (
            id INTEGER PRIMARY KEY AUTOINCREMENT, targets TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL,
            kind TEXT NOT NULL, detail TEXT NOT NULL, offence INTEGER NOT NULL, lifted INTEGER
        ) STRICT;
        CREATE INDEX bans_live ON bans (until) WHERE lifted IS NULL;
        CREATE INDEX bans_by_targets ON bans (targets) WHERE lifted IS NULL;
        CREATE TABLE offences (
            target TEXT PRIMARY KEY, offences INTEGER NOT NULL, since INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        """

    /// For people with sqlite3.
    private static let views = """
        CREATE VIEW blocked AS SELECT id, \(moment("time")) AS at, reason, \(address("source")) AS source, source_port,
            \(address("destination")) AS destination, port, protocol, flags, length, input, output FROM blocked_packets;
        CREATE VIEW allowed AS SELECT id, \(moment("time")) AS at, weight, \(address("source")) AS source, source_port,
            \(address("destination")) AS destination, port, protocol, flags, length, input, output FROM allowed_packets;
        CREATE VIEW threats AS SELECT feeds.name AS feed, \(address("lo")) AS first, \(address("hi")) AS last,
            datetime(first_seen, 'unixepoch') AS first_seen, datetime(gone, 'unixepoch') AS gone
            FROM threat_intel JOIN feeds ON feeds.id = threat_intel.feed;
        """

    private static func moment(_ column: String) -> String {
        "strftime('%Y-%m-%d %H:%M:%f', \(column) / 1000.0, 'unixepoch')"
    }

    /// Makes of a column with an address what people read: `192.0.2.1`, or the 8 groups of IPv6 with all their zeros.
    private static func address(_ column: String) -> String {
        let groups = (0..<8).map { "substr(hex(\(column)), \(4 * $0 + 1), 4)" }.joined(separator: "||':'||")
        return """
            CASE typeof(\(column))
            WHEN 'integer' THEN (\(column)>>24)||'.'||((\(column)>>16)&255)||'.'||((\(column)>>8)&255)||'.'||(\(column)&255)
            WHEN 'blob' THEN lower(\(groups)) END
            """
    }

    /// Makes of an empty database one of this form, and of one of an earlier form.
    static func bring(_ db: Database, path: String) throws {
        let found = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        guard found <= version else {
            throw FirewallStoreError.newerSchema(found: found, known: version, path: path)
        }
        let application = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        let tables = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
        guard found > 0 ? application == Self.application : tables == 0 else {
            throw FirewallStoreError.unavailable(path: path, reason: "it is the database of another program")
        }
        guard found < version else { return }
        try db.inTransaction(.immediate) {
            for step in steps[max(0, found)...] { try step(db) }
            // Pragmas take no parameters; these are numbers of ours.
            try db.execute(sql: "PRAGMA application_id = \(Self.application); PRAGMA user_version = \(version)")
            return .commit
        }
    }
}
