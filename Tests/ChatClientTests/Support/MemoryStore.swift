import ChatClient
import Crypto

/// A ``RecordStore`` in memory, with faults at chosen writes. It means what the store on the disk means; the values lie in it unsealed.
final class MemoryStore: RecordStore {
    /// What happens to a write.
    enum Fault {
        /// It is not stored, and its error is thrown; what comes after it works.
        case refused(StoreError)
        /// The process dies before anything is on the disk: this and everything after it throws.
        case crashBefore
        /// It is on the disk, but the process dies before it hears so: this and everything after it throws.
        case crashAfter
    }

    /// What is thrown from a crash on.
    static let crash = StoreError.unavailable("the process is dead")

    /// Faults by the number of the write; the first is 1.
    var faults: [Int: Fault] = [:]
    /// Writes that were asked for so far.
    private(set) var writes = 0
    private(set) var isDead = false

    /// In ascending order of keys.
    private var tables: [RecordTable: [Record]]

    init() {
        tables = [:]
    }

    private init(_ tables: [RecordTable: [Record]]) {
        self.tables = tables
    }

    /// A store that holds what this one held on its disk: what a program finds that starts anew.
    func restarted() -> MemoryStore {
        MemoryStore(tables)
    }

    func write(_ batch: [RecordWrite]) throws(StoreError) {
        try requireLife()
        for write in batch where write.key.isEmpty { throw .unavailable("a record needs a key") }
        writes += 1
        switch faults[writes] {
        case nil:
            store(batch)
        case .refused(let error):
            throw error
        case .crashBefore:
            isDead = true
            throw Self.crash
        case .crashAfter:
            store(batch)
            isDead = true
            throw Self.crash
        }
    }

    func value(in table: RecordTable, at key: [UInt8]) throws(StoreError) -> SymmetricKey? {
        try requireLife()
        let records = tables[table, default: []]
        let place = Self.place(of: key, in: records)
        guard place < records.count, records[place].key == key else { return nil }
        return records[place].value
    }

    func records(
        in table: RecordTable, prefix: [UInt8], after: [UInt8]?, before: [UInt8]?, limit: Int
    ) throws(StoreError) -> [Record] {
        try requireLife()
        let records = tables[table, default: []]
        var found = records[Self.place(of: prefix, in: records)...].prefix { $0.key.starts(with: prefix) }
        if let after { found = found.drop { !after.lexicographicallyPrecedes($0.key) } }
        guard let before else { return Array(found.prefix(max(0, limit))) }
        found = found.prefix { $0.key.lexicographicallyPrecedes(before) }
        return Array(found.suffix(max(0, limit)))
    }

    private func requireLife() throws(StoreError) {
        guard !isDead else { throw Self.crash }
    }

    private func store(_ batch: [RecordWrite]) {
        for write in batch {
            let place = Self.place(of: write.key, in: tables[write.table, default: []])
            let isThere = place < tables[write.table, default: []].count && tables[write.table]?[place].key == write.key
            switch (write.value, isThere) {
            case (nil, true): tables[write.table]?.remove(at: place)
            case (nil, false): break
            case (let value?, true): tables[write.table]?[place].value = value
            case (let value?, false):
                tables[write.table, default: []].insert(Record(key: write.key, value: value), at: place)
            }
        }
    }

    /// Where the first key stands that is not below this one.
    private static func place(of key: [UInt8], in records: [Record]) -> Int {
        var low = 0
        var high = records.count
        while low < high {
            let middle = (low + high) / 2
            if records[middle].key.lexicographicallyPrecedes(key) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
