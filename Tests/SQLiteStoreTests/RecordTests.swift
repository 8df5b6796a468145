import ChatClient
import Crypto
import Foundation
import GRDB
import Testing

@testable import SQLiteStore

@Suite("records of a store")
struct RecordTests {
    @Test("are what a dictionary would hold, after any batches and in any range", arguments: [1, 2, 3, 4] as [UInt64])
    func model(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let folder = try TemporaryFolder()
        var store = try folder.open()
        var model: [RecordTable: [[UInt8]: SymmetricKey]] = [:]
        for round in 0..<150 {
            let batch = (0..<Int.random(in: 0...12, using: &random)).map { _ in Self.write(&random) }
            try store.write(batch)
            for write in batch { model[write.table, default: [:]][write.key] = write.value }
            if round % 50 == 49 {
                try store.close()
                store = try folder.open()
            }
            for _ in 0..<6 { try Self.compare(store, model, &random) }
        }
        for table in RecordTable.allCases {
            let found = try store.records(in: table)
            #expect(Dictionary(uniqueKeysWithValues: found.map { ($0.key, $0.value) }) == model[table] ?? [:])
        }
        #expect(try store.verify() == model.values.map(\.count).reduce(0, +))
    }

    /// Keys of few different bytes, among them 0x00 and 0xFF, so that ranges and prefixes meet.
    private static func key(_ random: inout SeededRandom, _ lengths: ClosedRange<Int> = 1...3) -> [UInt8] {
        let bytes: [UInt8] = [0x00, 0x01, 0x7F, 0xFE, 0xFF]
        return (0..<Int.random(in: lengths, using: &random)).map { _ in bytes.randomElement(using: &random) ?? 0 }
    }

    private static func write(_ random: inout SeededRandom) -> RecordWrite {
        let table = [RecordTable.messages, .epochs, .settings].randomElement(using: &random) ?? .messages
        let length = Int.random(in: 0..<40, using: &random) == 0 ? 20_000 : Int.random(in: 0...50, using: &random)
        let value = SymmetricKey.filled(.random(in: 0...255, using: &random), length)
        return RecordWrite(table, key(&random), Int.random(in: 0..<3, using: &random) == 0 ? nil : value)
    }

    private static func compare(
        _ store: SQLiteRecordStore, _ model: [RecordTable: [[UInt8]: SymmetricKey]], _ random: inout SeededRandom
    ) throws {
        let table = [RecordTable.messages, .epochs, .settings].randomElement(using: &random) ?? .messages
        let prefix = key(&random, 0...2)
        let after = Bool.random(using: &random) ? nil : key(&random, 0...3)
        let before = Bool.random(using: &random) ? nil : key(&random, 0...3)
        let limit = [Int.max, 0, -1, 1, 2, 5].randomElement(using: &random) ?? 1
        let all = (model[table] ?? [:]).filter { key, _ in
            key.starts(with: prefix) && after.map { $0.lexicographicallyPrecedes(key) } ?? true
                && before.map { key.lexicographicallyPrecedes($0) } ?? true
        }.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        let wanted = before == nil ? all.prefix(max(0, limit)) : all.suffix(max(0, limit))
        let found = try store.records(in: table, prefix: prefix, after: after, before: before, limit: limit)
        let matches = found.map(\.key) == wanted.map(\.key) && found.map(\.value) == wanted.map(\.value)
        #expect(matches, "prefix \(prefix) after \(after ?? []) before \(before ?? []) limit \(limit)")
        let one = key(&random)
        #expect(try store.value(in: table, at: one) == model[table]?[one])
    }

    @Test("take the last of several writes to one place, in one batch")
    func lastWins() throws {
        let store = try TemporaryFolder().open()
        try store.write([
            RecordWrite(.outbox, [1], SymmetricKey("a")), RecordWrite(.outbox, [1], nil),
            RecordWrite(.outbox, [1], SymmetricKey("b")), RecordWrite(.outbox, [2], SymmetricKey("c")),
            RecordWrite(.outbox, [2], nil),
        ])
        #expect(try store.records(in: .outbox).map(\.key) == [[1]])
        #expect(try store.value(in: .outbox, at: [1]) == SymmetricKey("b"))
    }

