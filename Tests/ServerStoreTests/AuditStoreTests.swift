import Audit
import Chat
import ChatServer
import GRDB
import NIOCore
import Testing

@testable import ServerStore

@Suite("the audit log in the database")
struct AuditStoreTests {
    private let key = AuditKey()

    private func event(_ number: UInt64) -> AuditEvent {
        AuditEvent(.connected, at: Timestamp(milliseconds: number), "event \(number)")
    }

    private func statement(
        _ size: UInt64, _ head: AuditHash, _ subject: AuditStatement.Subject = .checkpoint
    ) throws -> AuditStatement {
        try AuditStatement(
            subject, size: size, head: head, time: Timestamp(milliseconds: size), running: size, by: key)
    }

    /// Writes `count` records, ten at a time, each ten with a checkpoint and a record of the rooms.
    private func fill(_ store: ServerStore, _ count: Int) throws -> [AuditRecord] {
        var chain = try store.auditBounds().chain
        var all: [AuditRecord] = []
        for _ in 0..<count / 10 {
            let records = (0..<10).map { _ in chain.append(event(chain.size + 1)) }
            let batch = AuditBatch(records: records, checkpoint: try statement(chain.size, chain.head))
            try store.write([[.put(.rooms, [UInt8(truncatingIfNeeded: chain.size)], [1])]], audit: batch)
            all += records
        }
        return all
    }

    @Test("goes on where it ended, and is read while the store is open and when it is closed")
    func goesOn() throws {
        let folder = try Folder()
        let store = try ServerStore(folder: folder.path)
        #expect(try store.auditBounds().chain == AuditChain())
        var all = try fill(store, 50)
        let reader = try AuditReader(path: folder.database)
        #expect(try reader.lastNumber() == 50)
        #expect(try reader.latest(nil, through: 50) { _ in true }.records == all)
        store.close()
        let again = try ServerStore(folder: folder.path)
        all += try fill(again, 50)
        #expect(try again.auditBounds().chain.size == 100)
        #expect(try again.auditBounds().checkpoint?.size == 100)
        again.close()
        let late = try AuditReader(path: folder.database)
        let (latest, hasEarlier) = try late.latest(3, through: 100) { $0.number.isMultiple(of: 2) }
        #expect(latest.map(\.number) == [96, 98, 100])
        #expect(hasEarlier)
        #expect(try late.latest(50, through: 100) { $0.number.isMultiple(of: 2) }.hasEarlier == false)
        var after: [UInt64] = []
        #expect(try late.forEach(after: 97) { after.append($0.number) } == 100)
        #expect(after == [98, 99, 100])
        #expect(try late.latestCheckpoint()?.size == 100)
        let report = try late.verify(keys: [key.publicKey], given: [])
        #expect(report.isIntact)
        #expect((report.count, report.checkpoints) == (100, 10))
    }

    @Test("has all of a batch or nothing, like what is stored with it")
    func together() throws {
        let folder = try Folder()
        let store = try ServerStore(folder: folder.path)
        let all = try fill(store, 10)
        // A number that is taken: the transaction fails, and with it the record of the room.
        let batch = AuditBatch(records: [all[9]])
        #expect(throws: ServerStoreError.self) { try store.write([[.put(.rooms, [99], [1])]], audit: batch) }
        store.close()
        let again = try ServerStore(folder: folder.path)
        #expect(try again.records().map(\.key) == [[10]])
        #expect(try again.auditBounds().chain.size == 10)
    }

    @Test("is cut with a signed statement, after which it begins; the rest is intact")
    func cut() throws {
        let folder = try Folder()
        let store = try ServerStore(folder: folder.path)
        let all = try fill(store, 100)
        #expect(try store.oldestAuditCheckpoints(2).map(\.size) == [10, 20])
        let head = try #require(try store.auditHash(of: 33))
        #expect(head == all[32].hash)
        try store.write([], audit: AuditBatch(records: [], cut: try statement(33, head, .cut)))
        #expect(try store.auditBounds().first == 34)
        #expect(try store.auditHash(of: 33) == nil)
        #expect(try store.oldestAuditCheckpoints(1).map(\.size) == [40])
        let more = try fill(store, 10)
        #expect(more.first?.number == 101)
        let reader = try AuditReader(path: folder.database)
        let report = try reader.verify(keys: [key.publicKey], given: [try statement(33, head)])
        #expect(report.isIntact)
        #expect((report.first, report.count) == (34, 77))
        // Nobody cuts without the key.
        try store.queue.writeWithoutTransaction { try $0.execute(sql: "DELETE FROM audit WHERE number <= 40") }
        #expect(try reader.verify(keys: [key.publicKey], given: []).findings == [.missing(34...40)])
    }

