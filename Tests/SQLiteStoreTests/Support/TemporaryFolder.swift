import ChatClient
import Crypto
import Foundation
import Testing

@testable import SQLiteStore

/// A folder of a test's own, removed with it. The store lies in a folder below.
final class TemporaryFolder {
    let path: String
    var store: String { path + "/store" }
    var database: String { store + "/store.sqlite" }
    var log: String { database + "-wal" }
    var keyFile: String { store + "/store.key" }

    init() throws {
        path = NSTemporaryDirectory() + "conclave-store-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func open(_ unlock: StoreUnlock = .keyFile) throws(StoreError) -> SQLiteRecordStore {
        try SQLiteRecordStore.open(folder: store, unlock: unlock, cost: .cheap)
    }

    func bytes(of path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    /// The content of every file of the store, by its name.
    func files() throws -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: store) {
            files[name] = try bytes(of: store + "/" + name)
        }
        return files
    }

    /// Writes into a file that is there, so that its mode stays.
    func write(_ bytes: [UInt8], to path: String) throws {
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.truncate(atOffset: 0)
        try file.write(contentsOf: Data(bytes))
        try file.close()
    }

    func mode(of path: String) throws -> Int {
        try #require(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }

    func setMode(_ mode: Int, of path: String) throws {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    /// Another store with the files as they are now, as a crash would leave them.
    func copy() throws -> TemporaryFolder {
        let copy = try TemporaryFolder()
        try FileManager.default.copyItem(atPath: store, toPath: copy.store)
        return copy
    }
}

extension ScryptCost {
    /// N = 2^10.
    static var cheap: ScryptCost { ScryptCost(logN: 10, r: 8, p: 1) ?? .standard }
}

extension StoreUnlock {
    static func typed(_ text: String) throws -> StoreUnlock { .passphrase(try Passphrase(text)) }
}

extension SymmetricKey {
    init(_ text: String) { self.init(data: [UInt8](text.utf8)) }

    static func filled(_ byte: UInt8, _ count: Int) -> SymmetricKey {
        SymmetricKey(data: [UInt8](repeating: byte, count: count))
    }
}

/// The same numbers in each run (SplitMix64).
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
