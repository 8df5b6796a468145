import Audit
import Chat
import ChatWire
import Foundation
import GRDB
import NIOCore
import TLSSyntax
import Testing

@testable import ChatServer
@testable import ServerStore

@Suite("verifying the server's store")
struct VerificationTests {
    /// A copy of a store of 600 entries, of which two have payloads of their own.
    private static func make() throws -> Folder { try original.get().copy() }

    private static let original = Result { try makeOriginal() }

    private static func makeOriginal() throws -> Folder {
        let alice = try FormOneStore.device("alice/laptop")
        let bob = try FormOneStore.device("bob/phone")
        let store = try FormOneStore()
        let log = try FormOneStore.Log(store, 1, founder: alice)
        try log.append(by: alice, token: 0, .created, payload: RoomPolicy(.open).encoded)
        for number in 1...599 as ClosedRange<UInt64> {
            let isLong = number == 50 || number == 580
            try log.append(
                by: number.isMultiple(of: 3) ? bob : alice, token: number,
                payload: [UInt8](repeating: UInt8(number % 7), count: isLong ? 70_000 : 90), isLong: isLong)
        }
        try store.close()
        try ServerStore(folder: store.folder.path).close()
        return store.folder
    }

    private static func change(_ folder: Folder, _ sql: String) throws {
        let queue = try DatabaseQueue(path: folder.database)
        try queue.write { try $0.execute(sql: sql) }
        try queue.close()
    }

    private static func verify(_ folder: Folder) throws -> VerificationReport {
        try Verification.run(ReadOnlyStore(path: folder.database))
    }

    @Test("finds nothing where nothing is wrong, in a new store and in one with entries")
    func whole() throws {
        let report = try Self.verify(Self.make())
        #expect(report.isWhole, "\(report.findings)")
        #expect(report.rooms == 1 && report.entries == 600)
        let empty = try Folder()
        try ServerStore(folder: empty.path).close()
        #expect(try Self.verify(empty).isWhole)
    }

    /// Where an entry is.
    private static func entry(_ number: UInt64) -> String { "id = \(EntryID(1, number).value)" }

    /// The last byte of an entry is of its payload.
    private static func flip(_ number: UInt64) -> String {
        "UPDATE entries SET value = CAST(substr(value, 1, length(value) - 1) || x'5A' AS BLOB) WHERE " + entry(number)
    }

    struct Damage: Sendable, CustomStringConvertible {
        var sql: String
        var words: String

        init(_ sql: String, _ words: String) {
            self.sql = sql
            self.words = words
        }

        var description: String { words }
    }

    private static let damages: [Damage] = [
        Damage(flip(300), "entry 300 does not fit the chain"),
        Damage(flip(599), "entry 599 does not fit the chain"),
        Damage("DELETE FROM entries WHERE \(entry(300))", "entry 300 is missing"),
        Damage(
            "DELETE FROM entries WHERE id BETWEEN \(EntryID(1, 100).value) AND \(EntryID(1, 400).value)",
            "entries 100 to 400 are missing"
        ),
        Damage("DELETE FROM entries WHERE \(entry(1))", "entry 1 is missing"),
        Damage("DELETE FROM entries WHERE \(entry(600))", "entry 600 is missing"),
        Damage("DELETE FROM entries WHERE id > \(EntryID(1, 200).value)", "entries 201 to 600 are missing"),
        Damage("DELETE FROM entries", "entries 1 to 600 are missing"),
        Damage("UPDATE entries SET id = id + 1000 WHERE \(entry(600))", "says that it is entry 600"),
        Damage("UPDATE entries SET id = id + \(Int64(5) << 40) WHERE \(entry(600))", "no such room"),
        Damage(
            "UPDATE entries SET value = (SELECT value FROM entries WHERE \(entry(301))) WHERE \(entry(300))",
            "entry 300 says that it is entry 301"
        ),
        Damage("UPDATE entries SET value = x'0011' WHERE \(entry(300))", "entry 300 is cut"),
        Damage(
            "UPDATE entries SET value = CAST(zeroblob(8) || substr(value, 9) AS BLOB) WHERE \(entry(300))",
            "names entry 0 as the one before it"
        ),
        Damage(
            "UPDATE entries SET value = CAST(substr(value, 1, 8) || zeroblob(32) || substr(value, 41) AS BLOB) WHERE \(entry(300))",
            "entry 300 does not fit the chain"
        ),
        Damage(
            "UPDATE records SET value = CAST(substr(value, 1, 16) || zeroblob(32) AS BLOB) WHERE kind = 19",
            "another chain than its entries"
        ),
        Damage(
            "UPDATE records SET value = CAST(substr(value, 1, 8) || x'0000000000000007' || substr(value, 17) AS BLOB) WHERE kind = 19",
            "and 7 are noted"
        ),
        Damage(
            "UPDATE records SET value = CAST(zeroblob(8) || substr(value, 9) AS BLOB) WHERE kind = 18",
            "entry 0 is noted as that"),
        Damage(
            "UPDATE records SET value = CAST(substr(value, 1, 8) || zeroblob(16) AS BLOB) WHERE kind = 18",
            "has used higher numbers than are noted"
        ),
        Damage("DELETE FROM records WHERE kind = 18", "nothing is noted of it"),
        Damage("DELETE FROM records WHERE kind = 15", "the payload of entry 51 is missing"),
        Damage("UPDATE records SET value = CAST(substr(value, 2) || x'00' AS BLOB) WHERE kind = 15", "was changed"),
        Damage("DELETE FROM records WHERE kind = 20", "not noted right that entry 51"),
        Damage(
            "INSERT INTO records SELECT kind, CAST(substr(key, 1, 16) || zeroblob(32) AS BLOB), value FROM records WHERE kind = 15 LIMIT 1",
            "no entry has it"
        ),
        Damage("INSERT INTO records VALUES (99, x'01', x'01')", "a record of an unknown kind, 99"),
        Damage("DELETE FROM records WHERE kind = 8", "no such room"),
        Damage("UPDATE records SET value = x'07' WHERE kind = 8", "cannot be read"),
        Damage("INSERT INTO records VALUES (6, zeroblob(32), x'01')", "it was changed"),
    ]

