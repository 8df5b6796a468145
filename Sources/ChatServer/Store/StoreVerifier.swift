import Chat
import ChatWire
package import NIOCore
import TLSSyntax

/// Checks all that a server has stored, beyond what it reads when it starts: every entry, every link and every payload of every room.
///
/// It takes all records first, by ascending tables and keys, and then all entries, by ascending rooms and numbers.
package struct StoreVerifier {
    /// What is wrong, and where.
    package typealias Note = (_ place: String, _ words: String) -> Void

    private var recovery: Recovery? = Recovery(loopCount: 1)
    private var rooms: [UInt32: LogVerifier] = [:]
    private var numbers: [RoomID: UInt32] = [:]
    /// From where on the server would read entries when it starts.
    private var openLogs: [UInt32: UInt64] = [:]
    private var strays: Set<UInt32> = []
    /// The room whose entries come.
    private var current: UInt32?
    package private(set) var entryCount: UInt64 = 0
    /// The latest time of an entry, in milliseconds since 1970.
    package private(set) var latest: UInt64?

    package var roomCount: Int { rooms.count }

    package init() {}

    /// Takes a record.
    package mutating func take(_ table: StoreTable, key: [UInt8], value: ByteBuffer, _ note: Note) {
        if table.isRecovered {
            withRecovery(note) { (recovery) throws(RecoveryError) in
                try recovery.take(table, key: key, value: value)
            }
        }
        do throws(RecoveryError) {
            switch table {
            case .welcomeBlobs where Digest(of: value).bytes != key: note("a welcome", "it was changed")
            case .rooms: try takeRoom(key, value)
            case .senders, .segments, .blobPlaces, .blobs: try takeOfRoom(table, key, value)
            default: break
            }
        } catch {
            // The recovery has said it, except of what it does not read.
            if table == .blobs { note("a payload", error.description) }
        }
    }

    private mutating func takeRoom(_ key: [UInt8], _ value: ByteBuffer) throws(RecoveryError) {
        guard let id = RoomID(bytes: key) else { return }
        let room = try Room(id, from: value, loopCount: 1, limits: ServerLimits(), age: AgeClock())
        rooms[room.log.number] = LogVerifier(id, first: room.log.first, after: room.log.firstChain)
        numbers[id] = room.log.number
    }

    private mutating func takeOfRoom(
        _ table: StoreTable, _ key: [UInt8], _ value: ByteBuffer
    ) throws(RecoveryError) {
        guard let id = RoomID(bytes: Array(key.prefix(RoomID.byteCount))), let number = numbers[id] else {
            throw RecoveryError("it belongs to no room")
        }
        try rooms[number]?.take(table, key: Array(key.dropFirst(RoomID.byteCount)), value)
    }

    /// There are no more records.
    package mutating func endRecords() {
        for log in recovery?.openLogs ?? [] { openLogs[log.number] = log.after }
    }

    /// Takes an entry.
    package mutating func take(entry value: ByteBuffer, ofRoom number: UInt32, _ sequence: UInt64, _ note: Note) {
        entryCount += 1
        if current != number {
            endRoom(note)
            current = number
        }
        guard let id = rooms[number]?.id else {
            if strays.insert(number).inserted { note("room number \(number)", "there are entries and no such room") }
            return
        }
        if sequence > openLogs[number] ?? .max {
            withRecovery(note) { (recovery) throws(RecoveryError) in try recovery.take(entry: value, of: id) }
        }
        if let time = rooms[number]?.take(entry: value, sequence, note) { latest = max(latest ?? 0, time) }
    }

    private mutating func endRoom(_ note: Note) {
        guard let current else { return }
        rooms[current]?.end(note)
    }

    /// There is no more.
    package mutating func finish(_ note: Note) {
        endRoom(note)
        for number in rooms.keys.sorted() where rooms[number]?.hasEnded == false { rooms[number]?.end(note) }
        withRecovery(note) { (recovery) throws(RecoveryError) in _ = try recovery.finish() }
    }

    /// The server would begin with what it finds, up to the first thing that is wrong.
    private mutating func withRecovery(
        _ note: Note, _ body: (inout Recovery) throws(RecoveryError) -> Void
    ) {
        guard var recovery else { return }
        self.recovery = nil
        do throws(RecoveryError) {
            try body(&recovery)
            self.recovery = recovery
        } catch {
            note("the server could not start", error.description)
        }
    }
}
