import ChatClient
import Crypto
import Foundation
import GRDB
import Testing

@testable import SQLiteStore

@Suite("a damaged store")
struct DamageTests {
    private let key: [UInt8] = [1, 2, 3]

    private func isDamage(_ body: () throws -> Void) -> Bool {
        do {
            try body()
        } catch StoreError.damaged {
            return true
        } catch {
            Issue.record("\(error)")
        }
        return false
    }

    /// Changes the database behind the store's back.
    private func edit(_ folder: TemporaryFolder, _ body: (Database) throws -> Void) throws {
        let queue = try DatabaseQueue(path: folder.database)
        try queue.write(body)
        try queue.close()
    }

    @Test("shows a flip of any byte of a sealed record")
    func flips() throws {
        let folder = try TemporaryFolder()
        try folder.open().write([RecordWrite(.messages, key, SymmetricKey("hello"))])
        var sealed = Data()
        try edit(folder) { db in sealed = try #require(try Data.fetchOne(db, sql: "SELECT value FROM records")) }
        #expect(sealed.count == 5 + RecordSealer.overhead)
        for place in sealed.indices {
            var flipped = sealed
            flipped[place] ^= 1 << UInt8(place % 8)
            try edit(folder) { db in try db.execute(sql: "UPDATE records SET value = ?", arguments: [flipped]) }
            let store = try folder.open()
            #expect(isDamage { _ = try store.value(in: .messages, at: key) }, "\(place)")
            #expect(isDamage { _ = try store.records(in: .messages) }, "\(place)")
            #expect(isDamage { _ = try store.verify() }, "\(place)")
        }
        for length in [0, 1, RecordSealer.overhead - 1, sealed.count - 1] {
            try edit(folder) { db in
                try db.execute(sql: "UPDATE records SET value = ?", arguments: [Data(sealed.prefix(length))])
            }
            let store = try folder.open()
            #expect(isDamage { _ = try store.value(in: .messages, at: key) }, "\(length)")
        }
        try edit(folder) { db in try db.execute(sql: "UPDATE records SET value = ?", arguments: [sealed]) }
        #expect(try folder.open().value(in: .messages, at: key) == SymmetricKey("hello"))
    }

    @Test("shows a record that was put under another key or in another table")
    func moved() throws {
        let folder = try TemporaryFolder()
        try folder.open().write([
            RecordWrite(.messages, [1], SymmetricKey("one")), RecordWrite(.messages, [2], SymmetricKey("two")),
            RecordWrite(.epochs, [1], SymmetricKey("three")),
        ])
        try edit(folder) { db in
            try db.execute(
                sql: """
                    UPDATE records SET value = (SELECT value FROM records WHERE key = x'01') WHERE key = x'02';
                    INSERT INTO records SELECT 7, key, value FROM records WHERE key = x'01';
                    UPDATE large_records SET kind = 5;
                    """)
        }
        let store = try folder.open()
        #expect(try store.value(in: .messages, at: [1]) == SymmetricKey("one"))
        #expect(isDamage { _ = try store.value(in: .messages, at: [2]) })
        #expect(isDamage { _ = try store.value(in: .chain, at: [1]) })
        #expect(isDamage { _ = try store.value(in: .staged, at: [1]) })
        // The others go on, and what is damaged can be replaced.
        try store.write([RecordWrite(.messages, [2], SymmetricKey("again"))])
        #expect(try store.value(in: .messages, at: [2]) == SymmetricKey("again"))
    }

    @Test("is told when a part is missing")
    func missing() throws {
        let folder = try TemporaryFolder()
        try folder.open().write([RecordWrite(.rooms, key, SymmetricKey("lab"))])
        for path in [folder.keyFile, folder.database] {
            try FileManager.default.moveItem(atPath: path, toPath: folder.path + "/away")
            let before = try folder.files()
            #expect(isDamage { _ = try folder.open() })
            #expect(isDamage { _ = try SQLiteRecordStore.state(of: folder.store) })
            #expect(try folder.files() == before)
            try FileManager.default.moveItem(atPath: folder.path + "/away", toPath: path)
        }
        #expect(try folder.open().value(in: .rooms, at: key) == SymmetricKey("lab"))
    }

    @Test("is told from another store's key file")
    func otherKey() throws {
        let (folder, other) = (try TemporaryFolder(), try TemporaryFolder())
        _ = try (folder.open(), other.open())
        try folder.write(other.bytes(of: other.keyFile), to: folder.keyFile)
        let expected = StoreError.damaged(
            "the key file \(folder.keyFile) and the database \(folder.database) do not belong together")
        #expect(throws: expected) { try folder.open() }
    }

    @Test("leaves a file alone that is no database", arguments: [0, 1, 100, 5000])
    func foreign(length: Int) throws {
        let folder = try TemporaryFolder()
        _ = try folder.open()
        let bytes = [UInt8](repeating: 0x41, count: length)
        try folder.write(bytes, to: folder.database)
        #expect(isDamage { _ = try folder.open() })
        #expect(try folder.bytes(of: folder.database) == bytes)
    }

    @Test("shows a flip of any byte of the key file", arguments: [nil, "correct horse"])
    func keyFile(passphrase: String?) throws {
        let folder = try TemporaryFolder()
        let unlock: StoreUnlock = try passphrase.map { try .typed($0) } ?? .keyFile
        _ = try folder.open(unlock)
        let bytes = try folder.bytes(of: folder.keyFile)
        for place in bytes.indices {
            var flipped = bytes
            flipped[place] ^= 0x10
            try folder.write(flipped, to: folder.keyFile)
            #expect(throws: StoreError.damaged("the key file \(folder.keyFile) is damaged")) { try folder.open(unlock) }
        }
        for length in 0..<bytes.count {
            try folder.write(Array(bytes.prefix(length)), to: folder.keyFile)
            #expect(throws: StoreError.damaged("the key file \(folder.keyFile) is damaged")) { try folder.open(unlock) }
        }
        try folder.write(bytes, to: folder.keyFile)
        _ = try folder.open(unlock)
    }

    @Test("never gives out anything else than was stored, wherever a byte of the database is flipped")
    func flippedFile() throws {
        var random = SeededRandom(seed: 11)
        let folder = try TemporaryFolder()
        var stored: [[UInt8]: SymmetricKey] = [:]
        do {
            let store = try folder.open()
            for number in 0..<60 as Range<UInt8> {
                let value = SymmetricKey.filled(number, Int.random(in: 0...900, using: &random))
                stored[[number]] = value
                try store.write([RecordWrite(.messages, [number], value), RecordWrite(.epochs, [number], value)])
            }
        }
        let bytes = try folder.bytes(of: folder.database)
        var unharmed = 0
        for _ in 0..<200 {
            var flipped = bytes
            flipped[Int.random(in: 0..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            try folder.write(flipped, to: folder.database)
            do {
                let store = try folder.open()
                _ = try store.verify()
                for table in [RecordTable.messages, .epochs] {
                    let found = try store.records(in: table)
                    #expect(found.count == 60)
                    for record in found { #expect(stored[record.key] == record.value) }
                }
                unharmed += 1
            } catch StoreError.damaged {
            } catch StoreError.newerSchema {
                // The number of the form itself was hit.
            }
        }
        // Free space and the like harms nothing.
        #expect(unharmed < 100)
        try folder.write(bytes, to: folder.database)
        #expect(try folder.open().verify() == 120)
    }
}
