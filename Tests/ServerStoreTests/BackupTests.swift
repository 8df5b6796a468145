import ChatServer
import Foundation
import Synchronization
import Testing

@testable import ServerStore

@Suite("a backup of the server's store")
struct BackupTests {
    /// Batch n: its number as a record of its own, and one that counts the batches.
    private static func batch(_ number: UInt32, size: Int = 300) -> [[StoreWrite]] {
        let key = withUnsafeBytes(of: number.bigEndian) { [UInt8]($0) }
        let value = key + [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: size)
        return [[.put(.welcomeBlobs, key, value)], [.put(.latestWelcome, [], key)]]
    }

    /// How many batches a copy holds: the first ones, whole, or this fails.
    private static func batches(in path: String) throws -> UInt32 {
        let folder = try Folder()
        try FileManager.default.copyItem(atPath: path, toPath: folder.database)
        let store = try ServerStore(folder: folder.path)
        defer { store.close() }
        let records = try store.records()
        let counted = records.first { $0.table == .latestWelcome }?.value ?? [0, 0, 0, 0]
        let count = counted.reduce(0) { $0 << 8 | UInt32($1) }
        let blobs = records.filter { $0.table == .welcomeBlobs }
        #expect(
            blobs.map(\.key)
                == (0..<count).map { number in withUnsafeBytes(of: (number + 1).bigEndian) { [UInt8]($0) } })
        return count
    }

    /// Writes batch after batch on a thread of its own.
    private final class Writer: Sendable {
        private let state: Mutex<(stored: UInt32, isOver: Bool, failure: (any Error)?)>
        private let done = DispatchSemaphore(value: 0)

        init(_ store: ServerStore, from first: UInt32) {
            state = Mutex((first - 1, false, nil))
            Thread { [self] in
                defer { done.signal() }
                for number in first... {
                    let isOver = state.withLock { state in
                        do { try store.write(BackupTests.batch(number)) } catch { state.failure = error }
                        if state.failure == nil { state.stored = number }
                        return state.isOver || state.failure != nil
                    }
                    if isOver { return }
                }
            }.start()
        }

        /// How many are stored.
        var stored: UInt32 { state.withLock { $0.stored } }

        func stop() throws -> UInt32 {
            state.withLock { $0.isOver = true }
            done.wait()
            if let failure = state.withLock({ $0.failure }) { throw failure }
            return stored
        }
    }

    private static func copy(_ folder: Folder, to name: String) throws {
        let file = try UnfinishedFile(name: name)
        try Backup.copy(try ReadOnlyStore(path: folder.database), to: file) { _, _ in }
        try file.finish()
    }

    @Test(
        "made while the server writes all the time is of one moment: all that was stored before it, and nothing in part"
    )
    func underLoad() throws {
        let folder = try Folder()
        let store = try ServerStore(folder: folder.path)
        for number in 1...400 as ClosedRange<UInt32> { try store.write(Self.batch(number, size: 20_000)) }
        let writer = Writer(store, from: 401)
        for round in 0..<6 {
            let before = writer.stored
            let name = folder.path + "/copy\(round)"
            try Self.copy(folder, to: name)
            let found = try Self.batches(in: name)
            #expect(found >= before && found <= writer.stored + 1)
        }
        #expect(try writer.stop() > 420, "the server went on")
        try #expect(folder.names.allSatisfy { !$0.contains("unfinished") })
        store.close()
    }

    @Test("changes no byte of the store and of its log, and leaves a file for its owner only")
    func readsOnly() throws {
        let folder = try Folder()
        let store = try ServerStore(folder: folder.path)
        // More than what brings the log into the database by itself.
        for number in 1...900 as ClosedRange<UInt32> { try store.write(Self.batch(number, size: 10_000)) }
        let before = try (folder.bytes(of: folder.database), folder.bytes(of: folder.log))
        try #require(before.1.count > 1 << 20)
        let elsewhere = try Folder()
        try Self.copy(folder, to: elsewhere.path + "/copy")
        let report = try Verification.run(ReadOnlyStore(path: folder.database))
        #expect(report.form == ReadOnlyStore.knownForm && !report.findings.contains { $0.place == "the database" })
        #expect(try folder.bytes(of: folder.database) == before.0)
        #expect(try folder.bytes(of: folder.log) == before.1)
        try #expect(elsewhere.names == ["copy"])
        let mode = try FileManager.default.attributesOfItem(atPath: elsewhere.path + "/copy")[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(try Self.batches(in: elsewhere.path + "/copy") == 900)
        store.close()
    }

    @Test("of a server that was killed holds what its log holds, and leaves the log to the server")
    func afterKill() throws {
        let folder = try Folder()
        let store = try ServerStore(folder: folder.path)
        for number in 1...50 as ClosedRange<UInt32> { try store.write(Self.batch(number)) }
        let killed = try Folder()
        for name in ["conclave.db", "conclave.db-wal"] {
            try FileManager.default.copyItem(atPath: folder.path + "/" + name, toPath: killed.path + "/" + name)
        }
        let log = try killed.bytes(of: killed.log)
        let elsewhere = try Folder()
        try Self.copy(killed, to: elsewhere.path + "/copy")
        #expect(try Self.batches(in: elsewhere.path + "/copy") == 50)
        #expect(try killed.bytes(of: killed.log) == log)
        store.close()
    }

    @Test("that is not finished has no name, and the next one takes its place; two at once are refused")
    func unfinished() throws {
        let folder = try Folder()
        let name = folder.path + "/copy"
        do {
            let file = try UnfinishedFile(name: name)
            try #expect(folder.names == ["copy.unfinished"])
            let error = #expect(throws: ServerStoreError.self) { _ = try UnfinishedFile(name: name) }
            #expect(error?.description.contains("just being written by another process") == true)
            _ = file.size
        }
        try #expect(folder.names == [])
        // As a kill leaves it.
        try folder.write([1, 2, 3], to: name + ".unfinished")
        try folder.write([1, 2, 3], to: name + ".unfinished-journal")
        let file = try UnfinishedFile(name: name)
        #expect(file.size == 0)
        try file.finish()
        try #expect(folder.names == ["copy"])
        #expect(throws: ServerStoreError.self) { _ = try UnfinishedFile(name: folder.path + "/nowhere/copy") }
    }

    @Test("of what is no store, or of a newer form, is refused with words")
    func refuses() throws {
        let folder = try Folder()
        for content in [[], Array("something else, however long this text may be, and it is long enough".utf8)]
            as [[UInt8]]
        {
            try folder.write(content, to: folder.database)
            let error = #expect(throws: ServerStoreError.self) { _ = try ReadOnlyStore(path: folder.database) }
            #expect(error?.description.contains("restore the data folder from a backup") == true)
        }
        let newer = try Folder()
        let steps = ServerSchema.current.steps + [{ try $0.execute(sql: "CREATE TABLE more (id INTEGER)") }]
        try ServerStore(folder: newer.path, schema: ServerSchema(steps: steps)).close()
        let error = #expect(throws: ServerStoreError.self) { _ = try ReadOnlyStore(path: newer.database) }
        #expect(error?.description.contains("was written by a newer conclave-server") == true)
    }
}
