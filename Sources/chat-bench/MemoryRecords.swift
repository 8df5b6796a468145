import ChatClient
import Crypto

/// A ``RecordStore`` in memory: what the client costs without its disk.
final class MemoryRecords: RecordStore {
    private var tables: [RecordTable: [[UInt8]: SymmetricKey]] = [:]
    private(set) var batches = 0
    private(set) var records = 0

    func write(_ batch: [RecordWrite]) throws(StoreError) {
        batches += 1
        records += batch.count
        for write in batch { tables[write.table, default: [:]][write.key] = write.value }
    }

    func value(in table: RecordTable, at key: [UInt8]) throws(StoreError) -> SymmetricKey? { tables[table]?[key] }

    func records(
        in table: RecordTable, prefix: [UInt8], after: [UInt8]?, before: [UInt8]?, limit: Int
    ) throws(StoreError) -> [Record] {
        let keys = (tables[table] ?? [:]).keys.filter { key in
            key.starts(with: prefix) && after.map { $0.lexicographicallyPrecedes(key) } ?? true
                && before.map { key.lexicographicallyPrecedes($0) } ?? true
        }.sorted { $0.lexicographicallyPrecedes($1) }
        let chosen = before == nil ? keys.prefix(max(limit, 0)) : keys.suffix(max(limit, 0))
        return chosen.compactMap { key in tables[table]?[key].map { Record(key: key, value: $0) } }
    }
}
