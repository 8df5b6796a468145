import ChatClient
import Crypto
import Foundation
import Testing

@testable import SQLiteStore

@Suite("changing what opens a store")
struct KeyChangeTests {
    private let key: [UInt8] = [1, 2, 3]

    @Test("refuses the former passphrase and keeps every record; there and back")
    func changes() throws {
        let folder = try TemporaryFolder()
        let first = try folder.open(.typed("one"))
        try first.write([RecordWrite(.rooms, key, SymmetricKey("lab"))])
        let database = try folder.bytes(of: folder.log)
        try first.change(to: .typed("two"), cost: .cheap)
        #expect(try folder.bytes(of: folder.log) == database)
        // It stays open meanwhile.
        try first.write([RecordWrite(.rooms, [4], SymmetricKey("den"))])
        try first.close()
        #expect(throws: StoreError.wrongPassphrase) { try folder.open(.typed("one")) }

        let second = try folder.open(.typed("two"))
        #expect(try second.records(in: .rooms).map(\.value) == [SymmetricKey("lab"), SymmetricKey("den")])
        try second.change(to: .keyFile)
        try second.close()
        #expect(try SQLiteRecordStore.state(of: folder.store) == .keyFile)
        #expect(throws: StoreError.noPassphraseSet) { try folder.open(.typed("two")) }

        let third = try folder.open()
        #expect(try third.verify() == 2)
        let open = try folder.bytes(of: folder.keyFile)
        try third.change(to: .typed("three"), cost: .cheap)
        try third.close()
        #expect(throws: StoreError.passphraseNeeded) { try folder.open() }
        #expect(try folder.open(.typed("three")).verify() == 2)
        #expect(try folder.mode(of: folder.keyFile) == 0o600)
        // The key that lay open is in no file any more.
        let secret = Data(open.dropLast(32).suffix(32))
        for (name, bytes) in try folder.files() { #expect(Data(bytes).range(of: secret) == nil, "\(name)") }
    }

    @Test("leaves the former in force if it is cut off before the new file has its name")
    func cutOff() throws {
        let folder = try TemporaryFolder()
        try folder.open(.typed("one")).write([RecordWrite(.rooms, key, SymmetricKey("lab"))])
        let old = try folder.bytes(of: folder.keyFile)
        let other = try folder.copy()
        do { try other.open(.typed("one")).change(to: .typed("two"), cost: .cheap) }
        let new = try other.bytes(of: other.keyFile)
        #expect(old != new)
        for length in [0, 1, new.count / 2, new.count] {
            let path = folder.keyFile + ".new"
            try Data(new.prefix(length)).write(to: URL(fileURLWithPath: path))
            do { #expect(try folder.open(.typed("one")).verify() == 1) }
            #expect(throws: StoreError.wrongPassphrase) { try folder.open(.typed("two")) }
            // What was cut off can be done again.
            let store = try folder.open(.typed("one"))
            try store.change(to: .typed("three"), cost: .cheap)
            #expect(!FileManager.default.fileExists(atPath: path))
            try store.change(to: .typed("one"), cost: .cheap)
        }
        // With its name it is the new one.
        try folder.write(new, to: folder.keyFile)
        #expect(throws: StoreError.wrongPassphrase) { try folder.open(.typed("one")) }
        #expect(try folder.open(.typed("two")).verify() == 1)
    }

    @Test("finishes the making of a store that was cut off, or begins it anew", arguments: 1...3)
    func making(stage: Int) throws {
        let folder = try TemporaryFolder()
        _ = try folder.open()
        let new = folder.database + ".new"
        try FileManager.default.moveItem(atPath: folder.database, toPath: new)
        let key = try folder.bytes(of: folder.keyFile)
        // 3: only the database's name is missing; 2: no key file yet; 1: not all of the database either.
        if stage < 3 { try FileManager.default.removeItem(atPath: folder.keyFile) }
        if stage < 2 { try folder.write(Array(try folder.bytes(of: new).prefix(1000)), to: new) }
        #expect(try SQLiteRecordStore.state(of: folder.store) == (stage == 3 ? .keyFile : .none))
        let store = try folder.open()
        try store.write([RecordWrite(.rooms, [1], SymmetricKey("lab"))])
        #expect(try store.verify() == 1)
        #expect(try (folder.bytes(of: folder.keyFile) == key) == (stage == 3))
        #expect(!FileManager.default.fileExists(atPath: new))
    }
}
