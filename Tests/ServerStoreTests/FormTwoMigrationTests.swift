import Chat
import ChatWire
import Foundation
import GRDB
import NIOCore
import TLSSyntax
import Testing

@testable import ChatServer
@testable import ServerStore

@Suite("a store of form 1")
struct FormTwoMigrationTests {
    let alice: PeerIdentity
    let bob: PeerIdentity
    let store: FormOneStore

    init() throws {
        alice = try FormOneStore.device("alice/laptop")
        bob = try FormOneStore.device("bob/phone")
        store = try FormOneStore()
    }

    /// Two rooms: a long one from its beginning, and one whose beginning was dropped.
    private func fill() throws -> (long: FormOneStore.Log, cut: FormOneStore.Log) {
        let long = try FormOneStore.Log(store, 1, founder: alice)
        try long.append(by: alice, token: 0, .created, payload: RoomPolicy(.open).encoded)
        for number in 1...600 as ClosedRange<UInt64> {
            let sender = number.isMultiple(of: 3) ? bob : alice
            // Commits have numbers of the other row.
            let token = number.isMultiple(of: 50) ? 1 << 63 | number : number
            let isLong = number == 100 || number == 400
            try long.append(
                by: sender, token: token, payload: [UInt8](repeating: UInt8(number % 7), count: isLong ? 60_000 : 90),
                isLong: isLong && number == 100)
        }
        let cut = try FormOneStore.Log(store, 2, founder: bob, first: 41)
        try cut.floors(30, 1 << 63 | 5, of: alice)
        try cut.dropped(35, at: 39, of: alice)
        try cut.floors(20, 0, of: bob)
        for number in 1...10 as ClosedRange<UInt64> { try cut.append(by: bob, token: 20 + number, payload: [1, 2, 3]) }
        try store.close()
        return (long, cut)
    }

    private func senders(_ room: RoomID, _ server: ServerStore) throws -> [TokenSender] {
        try server.records().filter { $0.table == .senders && $0.key.starts(with: room.bytes) }.map { record in
            try StoreRecord.read(record.value, "a sender") { (reader) throws(SyntaxError) in
                try TokenSender(from: &reader)
            }
        }
    }

    @Test("becomes one of the latest form with all that is in it, after a copy was made of it")
    func migrates() throws {
        let (long, cut) = try fill()
        let before = try Verification.run(ReadOnlyStore(path: store.folder.database))
        #expect(before.isWhole && before.form == 1 && before.rooms == 2 && before.entries == 611, "\(before)")

        let server = try ServerStore(folder: store.folder.path)
        var entries: [UInt64] = []
        try server.forEachEntry(ofRoom: 1, after: 0) { value in
            let stored = try StoredEntry(value, "an entry")
            let entry = try stored.entry("an entry")
            entries.append(entry.sequence)
            if entry.sequence == 5 { #expect(stored.before.last == 3, "of alice, who said the one before last") }
        }
        #expect(entries == Array(1...601))
        let own = try senders(long.id, server)
        #expect(
            own == [
                TokenSender(last: 601, low: 597, high: 1 << 63 | 600),
                TokenSender(last: 600, low: 599, high: 1 << 63 | 550),
            ])
        let others = try senders(cut.id, server)
        #expect(others == [TokenSender(last: 50, low: 30, high: 0), TokenSender(last: 40, low: 35, high: 1 << 63 | 5)])
        #expect(try server.records().count { $0.table == .segments } >= 2)
        server.close()

        try #expect(store.folder.names.contains("conclave.db.form1-backup"))
        let report = try Verification.run(ReadOnlyStore(path: store.folder.database))
        #expect(
            report.isWhole && report.form == ReadOnlyStore.knownForm && report.rooms == 2 && report.entries == 611,
            "\(report)")
        #expect(report.latest == 1_700_000_000_600)
        let backup = try Verification.run(ReadOnlyStore(path: store.folder.database + ".form1-backup"))
        #expect(backup.isWhole && backup.form == 1 && backup.entries == 611)
        let again = try ServerStore(folder: store.folder.path)
        #expect(try again.setting("user_version") == "\(ReadOnlyStore.knownForm)")
        again.close()
    }

    @Test("that is empty becomes an empty one of the latest form")
    func empty() throws {
        try store.close()
        let server = try ServerStore(folder: store.folder.path)
        #expect(try server.records().isEmpty)
        server.close()
        #expect(try Verification.run(ReadOnlyStore(path: store.folder.database)).isWhole)
    }

    @Test(
        "that is damaged is refused with words, and stays as it is",
        arguments: [
            ("UPDATE records SET value = zeroblob(10) WHERE kind = 8", "version"),
            (
                "DELETE FROM records WHERE kind = 16 AND hex(key) LIKE '%0000000000000064'",
                "is missing; number 101 follows"
            ),
            (
                "UPDATE records SET value = CAST(substr(value, 1, length(value) - 1) || x'55' AS BLOB) WHERE kind = 16 AND hex(key) LIKE '%0000000000000064'",
                "was changed"
            ),
            ("UPDATE records SET value = x'0102' WHERE kind = 16 AND hex(key) LIKE '%0000000000000064'", "is cut"),
            ("UPDATE records SET value = x'0102' WHERE kind = 13", "cannot be read"),
            ("DELETE FROM records WHERE kind = 8", "of a room that is not there"),
        ])
    func damaged(sql: String, words: String) throws {
        _ = try fill()
        let queue = try DatabaseQueue(path: store.folder.database)
        try queue.write { try $0.execute(sql: sql) }
        try queue.close()
        let report = try Verification.run(ReadOnlyStore(path: store.folder.database))
        #expect(report.findings.contains { $0.words.contains(words) }, "\(report.findings)")
        let error = #expect(throws: ServerStoreError.self) { _ = try ServerStore(folder: store.folder.path) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
        #expect(try ReadOnlyStore(path: store.folder.database).form == 1)
    }
}

extension TokenSender {
    init(last: UInt64, low: UInt64, high: UInt64) {
        self.init()
        (self.last, self.low, self.high) = (last, low, high)
    }
}
