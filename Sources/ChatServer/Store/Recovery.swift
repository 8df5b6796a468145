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
        case .rooms:
            let id = try Self.room(key)
            rooms[id] = try Room(id, from: value, loopCount: loopCount, limits: limits)
        case .groupInfos, .undos, .undoInfos, .routes, .floors, .tokens, .blobs, .entries:
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

    /// There is no more.
    package consuming func finish() throws(RecoveryError) -> RecoveredState {
        for room in rooms.values {
            try room.checkRestored()
            book.restoreFounding(by: room.founder)
        }
        try book.finishRestoring()
        return RecoveredState(premises: Premises(limits: limits, book: book), rooms: rooms, certificates: certificates)
    }
}

/// What a server begins with.
package struct RecoveredState: Sendable {
    package let premises: Premises
    let rooms: [RoomID: Room]
    /// The latest certificates that devices have shown, in DER, each with the rest of its chain.
    package let certificates: [(device: PeerIdentity, chain: [[UInt8]])]

    package var roomCount: Int { rooms.count }
    package var entryCount: Int { rooms.values.reduce(0) { $0 + $1.log.count } }
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
        case .floors:
            let device = try StoreRecord.read(key, what) { (reader) throws(SyntaxError) in try reader.identity() }
            try StoreRecord.read(value, what) { (reader) throws(SyntaxError) in
                tokens[device, default: TokenBook()].floors = (try reader.uint64(), try reader.uint64())
                let since = try reader.uint64()
                if since > 0 { tokensSince[device] = since }
            }
        case .tokens:
            let (device, token) = try StoreRecord.read(key, what) { (reader) throws(SyntaxError) in
                (try reader.identity(), try reader.uint64())
            }
            let place = try StoreRecord.read(value, what) { (reader) throws(SyntaxError) in
                TokenBook.Place(
                    sequence: try reader.uint64(), time: Timestamp(milliseconds: try reader.uint64()))
            }
            droppedTokens.append((device, token, place))
        case .blobs:
            let hash = try StoreRecord.read(key, what) { (reader) throws(SyntaxError) in try Digest(from: &reader) }
            try log.restore(value, as: hash)
        default: try restoreEntry(value)
        }
    }

    private mutating func restoreEntry(_ value: ByteBuffer) throws(RecoveryError) {
        noteDroppedTokens()
        guard value.readableBytes > Digest.byteCount,
            let head = value.getSlice(at: value.readerIndex, length: Digest.byteCount)
        else { throw RecoveryError("entry \(log.head + 1) of room \(id) is cut") }
        let chain = try StoreRecord.read(head, "the chain of room \(id)") { (reader) throws(SyntaxError) in
            try Digest(from: &reader)
        }
        // A copy, since a slice would keep the chain too.
        let entry = try log.restore(
            ByteBuffer(bytes: value.readableBytesView.dropFirst(Digest.byteCount)), chain: chain)
        guard entry.token > 0, entry.sequence > tokensSince[entry.sender] ?? 0 else { return }
        note(entry.token, TokenBook.Place(sequence: entry.sequence, time: entry.time), of: entry.sender)
    }

    /// They came before all entries, by device and number; their order is that of the log.
    private mutating func noteDroppedTokens() {
        guard !droppedTokens.isEmpty else { return }
        for (device, token, place) in droppedTokens.sorted(by: { $0.2.sequence < $1.2.sequence }) {
            note(token, place, of: device)
        }
        droppedTokens = []
    }

    private mutating func note(_ token: UInt64, _ place: TokenBook.Place, of device: PeerIdentity) {
        tokenCount -= tokens[device]?.count ?? 0
        tokens[device, default: TokenBook()].note(token, place, limit: limits.tokensPerDevice)
        tokenCount += tokens[device]?.count ?? 0
    }

    fileprivate func checkRestored() throws(RecoveryError) {
        try log.checkRestored()
        guard undo.map({ $0.sequence <= log.head }) ?? true else {
            throw RecoveryError("room \(id) has a commit after its latest entry")
        }
    }
}

extension Shard {
    /// Takes over the rooms that are this loop's.
    package mutating func adopt(_ state: RecoveredState) {
        for (id, room) in state.rooms where owner(of: id) == index {
            owned[id] = room
            premises.stored.add(room.bytes)
        }
    }

    package var hasWrites: Bool { !writes.isEmpty || !bookChanges.isEmpty }

    /// What is to be stored before anything that this tick does may be seen. The order in which loops call this is the order in
    /// which it must be carried out.
    package mutating func takeWrites() -> [StoreWrite] {
        if !bookChanges.isEmpty {
            writes += premises.devices.writes(bookChanges)
            bookChanges = []
        }
        defer { writes = [] }
        return writes
    }
}
