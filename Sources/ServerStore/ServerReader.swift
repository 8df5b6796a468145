import Chat
package import ChatServer
import ChatWire
import Foundation
import GRDB
import NIOCore

/// A connection that only reads what the server has stored, beside the one that writes.
package final class ServerReader: Sendable {
    private let queue: DatabaseQueue
    private let path: String

    /// Opens the database in a folder. It must be there.
    package init(folder: String) throws(ServerStoreError) {
        path = folder + "/" + ServerStore.fileName
        do {
            queue = try DatabaseQueue(path: path, configuration: .serverReader)
        } catch {
            throw ServerStoreError(error, database: path)
        }
    }

    /// Reads what is on the disk when it is called.
    package func read(_ load: StoreLoad) -> StoreLoaded {
        do {
            return try queue.read { db in
                switch load {
                case .entries(let room, let range, let limit):
                    .entries(try Self.entries(of: room, range, limit: limit, in: db))
                case .links(let room, let last, let count):
                    .entries(try Self.links(of: room, from: last, count: count, in: db))
                case .blob(let room, let hash): .blob(try Self.blob(hash, of: room, in: db))
                }
            }
        } catch {
            return .failed("\(ServerStoreError(error, database: path))")
        }
    }

    private static func entries(
        of room: UInt32, _ range: ClosedRange<UInt64>, limit: Int, in db: Database
    ) throws -> [ByteBuffer] {
        let arguments: StatementArguments = [
            EntryID(room, range.lowerBound).value, EntryID(room, range.upperBound).value,
        ]
        let rows = try Row.fetchCursor(
            db.cachedStatement(sql: "SELECT id, value FROM entries WHERE id BETWEEN ? AND ? ORDER BY id"),
            arguments: arguments)
        var values: [ByteBuffer] = []
        var size = 0
        while let row = try rows.next() {
            // Entries before the first that is kept may be missing, and none between others.
            let id: Int64 = row[0]
            guard id == EntryID(room, range.lowerBound + UInt64(values.count)).value else { break }
            let value = try row.withUnsafeData(atIndex: 1) { ByteBuffer(bytes: $0 ?? Data()) }
            size += value.readableBytes
            guard values.isEmpty || size <= limit else { break }
            values.append(value)
        }
        return values
    }

    private static func links(of room: UInt32, from last: UInt64, count: Int, in db: Database) throws -> [ByteBuffer] {
        let statement = try db.cachedStatement(sql: "SELECT value FROM entries WHERE id = ?")
        var values: [ByteBuffer] = []
        var next = last
        while next > 0, values.count < count,
            let data = try Data.fetchOne(statement, arguments: [EntryID(room, next).value])
        {
            var value = ByteBuffer(bytes: data)
            values.append(value)
            // Backwards only: what is damaged must not lead in a circle.
            let previous = value.readInteger(as: UInt64.self) ?? 0
            guard previous < next else { break }
            next = previous
        }
        return values
    }

    private static func blob(_ hash: Digest, of room: RoomID, in db: Database) throws -> ByteBuffer? {
        let statement = try db.cachedStatement(sql: "SELECT value FROM records WHERE kind = ? AND key = ?")
        let arguments: StatementArguments = [Int64(StoreTable.blobs.rawValue), Data(room.bytes + hash.bytes)]
        return try Data.fetchOne(statement, arguments: arguments).map { ByteBuffer(bytes: $0) }
    }

    package func close() {
        // Nothing of it can be lost.
        try? queue.close()
    }
}

extension Configuration {
    /// Neither writes nor brings the log into the database, not even at its end.
    static var serverReader: Configuration {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA query_only = ON;")
        }
        return configuration
    }
}
