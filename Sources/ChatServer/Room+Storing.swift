import Chat
import ChatWire
import NIOCore
import TLSSyntax

/// What of a room, beside its log and its routes, has changed since it was stored.
struct RoomChanges: Sendable {
    var record = false
    var groupInfo = false
    var undo = false
    /// Who has sent something.
    var senders: Set<PeerIdentity> = []
}

extension Room {
    /// Appends what has changed since the last time.
    mutating func takeWrites(into writes: inout [StoreWrite]) {
        let first = log.first
        writes += log.takeWrites()
        for (device, value) in routing.takeChanges() {
            let key = StoreRecord.key(id, device)
            writes.append(value.map { .put(.routes, key: key, value: $0) } ?? .delete(.routes, key: key))
        }
        for device in changes.senders.sorted() {
            let value = senders[device, default: TokenSender()].value
            writes.append(.put(.senders, key: StoreRecord.key(id, device), value: value))
        }
        takeCursors(into: &writes)
        if changes.groupInfo { write(groupInfo?.bytes, to: .groupInfos, in: &writes) }
        if changes.undo {
            write(
                undo.map { undo in StoreRecord.value { (value) throws(SyntaxError) in try undo.write(to: &value) } },
                to: .undos, in: &writes)
            write(undo?.groupInfo?.bytes, to: .undoInfos, in: &writes)
        }
        if changes.record || first != storedFirst { write(record, to: .rooms, in: &writes) }
        storedFirst = first
        changes = RoomChanges()
    }

    private func write(_ value: ByteBuffer?, to table: StoreTable, in writes: inout [StoreWrite]) {
        let key = StoreRecord.key(id)
        writes.append(value.map { .put(table, key: key, value: $0) } ?? .delete(table, key: key))
    }

    /// The room is closed.
    var deletion: [StoreWrite] {
        let key = StoreRecord.key(id)
        let single: [StoreTable] = [.rooms, .groupInfos, .undos, .undoInfos]
        let several: [StoreTable] = [.routes, .blobs, .cursors, .senders, .segments, .blobPlaces]
        return single.map { .delete($0, key: key) } + several.map { .deleteAll($0, prefix: key) }
            + [.drop(room: log.number, through: log.head)]
    }

    // MARK: The room's own record

    private static let version: UInt8 = 2

    private var record: ByteBuffer {
        StoreRecord.value { (value) throws(SyntaxError) in
            value.write(Self.version)
            value.write(log.number)
            try policy.write(to: &value)
            try value.write(founder)
            value.write(foundedAt.milliseconds)
            value.write(epoch)
            value.write(log.first)
            log.firstChain.write(to: &value)
            try value.writeNested(lengthBytes: 3, StoreRecord.lengths) { (value) throws(SyntaxError) in
                for device in removalsAsked.sorted() { try value.write(device) }
            }
            try value.writeNested(lengthBytes: 3, StoreRecord.lengths) { (value) throws(SyntaxError) in
                for (device, count) in voided.sorted(by: { $0.key < $1.key }) {
                    try value.write(device)
                    value.write(UInt32(clamping: count))
                }
            }
        }
    }

    init(
        _ id: RoomID, from record: ByteBuffer, loopCount: Int, limits: ServerLimits, age: AgeClock
    ) throws(RecoveryError) {
        let what = "room \(id)"
        let (number, policy, founder, foundedAt, rest) = try StoreRecord.read(record, what) {
            (reader) throws(SyntaxError) in
            let start = reader.offset
            guard try reader.uint8() == Self.version else {
                throw .invalidValue(offset: start, "a record of another version")
            }
            return (
                try reader.uint32(), try RoomPolicy(from: &reader), try reader.identity(),
                Timestamp(milliseconds: try reader.uint64()),
                try RecordRest(from: &reader)
            )
        }
        let log = try RoomLog(id, number: number, limits, age, first: rest.first, after: rest.chain)
        self.init(
            id, policy, founder: founder, foundedAt: foundedAt, log: log, loopCount: loopCount, limits: limits)
        epoch = rest.epoch
        removalsAsked = Set(rest.removalsAsked)
        voided = Dictionary(rest.voided) { max($0, $1) }
        storedFirst = rest.first
        changes = RoomChanges()
    }

    private struct RecordRest {
        var epoch: UInt64
        var first: UInt64
        var chain: Digest
        var removalsAsked: [PeerIdentity]
        var voided: [(PeerIdentity, Int)]

        init(from reader: inout SyntaxReader) throws(SyntaxError) {
            epoch = try reader.uint64()
            first = try reader.uint64()
            chain = try Digest(from: &reader)
            removalsAsked = try reader.vector(lengthBytes: 3, StoreRecord.lengths) { (inner) throws(SyntaxError) in
                try inner.identity()
            }
            voided = try reader.vector(lengthBytes: 3, StoreRecord.lengths) { (inner) throws(SyntaxError) in
                (try inner.identity(), Int(try inner.uint32()))
            }
        }
    }
}

extension CommitUndo {
    /// All but the group info.
    func write(to value: inout ByteBuffer) throws(SyntaxError) {
        value.write(sequence)
        try value.write(committer)
        try value.writeNested(lengthBytes: 3, StoreRecord.lengths) { (value) throws(SyntaxError) in
            for (device, route) in added.sorted(by: { $0.key < $1.key }) {
                try value.write(device)
                value.write(route == nil ? 0 : 1 as UInt8)
                route?.write(to: &value)
            }
        }
        try value.writeNested(lengthBytes: 3, StoreRecord.lengths) { (value) throws(SyntaxError) in
            for (device, route) in removed.sorted(by: { $0.key < $1.key }) {
                try value.write(device)
                route.write(to: &value)
            }
        }
        try value.writeNested(lengthBytes: 3, StoreRecord.lengths) { (value) throws(SyntaxError) in
            for device in rejectedBy.sorted() { try value.write(device) }
        }
    }

    init(from reader: inout SyntaxReader, groupInfo: StoredBlob?) throws(SyntaxError) {
        let sequence = try reader.uint64()
        let committer = try reader.identity()
        let added = try reader.vector(lengthBytes: 3, StoreRecord.lengths) {
            (inner) throws(SyntaxError) -> (PeerIdentity, Routing.Route?) in
            let device = try inner.identity()
            return (device, try inner.uint8() == 1 ? try Routing.Route(from: &inner) : nil)
        }
        let removed = try reader.vector(lengthBytes: 3, StoreRecord.lengths) { (inner) throws(SyntaxError) in
            (try inner.identity(), try Routing.Route(from: &inner))
        }
        let rejectedBy = try reader.vector(lengthBytes: 3, StoreRecord.lengths) { (inner) throws(SyntaxError) in
            try inner.identity()
        }
        self.init(
            sequence: sequence, committer: committer, groupInfo: groupInfo,
            added: Dictionary(added) { $1 }, removed: Dictionary(removed) { $1 }, rejectedBy: Set(rejectedBy))
    }
}
