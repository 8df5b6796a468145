package import Chat
import ChatWire
package import NIOCore
import TLSSyntax

/// Builds a server's state from what is stored. Every record is looked at: damage throws, and never traps.
package struct Recovery {
    private let limits: ServerLimits
    private let loopCount: Int
    private var book: DeviceBook
    private var rooms: [RoomID: Room] = [:]
    private var certificates: [(PeerIdentity, [[UInt8]])] = []
    private let age = AgeClock()
    private var nextRoom: UInt32 = 1

    package init(limits: ServerLimits = ServerLimits(), loopCount: Int) {
        self.limits = limits
        self.loopCount = loopCount
        book = DeviceBook(limits: limits)
    }

    /// Takes a record; they come by ascending tables and keys.
    package mutating func take(
        _ table: StoreTable, key: [UInt8], value: ByteBuffer
    ) throws(RecoveryError) {
        switch table {
        case .latestWelcome:
            book.restore(
                latestWelcome: try StoreRecord.read(value, "the number of the latest welcome") {
                    (reader) throws(SyntaxError) in try reader.uint64()
                })
        case .devices, .packages, .lastResorts, .welcomes, .welcomeBlobs, .certificates:
            try takeOfDevice(table, key, value)
        case .age:
            let time = try StoreRecord.read(value, "the age of all") { (reader) throws(SyntaxError) in
                try reader.uint64()
            }
            age.restore(Timestamp(milliseconds: time))
        case .nextRoom:
            nextRoom = try StoreRecord.read(value, "the number of the next room") { (reader) throws(SyntaxError) in
                try reader.uint32()
            }
        case .rooms:
            let id = try Self.room(key)
            rooms[id] = try Room(id, from: value, loopCount: loopCount, limits: limits, age: age)
        case .blobs: break
        case .groupInfos, .undos, .undoInfos, .routes, .cursors, .senders, .segments, .blobPlaces:
            let id = try Self.room(Array(key.prefix(RoomID.byteCount)))
            guard let place = rooms.index(forKey: id) else {
                throw RecoveryError("there is something of room \(id), and no such room")
            }
            try rooms.values[place].restore(table, key: Array(key.dropFirst(RoomID.byteCount)), value)
        }
    }

    private static func room(_ key: [UInt8]) throws(RecoveryError) -> RoomID {
        guard let id = RoomID(bytes: key) else { throw RecoveryError("a record is about a room without an id") }
        return id
    }

    private mutating func takeOfDevice(
        _ table: StoreTable, _ key: [UInt8], _ value: ByteBuffer
    ) throws(RecoveryError) {
        if table == .welcomeBlobs {
            let hash = try StoreRecord.read(key, "a welcome's hash") { (reader) throws(SyntaxError) in
                try Digest(from: &reader)
            }
            return try book.restoreWelcome(value, as: hash)
        }
        let (device, number) = try StoreRecord.read(key, "a record's key") { (reader) throws(SyntaxError) in
            (try reader.identity(), reader.isAtEnd ? nil : try reader.uint64())
        }
        switch (table, number) {
        case (.devices, nil):
            let (publication, isRevoked) = try StoreRecord.read(value, "what is known of \(device)") {
                (reader) throws(SyntaxError) in (try reader.uint64(), try reader.uint8() == 1)
            }
            book.restore(device, publication: publication, isRevoked: isRevoked)
        case (.packages, let number?): try book.restorePackage(number, of: device, from: value)
        case (.lastResorts, nil): try book.restoreLastResort(of: device, from: value)
        case (.welcomes, let id?):
            guard case .welcome(let notice) = try StoreRecord.frame(value, "a welcome for \(device)"), notice.id == id
            else { throw RecoveryError("welcome \(id) for \(device) is damaged") }
            try book.restore(notice, for: device)
        case (.certificates, nil):
            let chain = try StoreRecord.read(value, "the certificate of \(device)") { (reader) throws(SyntaxError) in
                var chain: [[UInt8]] = []
                while !reader.isAtEnd { chain.append(try reader.opaque(lengthBytes: 3, StoreRecord.lengths)) }
                return chain
            }
            certificates.append((device, chain))
        default: throw RecoveryError("a record about \(device) has a key of another kind")
        }
    }

    /// Which entries are wanted when all records are taken: of rooms, by number, those after the latest that is in a complete segment.
    package var openLogs: [(room: RoomID, number: UInt32, after: UInt64)] {
        rooms.map { ($0.key, $0.value.log.number, $0.value.log.lastClosed) }.sorted { $0.1 < $1.1 }
    }

    /// Takes an entry; those of a room come in their order.
    package mutating func take(entry value: ByteBuffer, of room: RoomID) throws(RecoveryError) {
        guard let place = rooms.index(forKey: room) else { throw RecoveryError("there is an entry of no room") }
        _ = try rooms.values[place].log.restore(value)
    }

    /// There is no more.
    package consuming func finish() throws(RecoveryError) -> RecoveredState {
        var numbers: Set<UInt32> = []
        for room in rooms.values {
            guard room.log.number < nextRoom, numbers.insert(room.log.number).inserted else {
                throw RecoveryError("room \(room.id) has a number that is not its own, \(room.log.number)")
            }
            try room.checkRestored()
            book.restoreFounding(by: room.founder)
        }
        try book.finishRestoring()
        let premises = Premises(limits: limits, book: book, age: age, nextRoom: nextRoom)
        return RecoveredState(premises: premises, rooms: rooms, certificates: certificates)
    }
}

