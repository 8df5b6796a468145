import ChatClient
import Crypto
import Foundation
import GRDB
import Testing

@testable import SQLiteStore

@Suite("the form of a store")
struct SchemaTests {
    private struct Stop: Error {}

    private static let next = Schema(
        steps: Schema.current.steps + [{ db in try db.execute(sql: "ALTER TABLE records ADD COLUMN extra BLOB") }])
    private static let broken = Schema(
        steps: next.steps + [
            { db in
                try db.execute(sql: "DELETE FROM records")
                throw Stop()
            }
        ])

    private func open(_ folder: TemporaryFolder, _ schema: Schema) throws -> SQLiteRecordStore {
        try SQLiteRecordStore.open(folder: folder.store, unlock: .keyFile, schema: schema)
    }

    private func filled() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.open().write([RecordWrite(.rooms, [1], SymmetricKey("lab"))])
        return folder
    }

    @Test("is brought up to date after a backup, and an older program refuses it then")
    func upgrade() throws {
        let folder = try filled()
        do {
            let store = try open(folder, Self.next)
            #expect(try store.setting(.form) == "2")
            #expect(try store.value(in: .rooms, at: [1]) == SymmetricKey("lab"))
        }
        let before = try folder.bytes(of: folder.database)
        #expect(throws: StoreError.newerSchema(found: 2, known: 1)) { try folder.open() }
        #expect(try folder.bytes(of: folder.database) == before)
        _ = try open(folder, Self.next)

        // The backup, put back, is the store as it was.
        let backup = folder.database + ".form1-backup"
        #expect(try folder.mode(of: backup) == 0o600)
        #expect(!FileManager.default.fileExists(atPath: backup + "-2"))
        try folder.write(folder.bytes(of: backup), to: folder.database)
        do { #expect(try folder.open().value(in: .rooms, at: [1]) == SymmetricKey("lab")) }

        // A second upgrade replaces no backup.
        let first = try folder.bytes(of: backup)
        _ = try open(folder, Self.next)
        #expect(try folder.bytes(of: backup) == first)
        #expect(FileManager.default.fileExists(atPath: backup + "-2"))
    }

    @Test("stays what it was if the key file is another store's")
    func otherKey() throws {
        let (folder, other) = (try filled(), try filled())
        let key = try folder.bytes(of: folder.keyFile)
        try folder.write(other.bytes(of: other.keyFile), to: folder.keyFile)
        let before = try folder.bytes(of: folder.database)
        #expect(throws: StoreError.self) { try open(folder, Self.next) }
        #expect(try folder.bytes(of: folder.database) == before)
        try folder.write(key, to: folder.keyFile)
        #expect(try open(folder, Self.next).verify() == 1)
    }

    @Test("stays what it was if a step of the way fails")
    func failing() throws {
        let folder = try filled()
        #expect(throws: StoreError.self) { try open(folder, Self.broken) }
        let store = try folder.open()
        #expect(try store.setting(.form) == "1")
        #expect(try store.verify() == 1)
    }

    @Test("stays what it was if the process is killed on the way")
    func killed() async throws {
        let folder = try filled()
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = folder.store as String] in
            let deadly: @Sendable (Database) throws -> Void = { db in
                try db.execute(sql: "DELETE FROM records")
                kill(getpid(), SIGKILL)
            }
            _ = try SQLiteRecordStore.open(
                folder: path, unlock: .keyFile, schema: Schema(steps: Schema.current.steps + [deadly]))
        }
        do {
            let store = try folder.open()
            #expect(try store.setting(.form) == "1")
            #expect(try store.verify() == 1)
        }
        let store = try open(folder, Self.next)
        #expect(try store.setting(.form) == "2")
        #expect(try store.verify() == 1)
    }

    @Test("of another program's database is refused")
    func foreign() throws {
        let folder = try filled()
        let queue = try DatabaseQueue(path: folder.database)
        try queue.write { try $0.execute(sql: "PRAGMA application_id = 7") }
        try queue.close()
        #expect(throws: StoreError.damaged("the file \(folder.database) is no store of this program")) {
            try folder.open()
        }
    }
}
