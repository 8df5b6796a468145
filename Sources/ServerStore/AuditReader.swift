package import Audit
import Foundation
import GRDB

/// Reads the audit log of a server, also while it runs: a connection that only reads.
package final class AuditReader: Sendable {
    private let queue: DatabaseQueue
    package let path: String

    /// Rows that are looked at in one transaction, so that the server's log can be emptied between.
    private static let pageSize = 2_000

    /// - Parameter path: of a database: the server's own, or a backup.
    package init(path: String) throws(ServerStoreError) {
        self.path = path
        do {
            guard try StoreFiles(database: path).exists(path) else {
                throw ServerStoreError.unavailable(
                    "there is no database \(path); name the server's folder with --data, or a database with --file")
            }
            queue = try DatabaseQueue(path: path, configuration: .auditReader)
            let (form, isThere) = try queue.read { db in
                (try ServerSchema.current.form(of: db, path), try db.tableExists("audit"))
            }
            guard isThere else {
                throw ServerStoreError.unavailable(
                    "\(path) is of form \(form), which had no audit log yet; start this version of conclave-server once"
                )
            }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CANTOPEN {
            throw .unavailable(
                "\(path) cannot be opened; run this as the user whose server it is: its folder must be writable for "
                    + "whoever reads while no server runs")
        } catch {
            throw ServerStoreError(error, database: path)
        }
    }

    /// The number of the last record; 0 if there is none.
    package func lastNumber() throws(ServerStoreError) -> UInt64 {
        try read { db in try Int64.fetchOne(db, sql: "SELECT MAX(number) FROM audit").map { UInt64(clamping: $0) } ?? 0
        }
    }

    /// The latest records that `isWanted`, in order.
    /// - Parameters:
    ///   - limit: `nil` for all.
    ///   - last: the number of the latest that may be among them.
    /// - Returns: them, and whether there are earlier ones.
    package func latest(
        _ limit: Int?, through last: UInt64, where isWanted: (AuditRecord) -> Bool
    ) throws(ServerStoreError) -> (records: [AuditRecord], hasEarlier: Bool) {
        var found: [AuditRecord] = []
        var next = last
        while next > 0 {
            let page = try page("number <= ? ORDER BY number DESC", next)
            for record in page where isWanted(record) {
                if let limit, found.count >= limit { return (found.reversed(), true) }
                found.append(record)
            }
            guard let lowest = page.last?.number, page.count == Self.pageSize else { break }
            next = lowest - 1
        }
        return (found.reversed(), false)
    }

    /// Gives the records after a number to `body`, in order.
    /// - Returns: the number of the last.
    @discardableResult
    package func forEach(
        after number: UInt64, _ body: (AuditRecord) throws -> Void
    ) throws -> UInt64 {
        var last = number
        while true {
            let page = try page("number > ? ORDER BY number", last)
            for record in page { try body(record) }
            guard let next = page.last?.number else { return last }
            last = next
            if page.count < Self.pageSize { return last }
        }
    }

    private func page(_ condition: String, _ number: UInt64) throws(ServerStoreError) -> [AuditRecord] {
        try read { db in
            // The condition is one of ours.
            let sql = "SELECT number, event, hash FROM audit WHERE \(condition) LIMIT \(Self.pageSize)"
            return try Row.fetchAll(db.cachedStatement(sql: sql), arguments: [Int64(clamping: number)])
                .map { try AuditRecord(row: $0) }
        }
    }

    /// The latest checkpoint that is stored; `nil` if there is none yet.
    package func latestCheckpoint() throws(ServerStoreError) -> AuditStatement? {
        try read { db in try AuditBounds(db).checkpoint }
    }

    /// Verifies all of it, as it is at one moment.
    /// - Parameters:
    ///   - keys: the public keys that may have signed; `nil`: signatures are not looked at.
    ///   - given: checkpoints that were kept elsewhere.
    ///   - progress: is told of how many records were looked at, and how many there are about.
    package func verify(
        keys: [AuditPublicKey]?, given: [AuditStatement], progress: (UInt64, UInt64) -> Void = { _, _ in }
    ) throws(ServerStoreError) -> AuditReport {
        try read { db in try Self.verify(in: db, keys: keys, given: given, progress: progress) }
    }

    /// The same with a connection that is open: it should see the database as it is at one moment.
    static func verify(
        in db: Database, keys: [AuditPublicKey]?, given: [AuditStatement] = [],
        progress: (UInt64, UInt64) -> Void = { _, _ in }
    ) throws -> AuditReport {
        let cutText = try String.fetchOne(db, sql: "SELECT statement FROM audit_cut")
        let cut = cutText.flatMap { AuditStatement($0) }
        var verifier = AuditVerifier(keys: keys, cut: cut, given: given)
        if cutText != nil, cut == nil { verifier.takeUnreadable() }
        let total = try Int64.fetchOne(db, sql: "SELECT COUNT(*) FROM audit") ?? 0
        let checkpoints = try Row.fetchCursor(
            db, sql: "SELECT size, statement FROM audit_checkpoints ORDER BY size")
        var next = try Self.next(checkpoints)
        let rows = try Row.fetchCursor(db, sql: "SELECT number, event, hash FROM audit ORDER BY number")
        var seen: UInt64 = 0
        while let row = try rows.next() {
            let record = try AuditRecord(row: row)
            while let checkpoint = next, checkpoint.size < record.number {
                Self.hand(checkpoint, to: &verifier)
                next = try Self.next(checkpoints)
            }
            verifier.take(record)
            seen += 1
            if seen.isMultiple(of: 10_000) { progress(seen, UInt64(clamping: total)) }
        }
        while let checkpoint = next {
            Self.hand(checkpoint, to: &verifier)
            next = try Self.next(checkpoints)
        }
        return verifier.finish()
    }

    private static func next(_ cursor: RowCursor) throws -> (size: UInt64, statement: AuditStatement?)? {
        guard let row = try cursor.next() else { return nil }
        let size = (try? row.decode(Int64.self, atIndex: 0)) ?? 0
        return (UInt64(clamping: size), (try? row.decode(String.self, atIndex: 1)).flatMap { AuditStatement($0) })
    }

    private static func hand(
        _ checkpoint: (size: UInt64, statement: AuditStatement?), to verifier: inout AuditVerifier
    ) {
        // One that stands at another place than its own is none.
        if let statement = checkpoint.statement, statement.size == checkpoint.size {
            verifier.take(statement)
        } else {
            verifier.takeUnreadable()
        }
    }

    private func read<Value>(_ body: (Database) throws -> Value) throws(ServerStoreError) -> Value {
        do {
            return try queue.read(body)
        } catch {
            throw ServerStoreError(error, database: path)
        }
    }

    package func close() {
        // Nothing of it can be lost.
        try? queue.close()
    }
}

extension Configuration {
    /// Neither writes nor brings the log into the database, not even at its end.
    fileprivate static var auditReader: Configuration {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA query_only = ON;")
        }
        return configuration
    }
}