/// What a server begins with.
package struct RecoveredState: Sendable {
    package let premises: Premises
    let rooms: [RoomID: Room]
    /// The latest certificates that devices have shown, in DER, each with the rest of its chain.
    package let certificates: [(device: PeerIdentity, chain: [[UInt8]])]

    package var roomCount: Int { rooms.count }
    package var entryCount: UInt64 { rooms.values.reduce(0) { $0 + $1.log.count } }
}

extension Room {
    /// - Parameter key: behind the room's id.
    fileprivate mutating func restore(
        _ table: StoreTable, key: [UInt8], _ value: ByteBuffer
    ) throws(RecoveryError) {
        let what = "a record of room \(id)"
        switch table {
        case .groupInfos:
            groupInfo = StoredBlob(value)
            changes.groupInfo = false
        case .undos:
            undo = try StoreRecord.read(value, what) { (reader) throws(SyntaxError) in
                try CommitUndo(from: &reader, groupInfo: nil)
            }
            changes.undo = false
        case .undoInfos:
            guard undo != nil else { throw RecoveryError("room \(id) has a group info for no commit") }
            undo?.groupInfo = StoredBlob(value)
            changes.undo = false
        case .routes:
            let device = try StoreRecord.read(key, what) { (reader) throws(SyntaxError) in try reader.identity() }
            try StoreRecord.read(value, what) { (reader) throws(SyntaxError) in
                try routing.restore(device, from: &reader)
            }
        case .senders:
            let device = try StoreRecord.read(key, what) { (reader) throws(SyntaxError) in try reader.identity() }
            senders[device] = try StoreRecord.read(value, what) { (reader) throws(SyntaxError) in
                try TokenSender(from: &reader)
            }
        case .segments:
            let last = try StoreRecord.read(key, what) { (reader) throws(SyntaxError) in try reader.uint64() }
            try log.restore(LogSegment(last: last, from: value, what))
        case .blobPlaces:
            let hash = try StoreRecord.read(key, what) { (reader) throws(SyntaxError) in try Digest(from: &reader) }
            try log.restore(blob: hash, from: value)
        case .cursors: try restoreCursor(key: key, value)
        default: throw RecoveryError("\(what) is of a kind that rooms do not have")
        }
    }

    fileprivate func checkRestored() throws(RecoveryError) {
        try log.checkRestored()
        try checkCursors()
        guard undo.map({ $0.sequence <= log.head }) ?? true else {
            throw RecoveryError("room \(id) has a commit after its latest entry")
        }
        for (device, sender) in senders where sender.last > log.head {
            throw RecoveryError("entry \(sender.last) of room \(id), the latest by \(device), is missing")
        }
    }
}

extension Shard {
    /// Takes over the rooms that are this loop's.
    package mutating func adopt(_ state: RecoveredState) {
        for (id, room) in state.rooms where owner(of: id) == index {
            owned[id] = room
            premises.stored.add(room.bytes)
            premises.held.add(room.memory)
        }
    }

    package var hasWrites: Bool { !writes.isEmpty || !bookChanges.keys.isEmpty }

    /// What is to be stored before anything that this tick does may be seen. The order in which loops call this is the order in
    /// which it must be carried out.
    package mutating func takeWrites() -> [StoreWrite] {
        if hasNewRoom {
            writes.append(.put(.nextRoom, key: [0], value: ByteBuffer(integer: premises.nextRoomNumber)))
            hasNewRoom = false
        }
        if !bookChanges.keys.isEmpty {
            writes += premises.devices.writes(bookChanges.keys)
            bookChanges.keys = []
        }
        defer { writes = [] }
        return writes
    }
}