    @Test("finds what was changed, and says where", arguments: damages)
    func finds(damage: Damage) throws {
        let folder = try Self.make()
        try Self.change(folder, damage.sql)
        let report = try Self.verify(folder)
        #expect(report.findings.contains { "\($0.place): \($0.words)".contains(damage.words) }, "\(report.findings)")
        #expect(report.findings.count < 20, "one damage is not said a hundred times: \(report.findings.prefix(30))")
    }

    @Test(
        "finds what was changed in the audit log",
        arguments: [
            ("UPDATE audit SET event = x'01' WHERE number = 3", "record 3 does not fit the chain"),
            ("UPDATE audit SET hash = zeroblob(32) WHERE number = 3", "record 3 does not fit the chain"),
            ("DELETE FROM audit WHERE number = 3", "record 3 is missing"),
            ("DELETE FROM audit WHERE number > 3", "it ends with record 3, and 5 were signed"),
            ("UPDATE audit_checkpoints SET statement = 'nothing'", "a checkpoint cannot be read"),
            ("INSERT INTO audit_cut VALUES (1, 'nothing')", "dropped records cannot be read"),
        ] as [(String, String)])
    func audit(sql: String, words: String) throws {
        let folder = try Folder()
        let store = try ServerStore(folder: folder.path)
        var chain = AuditChain()
        let records = (1...5).map {
            chain.append(AuditEvent(.started, at: Timestamp(milliseconds: $0), "number \($0)"))
        }
        let checkpoint = try AuditStatement(
            .checkpoint, size: 5, head: chain.head, time: Timestamp(milliseconds: 9), running: 1, by: AuditKey())
        try store.write([], audit: AuditBatch(records: records, checkpoint: checkpoint))
        store.close()
        #expect(try Self.verify(folder).isWhole)
        try Self.change(folder, sql)
        let report = try Self.verify(folder)
        #expect(report.findings.contains { $0.place == "the audit log" && $0.words.contains(words) }, "\(report)")
    }

    @Test("finds a page that is damaged, wherever it is, or reads what was written")
    func pages() throws {
        let folder = try Self.make()
        // Without pages that nothing is in.
        let queue = try DatabaseQueue(path: folder.database)
        try queue.vacuum()
        try queue.close()
        let whole = try folder.bytes(of: folder.database)
        for page in stride(from: 1, to: whole.count / 4_096, by: 5) {
            var bytes = whole
            for place in page * 4_096..<page * 4_096 + 64 { bytes[place] ^= 0x5A }
            let other = try Folder()
            try other.write(bytes, to: other.database)
            do {
                #expect(try !Self.verify(other).isWhole, "page \(page)")
            } catch let error as ServerStoreError {
                #expect(error.description.contains("damaged"))
            }
        }
    }

    @Test("says of much damage so much, and how much more there is")
    func bounded() throws {
        let folder = try Self.make()
        try Self.change(folder, "UPDATE entries SET value = x'00'")
        let report = try Self.verify(folder)
        #expect(report.findings.count == VerificationReport.mostFindings && report.omitted >= 400)
    }

    @Test("goes on while a server writes, and sees one moment")
    func online() throws {
        let folder = try Self.make()
        let server = try ServerStore(folder: folder.path)
        let store = try ReadOnlyStore(path: folder.database)
        var isFirst = true
        let report = try Verification.run(store) { progress in
            guard isFirst else { return }
            isFirst = false
            // An entry that belongs to nothing, while it is being looked at.
            try? server.write([[.append(room: 9, sequence: 1, value: ByteBuffer(bytes: [1]))]])
        }
        #expect(report.isWhole && !isFirst)
        let second = try Verification.run(store)
        #expect(!second.isWhole, "what was written is seen by the next one")
        server.close()
    }
}
