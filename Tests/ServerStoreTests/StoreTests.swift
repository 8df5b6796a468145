import ChatServer
import GRDB
import NIOCore
import Testing

@testable import ServerStore

@Suite("the server's store")
struct StoreTests {
    @Test("is set as its promises need it: FULL, a write-ahead log that others may read")
    func settings() throws {
        let folder = try Folder()
        let store = try ServerStore(folder: folder.path)
        #expect(try store.setting("synchronous") == "2")
        #expect(try store.setting("journal_mode") == "wal")
        #expect(try store.setting("locking_mode") == "normal")
        #expect(try store.setting("user_version") == "3")
        try #expect(folder.names == ["conclave.db", "conclave.db-shm", "conclave.db-wal"])
    }

    @Test("holds what was put, replaced and deleted, by ascending tables and keys, also when opened anew")
    func holds() throws {
        let folder = try Folder()
        let store = try ServerStore(folder: folder.path)
        try store.write([
            [.put(.rooms, [2], [20]), .put(.rooms, [1, 255], [10]), .put(.devices, [9], [90])],
            [
                .put(.rooms, [2], [21]), .put(.senders, [1, 0], [1]), .put(.senders, [1, 1], [2]),
                .put(.senders, [2, 0], [3]),
            ],
            [.delete(.devices, key: [9]), .deleteAll(.senders, prefix: [1])],
        ])
        let wanted = [
            StoredRecord(table: .rooms, key: [1, 255], value: [10]), StoredRecord(table: .rooms, key: [2], value: [21]),
            StoredRecord(table: .senders, key: [2, 0], value: [3]),
        ]
        #expect(try store.records() == wanted)
        store.close()
        let again = try ServerStore(folder: folder.path)
        #expect(try again.records() == wanted)
        try again.write([
            [.put(.rooms, [255, 1], [1]), .put(.rooms, [255, 2], [1]), .deleteAll(.rooms, prefix: [255])]
        ])
        #expect(try again.records() == wanted, "a prefix that ends at the end of all")
    }

    @Test("writes of a sender's records in a batch the last, before and after they are deleted")
    func sendersOfABatch() throws {
        let folder = try Folder()
        let store = try ServerStore(folder: folder.path)
        try store.write([
            [.put(.senders, [1, 0], [1]), .put(.senders, [2, 0], [1])],
            [.put(.senders, [1, 0], [2]), .deleteAll(.senders, prefix: [1]), .put(.senders, [1, 1], [3])],
            [.put(.senders, [3, 0], [4]), .put(.senders, [2, 0], [2]), .delete(.senders, key: [3, 0])],
            [.put(.senders, [1, 1], [4]), .put(.senders, [2, 0], [3])],
        ])
        let wanted = [
            StoredRecord(table: .senders, key: [1, 1], value: [4]),
            StoredRecord(table: .senders, key: [2, 0], value: [3]),
        ]
        #expect(try store.records() == wanted)
    }

    @Test("keeps 16 MiB as one record")
    func large() throws {
        let folder = try Folder()
        let bytes = [UInt8](repeating: 7, count: 16 << 20)
        let store = try ServerStore(folder: folder.path)
        try store.write([[.put(.undoInfos, [1], bytes)]])
        #expect(try store.records().map(\.value) == [bytes])
    }

    @Test("of a newer form is refused and stays as it is; one of an older form is backed up and brought up")
    func forms() throws {
        let folder = try Folder()
        let store = try ServerStore(folder: folder.path)
        try store.write([[.put(.rooms, [1], [1])]])
        store.close()
        let next = ServerSchema(
            steps: ServerSchema.current.steps + [{ try $0.execute(sql: "CREATE TABLE more (id INTEGER)") }])
        let newer = try ServerStore(folder: folder.path, schema: next)
        #expect(try newer.setting("user_version") == "4")
        #expect(try newer.records().count == 1)
        newer.close()
        #expect(try folder.names == ["conclave.db", "conclave.db.form3-backup"])
        let before = try folder.bytes(of: folder.database)
        let error = #expect(throws: ServerStoreError.self) { _ = try ServerStore(folder: folder.path) }
        #expect(
            error?.description.contains("was written by a newer conclave-server (form 4; this one knows 3)") == true)
        #expect(try folder.bytes(of: folder.database) == before)
        // The backup is a store of the older form.
        let other = try Folder()
        try other.write(folder.bytes(of: folder.database + ".form3-backup"), to: other.database)
        #expect(try ServerStore(folder: other.path).records().count == 1)
    }

    @Test("that is damaged, or something else, is refused with words, wherever the damage is")
    func damage() throws {
        let folder = try Folder()
        let store = try ServerStore(folder: folder.path)
        for number in 0..<200 as Range<UInt8> {
            try store.write([[.put(.senders, [number], [UInt8](repeating: number, count: 300))]])
        }
        let wanted = try store.records()
        store.close()
        let whole = try folder.bytes(of: folder.database)
        #expect(whole.count > 15 * 4_096)
        for page in 0..<whole.count / 4_096 {
            var bytes = whole
            for place in page * 4_096..<page * 4_096 + 24 { bytes[place] ^= 0x5A }
            let other = try Folder()
            try other.write(bytes, to: other.database)
            do {
                let found = try ServerStore(folder: other.path).records()
                #expect(found == wanted, "page \(page): what is read must be what was written")
            } catch let error as ServerStoreError {
                #expect(error.description.contains("damaged") || error.description.contains("no store"), "\(error)")
            }
        }
        for content in [[], Array("not a database, however long this text may be, and it is long enough".utf8)]
            as [[UInt8]]
        {
            let other = try Folder()
            try other.write(content, to: other.database)
            let error = #expect(throws: ServerStoreError.self) { _ = try ServerStore(folder: other.path) }
            #expect(error?.description.contains("restore the data folder from a backup") == true)
        }
        let orphan = try Folder()
        try orphan.write([1, 2, 3], to: orphan.log)
        let error = #expect(throws: ServerStoreError.self) { _ = try ServerStore(folder: orphan.path) }
        #expect(error?.description.contains("is missing, and its log is there") == true)
    }

    @Test("writes nothing after a failure")
    func failure() throws {
        let folder = try Folder()
        let store = try ServerStore(folder: folder.path)
        try store.write([[.put(.rooms, [1], [1])]])
        store.close()
        #expect(throws: ServerStoreError.self) { try store.write([[.put(.rooms, [2], [1])]]) }
        let error = #expect(throws: ServerStoreError.self) { try store.write([[.put(.rooms, [3], [1])]]) }
        #expect(error?.description.contains("nothing is written any more") == true)
        #expect(try ServerStore(folder: folder.path).records().map(\.key) == [[1]])
    }
}
