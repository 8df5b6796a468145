import ChatServer
import NIOCore

/// What a database would hold.
struct ServerRecords: Equatable {
    var tables: [UInt8: [[UInt8]: ByteBuffer]] = [:]

    mutating func carryOut(_ writes: [StoreWrite]) {
        for write in writes {
            switch write {
            case .put(let table, let key, let value): tables[table.rawValue, default: [:]][key] = value
            case .delete(let table, let key): tables[table.rawValue, default: [:]][key] = nil
            case .deleteAll(let table, let prefix):
                tables[table.rawValue] = tables[table.rawValue]?.filter {
                    !$0.key.starts(with: prefix) || $0.key.count == prefix.count
                }
            }
        }
    }

    func count(of table: StoreTable) -> Int { tables[table.rawValue]?.count ?? 0 }

    /// All records, as a recovery wants them.
    var records: [(table: StoreTable, key: [UInt8], value: ByteBuffer)] {
        StoreTable.allCases.flatMap { table in
            (tables[table.rawValue] ?? [:]).sorted { $0.key.lexicographicallyPrecedes($1.key) }
                .map { (table, $0.key, $0.value) }
        }
    }

    func recover(loops: Int, limits: ServerLimits = ServerLimits()) throws(RecoveryError) -> RecoveredState {
        var recovery = Recovery(limits: limits, loopCount: loops)
        for record in records { try recovery.take(record.table, key: record.key, value: record.value) }
        return try recovery.finish()
    }

    /// The tables that do not hold the same.
    func tables(unlike other: ServerRecords) -> Set<StoreTable> {
        Set(StoreTable.allCases.filter { tables[$0.rawValue] ?? [:] != other.tables[$0.rawValue] ?? [:] })
    }

    static func == (left: ServerRecords, right: ServerRecords) -> Bool {
        left.tables.filter { !$0.value.isEmpty } == right.tables.filter { !$0.value.isEmpty }
    }
}
