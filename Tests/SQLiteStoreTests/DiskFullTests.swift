import ChatClient
import Crypto
import Foundation
import Testing

@testable import SQLiteStore

@Suite("a full disk")
struct DiskFullTests {
    /// A file system of 2 MiB takes the rights of root.
    @Test(
        "refuses the batch, keeps what was stored, and takes batches again when there is room",
        .enabled(if: geteuid() == 0, "only root may mount a small file system"))
    func full() throws {
        let folder = try TemporaryFolder()
        try #require(mount("tmpfs", folder.path, "tmpfs", 0, "size=2m") == 0)
        defer { umount2(folder.path, Int32(MNT_DETACH)) }
        let filler = folder.path + "/filler"
        try Data(count: 900_000).write(to: URL(fileURLWithPath: filler))
        var store = try folder.open()
        var stored = 0
        func batch(_ number: Int) -> [RecordWrite] {
            [
                RecordWrite(.messages, [UInt8(number)], .filled(UInt8(number), 20_000)),
                RecordWrite(.epochs, [1], .filled(UInt8(number), 30_000)),
            ]
        }
        func fill() {
            while true {
                do {
                    try store.write(batch(stored + 1))
                    stored += 1
                } catch {
                    #expect(error == .diskFull)
                    return
                }
            }
        }
        func check() throws {
            #expect(try store.records(in: .messages).map(\.value) == (1...stored).map { .filled(UInt8($0), 20_000) })
            #expect(try store.value(in: .epochs, at: [1]) == .filled(UInt8(stored), 30_000))
        }
        fill()
        #expect(stored > 2)
        try check()
        #expect(throws: StoreError.diskFull) { try store.write(batch(stored + 1)) }
        // A change of the passphrase is refused as well, and the former stays.
        try? Data(count: 900_000).write(to: URL(fileURLWithPath: folder.path + "/rest"))
        #expect(throws: StoreError.diskFull) { try store.change(to: .typed("two"), cost: .cheap) }
        // It opens as it is, and can be read.
        try store.close()
        store = try folder.open()
        try check()
        let before = stored
        try FileManager.default.removeItem(atPath: filler)
        fill()
        #expect(stored > before)
        try check()
        try? FileManager.default.removeItem(atPath: folder.path + "/rest")
        try store.close()
        store = try folder.open()
        try check()
        #expect(try store.verify() == stored + 1)
    }
}
