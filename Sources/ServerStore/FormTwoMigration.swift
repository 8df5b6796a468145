import Chat
import ChatServer
import Foundation
import GRDB
import NIOCore

/// The way from form 1 to form 2: entries get a table of their own.
enum FormTwoMigration {
    /// Within a transaction.
    static func run(_ db: Database) throws {
        try db.execute(sql: "CREATE TABLE entries (id INTEGER PRIMARY KEY, value BLOB NOT NULL) STRICT")
        let append = try db.makeStatement(sql: "INSERT INTO entries (id, value) VALUES (?, ?)")
        let rooms = try readRooms(db) { id, value in
            try append.execute(arguments: [id.value, Data(value.readableBytesView)])
        }
        try db.execute(
            sql: "DELETE FROM records WHERE kind IN (?, ?, ?)",
            arguments: [Int64(FormOneRoom.floors), Int64(FormOneRoom.tokens), Int64(FormOneRoom.entries)])
        // Nobody had measured how old entries are. None counts as older than the latest of all: they are rather kept for longer.
        let age = rooms.map(\.latest).max() ?? Timestamp(milliseconds: 0)
        for room in rooms {
            for write in room.finish(age: age) { try put(write, db) }
        }
        guard !rooms.isEmpty else { return }
        try put(.put(.nextRoom, key: [0], value: ByteBuffer(integer: UInt32(rooms.count) + 1)), db)
        if age.milliseconds > 0 { try put(.put(.age, key: [0], value: ByteBuffer(integer: age.milliseconds)), db) }
    }

    /// Reads all rooms of form 1.
    /// - Parameter append: gets their entries as they are to be stored.
    /// - Throws: ``RecoveryError`` if something is damaged, or what `append` throws.
    static func readRooms(
        _ db: Database, append: (EntryID, ByteBuffer) throws -> Void
    ) throws -> [FormOneRoom] {
        var rooms: [[UInt8]: FormOneRoom] = [:]
        var number: UInt32 = 0
        try forEach(StoreTable.rooms.rawValue, db) { key, value in
            number += 1
            rooms[key] = try FormOneRoom(key: key, record: value, number: number)
        }
        try forEach(FormOneRoom.floors, db) { key, value in
            try with(key, in: &rooms) { try $0.take(floorsOf: $1, value) }
        }
        try forEach(FormOneRoom.tokens, db) { key, value in
            try with(key, in: &rooms) { try $0.take(tokenOf: $1, value) }
        }
        try forEach(FormOneRoom.entries, db) { key, value in
            try with(key, in: &rooms) { room, _ in
                let stored = try room.take(entry: value)
                try append(EntryID(room.number, room.head), stored)
            }
        }
        return Array(rooms.values)
    }

    private static func forEach(
        _ kind: UInt8, _ db: Database, _ body: (_ key: [UInt8], _ value: ByteBuffer) throws -> Void
    ) throws {
        let rows = try Row.fetchCursor(
            db, sql: "SELECT key, value FROM records WHERE kind = ? ORDER BY key", arguments: [Int64(kind)])
        while let row = try rows.next() {
            let key = try row.withUnsafeData(atIndex: 0) { [UInt8]($0 ?? Data()) }
            try body(key, try row.withUnsafeData(atIndex: 1) { ByteBuffer(bytes: $0 ?? Data()) })
        }
    }

    /// - Parameter key: the room's id, and the rest of a key.
    private static func with(
        _ key: [UInt8], in rooms: inout [[UInt8]: FormOneRoom],
        _ body: (inout FormOneRoom, [UInt8]) throws -> Void
    ) throws {
        guard let place = rooms.index(forKey: Array(key.prefix(RoomID.byteCount))) else {
            throw RecoveryError("there is something of a room that is not there")
        }
        try body(&rooms.values[place], Array(key.dropFirst(RoomID.byteCount)))
    }

    private static func put(_ write: StoreWrite, _ db: Database) throws {
        guard case .put(let table, let key, let value) = write else { return }
        try db.execute(
            sql: "INSERT OR REPLACE INTO records (kind, key, value) VALUES (?, ?, ?)",
            arguments: [Int64(table.rawValue), Data(key), Data(value.readableBytesView)])
    }
}
