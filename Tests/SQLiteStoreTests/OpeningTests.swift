import ChatClient
import Crypto
import Foundation
import Testing

@testable import SQLiteStore

@Suite("opening a store")
struct OpeningTests {
    private let key: [UInt8] = [1, 2, 3]

    @Test("finds again what it stored, and says what opens it", arguments: [nil, "correct horse"])
    func opensAgain(passphrase: String?) throws {
        let folder = try TemporaryFolder()
        let unlock: StoreUnlock = try passphrase.map { try .typed($0) } ?? .keyFile
        #expect(try SQLiteRecordStore.state(of: folder.store) == .none)
        do {
            let store = try folder.open(unlock)
            #expect(try SQLiteRecordStore.state(of: folder.store) == (passphrase == nil ? .keyFile : .passphrase))
            try store.write([RecordWrite(.rooms, key, SymmetricKey("lab"))])
        }
        let store = try folder.open(unlock)
        #expect(try store.value(in: .rooms, at: key) == SymmetricKey("lab"))
        #expect(try store.verify() == 1)
    }

    @Test("refuses a wrong passphrase and touches nothing")
    func wrongPassphrase() throws {
        let folder = try TemporaryFolder()
        try folder.open(.typed("correct horse")).write([RecordWrite(.rooms, key, SymmetricKey("lab"))])
        let before = try folder.files()
        for wrong in ["correct hors", "correct horse ", "Correct horse"] {
            #expect(throws: StoreError.wrongPassphrase) { try folder.open(.typed(wrong)) }
        }
        #expect(try folder.files() == before)
        #expect(try folder.open(.typed("correct horse")).value(in: .rooms, at: key) == SymmetricKey("lab"))
    }

    @Test("says when a passphrase is missing, or is one too many")
    func otherLock() throws {
        let locked = try TemporaryFolder()
        _ = try locked.open(.typed("x"))
        #expect(throws: StoreError.passphraseNeeded) { try locked.open(.keyFile) }
        let open = try TemporaryFolder()
        _ = try open.open(.keyFile)
        #expect(throws: StoreError.noPassphraseSet) { try open.open(.typed("x")) }
    }

    @Test("lets one at a time use a store")
    func oneAtATime() throws {
        let folder = try TemporaryFolder()
        let first = try folder.open()
        #expect(throws: StoreError.inUse) { try folder.open() }
        try first.write([RecordWrite(.rooms, key, SymmetricKey("lab"))])
        try first.close()
        #expect(throws: StoreError.self) { try first.write([RecordWrite(.rooms, key, nil)]) }
        #expect(throws: StoreError.self) { try first.value(in: .rooms, at: key) }
        try first.close()
    }

    @Test("keeps another process out")
    func otherProcess() async throws {
        let folder = try TemporaryFolder()
        let store = try folder.open()
        await #expect(processExitsWith: .exitCode(75)) { [path = folder.store as String] in
            do {
                _ = try SQLiteRecordStore.open(folder: path, unlock: .keyFile)
            } catch StoreError.inUse {
                exit(75)
            }
            exit(0)
        }
        try store.write([RecordWrite(.rooms, key, SymmetricKey("lab"))])
        #expect(try store.value(in: .rooms, at: key) == SymmetricKey("lab"))
    }

    @Test("sets the connection as its promises need it")
    func settings() throws {
        let store = try TemporaryFolder().open()
        #expect(try store.setting(.synchronous) == "2")
        #expect(try store.setting(.journalMode) == "wal")
        #expect(try store.setting(.lockingMode) == "exclusive")
        #expect(try store.setting(.secureDelete) == "1")
        #expect(try store.setting(.tempStore) == "2")
        #expect(try store.setting(.form) == "1")
    }

    @Test("makes everything for its owner alone")
    func modes() throws {
        let folder = try TemporaryFolder()
        let store = try folder.open()
        try store.write([RecordWrite(.rooms, key, SymmetricKey("lab"))])
        #expect(try folder.mode(of: folder.store) == 0o700)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.store)
        #expect(Set(names) == ["lock", "store.key", "store.sqlite", "store.sqlite-wal"])
        for name in names {
            #expect(try folder.mode(of: folder.store + "/" + name) == 0o600, "\(name)")
        }
    }

    @Test("refuses what others may open", arguments: [("", 0o750), ("/store.key", 0o640), ("/store.sqlite", 0o604)])
    func exposed(name: String, mode: Int) throws {
        let folder = try TemporaryFolder()
        _ = try folder.open()
        let path = folder.store + name
        try folder.setMode(mode, of: path)
        let right = name.isEmpty ? "700" : "600"
        let expected = StoreError.exposed(path: path, mode: String(mode, radix: 8), shouldBe: right)
        #expect(throws: expected) { try folder.open() }
        #expect(throws: expected) { try SQLiteRecordStore.state(of: folder.store) }
        #expect("\(expected)".contains("chmod \(right) '\(path)'"))
        try folder.setMode(name.isEmpty ? 0o700 : 0o600, of: path)
        _ = try folder.open()
    }

    @Test("refuses a link in the place of a file", arguments: ["store.key", "store.sqlite"])
    func links(name: String) throws {
        let folder = try TemporaryFolder()
        _ = try folder.open()
        let path = folder.store + "/" + name
        try FileManager.default.moveItem(atPath: path, toPath: folder.path + "/elsewhere")
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: folder.path + "/elsewhere")
        #expect(throws: StoreError.unavailable("\(path) is no plain file: move it away")) { try folder.open() }
    }
}