    @Test(
        "tells of each way to change it by SQL",
        arguments: [
            ("UPDATE audit SET event = x'00' WHERE number = 17", "changed"),
            ("UPDATE audit SET hash = zeroblob(32) WHERE number = 17", "changed"),
            ("DELETE FROM audit WHERE number = 17", "missing"),
            ("DELETE FROM audit WHERE number > 17", "truncated"),
            ("DELETE FROM audit", "truncated"),
            (
                "UPDATE audit SET number = CASE number WHEN 17 THEN -18 ELSE -17 END WHERE number IN (17, 18); "
                    + "UPDATE audit SET number = -number WHERE number < 0", "changed"
            ),
            ("INSERT INTO audit SELECT 101, event, hash FROM audit WHERE number = 5", "changed"),
            (
                "UPDATE audit_checkpoints SET statement = replace(statement, 'size 50', 'size 51') WHERE size = 50",
                "unreadable"
            ),
            (
                "UPDATE audit_checkpoints SET statement = replace(statement, 'time 50', 'time 51') WHERE size = 50",
                "forged"
            ),
            ("UPDATE audit_checkpoints SET statement = 'x' WHERE size = 50", "unreadable"),
            ("INSERT INTO audit_cut VALUES (1, 'x')", "unreadable"),
        ])
    func tampered(sql: String, finding: String) throws {
        let folder = try Folder()
        let store = try ServerStore(folder: folder.path)
        _ = try fill(store, 100)
        let reader = try AuditReader(path: folder.database)
        #expect(try reader.verify(keys: [key.publicKey], given: []).isIntact)
        try store.queue.writeWithoutTransaction { try $0.execute(sql: sql) }
        let report = try reader.verify(keys: [key.publicKey], given: [])
        #expect(report.findings.first?.name == finding, "\(report.findings)")
        // Without a key, a signature tells nothing.
        let whole = try Verification.run(ReadOnlyStore(path: folder.database))
        #expect(whole.findings.contains { $0.place == "the audit log" } == (finding != "forged"), "\(whole.findings)")
    }

    @Test("throws at rows that are none, and never traps")
    func rows() throws {
        for sql in [
            "UPDATE audit SET hash = x'00' WHERE number = 3", "UPDATE audit SET number = -5 WHERE number = 3",
            "UPDATE audit SET number = 9223372036854775807 WHERE number = 3",
            "DROP TABLE audit; CREATE TABLE audit (number, event, hash); INSERT INTO audit VALUES (NULL, 5, 'x')",
            "DROP TABLE audit; CREATE TABLE audit (number, event, hash); INSERT INTO audit VALUES ('a', NULL, NULL)",
            "DROP TABLE audit_checkpoints; CREATE TABLE audit_checkpoints (size, statement); "
                + "INSERT INTO audit_checkpoints VALUES ('a', NULL), (x'00', x'00'), (NULL, 5)",
            "DROP TABLE audit_cut; CREATE TABLE audit_cut (statement); INSERT INTO audit_cut VALUES (x'FF00')",
        ] {
            let folder = try Folder()
            let store = try ServerStore(folder: folder.path)
            _ = try fill(store, 10)
            try store.queue.writeWithoutTransaction { try $0.execute(sql: sql) }
            let reader = try AuditReader(path: folder.database)
            let report = Result { try reader.verify(keys: [key.publicKey], given: []) }
            #expect((try? report.get())?.isIntact != true)
            _ = try? reader.latest(10, through: .max) { _ in true }
            _ = try? reader.lastNumber()
            _ = try? reader.latestCheckpoint()
            _ = try? store.oldestAuditCheckpoints(10)
            _ = try? store.auditHash(of: 3)
            _ = try? store.auditBounds()
        }
    }

    @Test("is not there in a database of before: that is said, with the remedy; so is a missing or foreign file")
    func missing() throws {
        let folder = try Folder()
        let first = ServerSchema(steps: Array(ServerSchema.current.steps.prefix(1)))
        try ServerStore(folder: folder.path, schema: first).close()
        let old = #expect(throws: ServerStoreError.self) { try AuditReader(path: folder.database) }
        #expect(old?.description.contains("start this version of conclave-server once") == true)
        let none = #expect(throws: ServerStoreError.self) { try AuditReader(path: folder.path + "/none.db") }
        #expect(none?.description.contains("name the server's folder with --data") == true)
        try folder.write([UInt8](repeating: 7, count: 5_000), to: folder.path + "/other.db")
        #expect(throws: ServerStoreError.self) { try AuditReader(path: folder.path + "/other.db") }
        // The next start brings it up.
        let store = try ServerStore(folder: folder.path)
        _ = try fill(store, 10)
        #expect(try AuditReader(path: folder.database).lastNumber() == 10)
    }

    @Test("is read by others while it grows, without holding the writer up")
    func readsBeside() async throws {
        let folder = try Folder()
        let store = try ServerStore(folder: folder.path)
        _ = try fill(store, 10)
        let reader = try AuditReader(path: folder.database)
        let key = key.publicKey
        async let looks = Task.detached {
            var looks = 0
            while try reader.lastNumber() < 1_000 {
                let report = try reader.verify(keys: [key], given: [])
                #expect(report.isIntact)
                looks += 1
            }
            return looks
        }.value
        _ = try fill(store, 990)
        #expect(try await looks >= 0)
        #expect(try reader.verify(keys: [key], given: []).count == 1_000)
    }
}
