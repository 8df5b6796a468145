import Chat
import ChatServer
import ChatWire
import NIOCore

/// What a database would hold.
struct ServerRecords: Equatable {
    var tables: [UInt8: [[UInt8]: ByteBuffer]] = [:]
    /// By the numbers of rooms.
    var entries: [UInt32: [UInt64: ByteBuffer]] = [:]

    mutating func carryOut(_ writes: [StoreWrite]) {
        for write in writes {
            switch write {
            case .append(let room, let sequence, let value): entries[room, default: [:]][sequence] = value
            case .drop(let room, let last):
                for sequence in (entries[room] ?? [:]).keys where sequence <= last { entries[room]?[sequence] = nil }
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

    /// Of each room, by number, after which entry a recovery reads the others.
    func openLogs() throws(RecoveryError) -> [(room: UInt32, after: UInt64)] {
        var recovery = Recovery(loopCount: 1)
        for record in records where record.table.isRecovered {
            try recovery.take(record.table, key: record.key, value: record.value)
        }
        return recovery.openLogs.map { ($0.number, $0.after) }
    }

    func recover(loops: Int, limits: ServerLimits = ServerLimits()) throws(RecoveryError) -> RecoveredState {
        var recovery = Recovery(limits: limits, loopCount: loops)
        for record in records where record.table.isRecovered {
            try recovery.take(record.table, key: record.key, value: record.value)
        }
        for log in recovery.openLogs {
            for (_, value) in (entries[log.number] ?? [:]).filter({ $0.key > log.after }).sorted(by: { $0.key < $1.key }
            ) {
                try recovery.take(entry: value, of: log.room)
            }
        }
        return try recovery.finish()
    }

    /// What a reader of the database would find.
    func find(_ load: StoreLoad) -> StoreLoaded {
        switch load {
        case .blob(let room, let hash): return .blob(tables[StoreTable.blobs.rawValue]?[room.bytes + hash.bytes])
        case .entries(let room, let range, let limit):
            var found: [ByteBuffer] = []
            var size = 0
            for sequence in range {
                guard let value = entries[room]?[sequence] else { break }
                size += value.readableBytes
                guard found.isEmpty || size <= limit else { break }
                found.append(value)
            }
            return .entries(found)
        case .links(let room, let last, let count):
            var found: [ByteBuffer] = []
            var next = last
            while next > 0, found.count < count, let value = entries[room]?[next] {
                found.append(value)
                next = value.getInteger(at: value.readerIndex, as: UInt64.self) ?? 0
            }
            return .entries(found)
        }
    }

    /// The tables that do not hold the same.
    func tables(unlike other: ServerRecords) -> Set<StoreTable> {
        Set(StoreTable.allCases.filter { tables[$0.rawValue] ?? [:] != other.tables[$0.rawValue] ?? [:] })
    }

    static func == (left: ServerRecords, right: ServerRecords) -> Bool {
        left.tables.filter { !$0.value.isEmpty } == right.tables.filter { !$0.value.isEmpty }
            && left.entries.filter { !$0.value.isEmpty } == right.entries.filter { !$0.value.isEmpty }
    }
}

extension ByteBuffer {
    /// Changes a bit of a byte.
    mutating func flip(_ byte: Int) {
        let place = readerIndex + byte
        if let value = getInteger(at: place, as: UInt8.self) { setInteger(value ^ 1, at: place) }
    }
}
