import ChatServer
import Foundation
import Testing

@testable import ServerStore

@Suite("restoring a backup")
struct BackupRestorationTests {
    private static func fill(_ folder: Folder, _ numbers: ClosedRange<UInt8>) throws {
        let store = try ServerStore(folder: folder.path)
        for number in numbers { try store.write([[.put(.welcomeBlobs, [number], [number])]]) }
        store.close()
    }

    private static func keys(_ path: String) throws -> [UInt8] {
        let store = try ServerStore(folder: path)
        defer { store.close() }
        return try store.records().flatMap(\.key)
    }

    /// A backup with records 1...3.
    private static func backup(in folder: Folder) throws -> ReadOnlyStore {
        let source = try Folder()
        try fill(source, 1...3)
        let file = try UnfinishedFile(name: folder.path + "/backup")
        try Backup.copy(try ReadOnlyStore(path: source.database), to: file) { _, _ in }
        try file.finish()
        return try ReadOnlyStore(path: folder.path + "/backup")
    }

    private static func restore(_ backup: ReadOnlyStore, into folder: Folder) throws -> String? {
        let restoration = BackupRestoration(folder: folder.path)
        let file = try restoration.begin()
        try Backup.copy(backup, to: file) { _, _ in }
        return try restoration.finish(file, keep: "replaced")
    }

    @Test("puts it into the place of the store, which is kept whole, with its log")
    func replaces() throws {
        let elsewhere = try Folder()
        let backup = try Self.backup(in: elsewhere)
        let folder = try Folder()
        try Self.fill(folder, 1...9)
        // The last thing is in the log only, as after a kill.
        let store = try ServerStore(folder: folder.path)
        try store.write([[.put(.welcomeBlobs, [10], [10])]])
        let killed = try folder.copy()
        store.close()

        #expect(try Self.restore(backup, into: killed) == killed.path + "/replaced")
        #expect(try Self.keys(killed.path) == [1, 2, 3])
        #expect(try Self.keys(killed.path + "/replaced") == Array(1...10))
        #expect(try Self.restore(backup, into: killed) == killed.path + "/replaced-2", "the name is taken")
        let empty = try Folder()
        #expect(try Self.restore(backup, into: empty) == nil)
        try #expect(empty.names == ["conclave.db"])
        #expect(try Self.keys(empty.path) == [1, 2, 3])
    }

    @Test("that is cut off between two steps leaves a server that refuses to begin with nothing, until it is restored")
    func cutOff() throws {
        let elsewhere = try Folder()
        let backup = try Self.backup(in: elsewhere)
        // Both were kept already; then the database is gone, or its log too.
        for left in [["conclave.db-wal"], []] {
            let folder = try Folder()
            for name in left + ["conclave.db.restored"] { try folder.write([1], to: folder.path + "/" + name) }
            let error = #expect(throws: ServerStoreError.self) { _ = try ServerStore(folder: folder.path) }
            #expect(error?.description.contains("run conclave-server restore again") == true)
            _ = try Self.restore(backup, into: folder)
            #expect(try Self.keys(folder.path) == [1, 2, 3])
        }
        // A copy that did not get that far is in nobody's way.
        let folder = try Folder()
        try Self.fill(folder, 7...8)
        try folder.write([1], to: folder.database + ".restored")
        #expect(try Self.keys(folder.path) == [7, 8])
    }
}