    @Test("are all refused if one has no key")
    func emptyKey() throws {
        let store = try TemporaryFolder().open()
        #expect(throws: StoreError.unavailable("a record needs a key")) {
            try store.write([
                RecordWrite(.outbox, [1], SymmetricKey("a")), RecordWrite(.outbox, [], SymmetricKey("b")),
            ])
        }
        #expect(try store.verify() == 0)
        #expect(try store.value(in: .outbox, at: []) == nil)
    }

    @Test("hold values of no bytes and of many millions", arguments: [.settings, .epochs] as [RecordTable])
    func sizes(table: RecordTable) throws {
        let folder = try TemporaryFolder()
        let values = [SymmetricKey.filled(7, 0), .filled(8, 5_000_000)]
        do {
            let store = try folder.open()
            for (number, value) in values.enumerated() {
                try store.write([RecordWrite(table, [UInt8(number)], value)])
            }
        }
        #expect(try folder.open().records(in: table).map(\.value) == values)
    }

    @Test("and nothing that was said stand in no file of the folder", arguments: [nil, "correct horse"])
    func canary(passphrase: String?) throws {
        let canary = "the canary sings at noon"
        let folder = try TemporaryFolder()
        let unlock: StoreUnlock = try passphrase.map { try .typed($0) } ?? .keyFile
        var store = try folder.open(unlock)
        for table in RecordTable.allCases {
            let long = SymmetricKey(String(repeating: canary, count: 1000))
            try store.write([
                RecordWrite(table, [1], SymmetricKey(canary)), RecordWrite(table, [2], long),
                RecordWrite(table, [3], SymmetricKey(canary)),
            ])
            try store.write([RecordWrite(table, [3], nil)])
        }
        func search() throws {
            for (name, bytes) in try folder.files() {
                let data = Data(bytes)
                #expect(data.range(of: Data(canary.utf8)) == nil, "\(name)")
                if let passphrase { #expect(data.range(of: Data(passphrase.utf8)) == nil, "\(name)") }
            }
        }
        try search()
        // The search itself finds what is there.
        #expect(Data(try folder.bytes(of: folder.database)).range(of: Data("large_records".utf8)) != nil)
        try store.close()
        try search()
        store = try folder.open(unlock)
        #expect(try store.value(in: .messages, at: [1]) == SymmetricKey(canary))
    }

    @Test("leave no trace in the database when they are deleted and it is closed")
    func secureDelete() throws {
        let folder = try TemporaryFolder()
        let kept: [UInt8] = [0xAA, 0xBB, 1, 2, 3, 4, 5, 6]
        let deleted: [UInt8] = [0xCC, 0xDD, 6, 5, 4, 3, 2, 1]
        var store = try folder.open()
        try store.write([
            RecordWrite(.outbox, kept, SymmetricKey("a")), RecordWrite(.outbox, deleted, SymmetricKey("b")),
        ])
        try store.close()
        #expect(Data(try folder.bytes(of: folder.database)).range(of: Data(deleted)) != nil)
        store = try folder.open()
        try store.write([RecordWrite(.outbox, deleted, nil)])
        try store.close()
        let bytes = Data(try folder.bytes(of: folder.database))
        #expect(bytes.range(of: Data(deleted)) == nil)
        #expect(bytes.range(of: Data(kept)) != nil)
    }

    @Test("leave no trace of a former value in the database when it is replaced and closed", arguments: [100, 50_000])
    func replaced(length: Int) throws {
        let folder = try TemporaryFolder()
        let tables = [RecordTable.ratchets, .rooms]
        func write(_ byte: UInt8) throws -> [Data] {
            let store = try folder.open()
            try store.write(tables.map { RecordWrite($0, [1], .filled(byte, length)) })
            try store.close()
            let queue = try DatabaseQueue(path: folder.database)
            defer { try? queue.close() }
            return try queue.read { db in
                try Data.fetchAll(db, sql: "SELECT value FROM records UNION ALL SELECT value FROM large_records")
            }
        }
        let (former, latter) = (try write(1), try write(2))
        let bytes = Data(try folder.bytes(of: folder.database))
        #expect(former.count == 2 && latter.count == 2)
        for place in stride(from: 0, to: length - 40, by: 2_000) {
            for value in former { #expect(bytes.range(of: value[place..<place + 40]) == nil) }
        }
        for value in latter { #expect(bytes.range(of: value.prefix(12)) != nil) }
    }
}
