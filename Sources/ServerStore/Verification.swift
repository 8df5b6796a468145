import Audit
import ChatServer
import Foundation
import GRDB
import NIOCore

/// Looks at all that a store holds, from one moment: whether the database is sound, and whether what is in it fits together.
package struct Verification {
    /// What is being done, and how much of it is done already, 0 to 1.
    package enum Progress: Sendable {
        case database
        case entries(Double)
    }

    private let progress: (Progress) -> Void
    private var report: VerificationReport

    /// - Parameter progress: called now and then.
    /// - Throws: ``ServerStoreError`` if the file cannot be read; damage is in the report.
    package static func run(
        _ store: ReadOnlyStore, progress: (Progress) -> Void = { _ in }
    ) throws(ServerStoreError) -> VerificationReport {
        do {
            return try withoutActuallyEscaping(progress) { progress in
                var verification = Verification(store, progress: progress)
                try store.snapshot { try verification.run($0) }
                return verification.report
            }
        } catch {
            throw ServerStoreError(error, database: store.path)
        }
    }

    private init(_ store: ReadOnlyStore, progress: @escaping (Progress) -> Void) {
        self.progress = progress
        report = VerificationReport(path: store.path, form: store.form)
    }

    private mutating func run(_ db: Database) throws {
        do {
            try checkDatabase(db)
            if report.form == 1 { try checkFormOne(db) } else { try checkContent(db) }
            if report.form >= 3 { try checkAudit(db) }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CORRUPT {
            report.note("the database", error.message ?? "it is damaged")
        } catch ServerStoreError.damaged(let words) {
            report.note("the database", words)
        }
    }

    private mutating func checkDatabase(_ db: Database) throws {
        progress(.database)
        let sizes = try ["page_count", "page_size"].map { name in
            UInt64(clamping: try Int64.fetchOne(db, sql: "PRAGMA " + name) ?? 0)
        }
        report.bytes = sizes[0] * sizes[1]
        // A pragma takes no parameter; this is a number of ours.
        let lines = try String.fetchAll(db, sql: "PRAGMA integrity_check(\(VerificationReport.mostFindings))")
        for line in lines where line != "ok" { report.note("the database", line) }
    }

    private mutating func checkContent(_ db: Database) throws {
        var report = report
        defer { self.report = report }
        let note: StoreVerifier.Note = { report.note($0, $1) }
        var verifier = StoreVerifier()
        progress(.entries(0))
        let records = try Row.fetchCursor(db, sql: "SELECT kind, key, value FROM records ORDER BY kind, key")
        while let row = try records.next() {
            let kind: Int64 = row[0]
            guard let table = UInt8(exactly: kind).flatMap(StoreTable.init) else {
                note("the database", "there is a record of an unknown kind, \(kind)")
                continue
            }
            let key = try row.withUnsafeData(atIndex: 1) { [UInt8]($0 ?? Data()) }
            let value = try row.withUnsafeData(atIndex: 2) { ByteBuffer(bytes: $0 ?? Data()) }
            verifier.take(table, key: key, value: value, note)
        }
        verifier.endRecords()
        let total = Double(max(1, try Int64.fetchOne(db, sql: "SELECT count(*) FROM entries") ?? 1))
        var count: UInt64 = 0
        let entries = try Row.fetchCursor(db, sql: "SELECT id, value FROM entries ORDER BY id")
        while let row = try entries.next() {
            let id = EntryID(row[0])
            let value = try row.withUnsafeData(atIndex: 1) { ByteBuffer(bytes: $0 ?? Data()) }
            verifier.take(entry: value, ofRoom: id.room, id.sequence, note)
            count += 1
            if count.isMultiple(of: 4_096) { progress(.entries(Double(count) / total)) }
        }
        verifier.finish(note)
        report.rooms = verifier.roomCount
        report.entries = verifier.entryCount
        report.latest = verifier.latest
    }

    /// The audit log's chain, and that its checkpoints fit it. Who has signed them takes the key: that is for `audit verify`.
    private mutating func checkAudit(_ db: Database) throws {
        let place = "the audit log"
        var (last, head) = (UInt64(0), AuditHash.start)
        if let text = try String.fetchOne(db, sql: "SELECT statement FROM audit_cut") {
            if let cut = AuditStatement(text) {
                (last, head) = (cut.size, cut.head)
            } else {
                report.note(place, "what is said of dropped records cannot be read")
            }
        }
        var checkpoints: [UInt64: AuditHash] = [:]
        for text in try String.fetchAll(db, sql: "SELECT statement FROM audit_checkpoints") {
            if let checkpoint = AuditStatement(text) {
                checkpoints[checkpoint.size] = checkpoint.head
            } else {
                report.note(place, "a checkpoint cannot be read")
            }
        }
        let rows = try Row.fetchCursor(db, sql: "SELECT number, event, hash FROM audit ORDER BY number")
        while let row = try rows.next() {
            let record = try AuditRecord(row: row)
            if record.number != last + 1 {
                report.note(place, "record \(last + 1) is missing, or several are: record \(record.number) follows")
            } else if AuditRecord.hash(of: record.event, number: record.number, after: head) != record.hash {
                report.note(
                    place, "record \(record.number) does not fit the chain: it was changed, or the one before it")
            }
            (last, head) = (record.number, record.hash)
            if let signed = checkpoints[record.number], signed != head {
                report.note(place, "record \(record.number) is not the one that was signed")
            }
        }
        if let signed = checkpoints.keys.max(), signed > last {
            report.note(place, "it ends with record \(last), and \(signed) were signed")
        }
    }

    /// All that must be right for it to become form 2.
    private mutating func checkFormOne(_ db: Database) throws {
        do {
            let rooms = try FormTwoMigration.readRooms(db) { [progress] _, _ in
                report.entries += 1
                if report.entries.isMultiple(of: 65_536) { progress(.entries(0)) }
            }
            report.rooms = rooms.count
            report.latest = rooms.map(\.latest.milliseconds).filter { $0 > 0 }.max()
        } catch let error as RecoveryError {
            report.note("the server could not start", error.description)
        }
    }
}

extension EntryID {
    /// As it is stored.
    fileprivate init(_ value: Int64) {
        self.init(UInt32(truncatingIfNeeded: value >> 40), UInt64(value & 0xFF_FFFF_FFFF))
    }

    fileprivate var room: UInt32 { UInt32(truncatingIfNeeded: value >> 40) }
    fileprivate var sequence: UInt64 { UInt64(value & 0xFF_FFFF_FFFF) }
}
