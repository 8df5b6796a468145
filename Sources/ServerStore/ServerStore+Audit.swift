package import Audit
import Foundation
import GRDB

/// The audit log's tables. One connection writes them, with what else it writes.
extension ServerStore {
    static let auditSchema = """
        CREATE TABLE audit (number INTEGER PRIMARY KEY, event BLOB NOT NULL, hash BLOB NOT NULL) STRICT;
        CREATE TABLE audit_checkpoints (size INTEGER PRIMARY KEY, statement TEXT NOT NULL) STRICT;
        CREATE TABLE audit_cut (id INTEGER PRIMARY KEY CHECK (id = 1), statement TEXT NOT NULL) STRICT;
        """

    static func record(_ batch: AuditBatch, in db: Database) throws {
        let insert = try db.cachedStatement(sql: "INSERT INTO audit (number, event, hash) VALUES (?, ?, ?)")
        for record in batch.records {
            try insert.execute(arguments: [
                Int64(clamping: record.number), Data(record.event), Data(record.hash.bytes),
            ])
        }
        if let checkpoint = batch.checkpoint {
            try db.cachedStatement(sql: "INSERT OR REPLACE INTO audit_checkpoints (size, statement) VALUES (?, ?)")
                .execute(arguments: [Int64(clamping: checkpoint.size), checkpoint.text])
        }
        if let cut = batch.cut {
            let through = Int64(clamping: cut.size)
            try db.cachedStatement(sql: "INSERT OR REPLACE INTO audit_cut (id, statement) VALUES (1, ?)")
                .execute(arguments: [cut.text])
            try db.cachedStatement(sql: "DELETE FROM audit WHERE number <= ?").execute(arguments: [through])
            try db.cachedStatement(sql: "DELETE FROM audit_checkpoints WHERE size < ?").execute(arguments: [through])
        }
    }

    /// Where the audit log begins and ends.
    package func auditBounds() throws(ServerStoreError) -> AuditBounds {
        try look { db in try AuditBounds(db) }
    }

    /// The hash of a record; `nil` if it is not there.
    package func auditHash(of number: UInt64) throws(ServerStoreError) -> AuditHash? {
        try look { db in
            try Data.fetchOne(
                db, sql: "SELECT hash FROM audit WHERE number = ?", arguments: [Int64(clamping: number)]
            ).flatMap { AuditHash(bytes: [UInt8]($0)) }
        }
    }

    /// The oldest checkpoints, in order.
    package func oldestAuditCheckpoints(_ count: Int) throws(ServerStoreError) -> [AuditStatement] {
        try look { db in
            try String.fetchAll(
                db, sql: "SELECT statement FROM audit_checkpoints ORDER BY size LIMIT ?", arguments: [count]
            ).compactMap { AuditStatement($0) }
        }
    }

    private func look<Value>(_ body: (Database) throws -> Value) throws(ServerStoreError) -> Value {
        do {
            return try queue.writeWithoutTransaction(body)
        } catch {
            throw ServerStoreError(error, database: path)
        }
    }
}

/// Where an audit log begins and ends, and what was signed last.
package struct AuditBounds: Sendable {
    /// The number of the first record; that of the next one if there is none.
    package let first: UInt64
    /// Behind the last record.
    package let chain: AuditChain
    package let checkpoint: AuditStatement?
    package let cut: AuditStatement?

    init(_ db: Database) throws {
        cut = try String.fetchOne(db, sql: "SELECT statement FROM audit_cut").flatMap { AuditStatement($0) }
        checkpoint = try String.fetchOne(
            db, sql: "SELECT statement FROM audit_checkpoints ORDER BY size DESC LIMIT 1"
        ).flatMap { AuditStatement($0) }
        let before = cut.map { AuditChain(size: $0.size, head: $0.head) } ?? AuditChain()
        let last = try Row.fetchOne(db, sql: "SELECT number, event, hash FROM audit ORDER BY number DESC LIMIT 1")
        chain = try last.map { try AuditChain(AuditRecord(row: $0)) } ?? before
        first =
            try Int64.fetchOne(db, sql: "SELECT number FROM audit ORDER BY number LIMIT 1").map {
                UInt64(clamping: $0)
            } ?? chain.size + 1
    }
}

extension AuditChain {
    init(_ record: AuditRecord) { self.init(size: record.number, head: record.hash) }
}

extension AuditRecord {
    /// - Parameter row: number, event, hash.
    init(row: Row) throws {
        // Whoever has changed the tables may have put anything there.
        guard let number = try? row.decode(Int64.self, atIndex: 0), number > 0,
            let event = try? row.decode(Data.self, atIndex: 1), let bytes = try? row.decode(Data.self, atIndex: 2),
            let hash = AuditHash(bytes: [UInt8](bytes))
        else { throw ServerStoreError.damaged("the audit log has a row that is no record") }
        self.init(number: UInt64(number), event: [UInt8](event), hash: hash)
    }
}
