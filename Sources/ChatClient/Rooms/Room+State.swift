import Chat
import ChatWire
import Crypto
import MLS
import MLSWire
import NIOCore
import TLSSyntax

/// The room as the store keeps it: its state, its group in two parts, a commit whose fate is open, and what is to be sent.
///
///     struct {
///         uint8 version;              /* 1 */
///         uint8 phase;
///         RoomPolicy policy;
///         opaque name<0..255>; opaque topic<0..2^16-1>; opaque peer<0..32>;
///         uint32 generation; uint64 sequence; opaque chain[32]; uint64 start;
///         uint64 next_token; uint64 next_control_token;
///         uint64 joined_epoch; uint64 epoch_began; uint64 refreshed; uint64 refused_commit; uint64 leave_token; uint64 delivered; uint64 read;
///         Intent intents<0..2^24-1>; Sender senders<0..2^24-1>; Tag tags<0..2^16-1>; Receipt receipts<0..2^24-1>;
///         Finding findings<0..2^16-1>; Identity leaving<0..2^24-1>; Identity revoked<0..2^24-1>;
///     } RoomState;
extension Room {
    private static var version: UInt8 { 1 }

    var encodedState: SymmetricKey {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512 + senders.count * 96)
        // Everything in it is bounded where it comes in.
        try? writeState(to: &bytes)
        return SymmetricKey(wiping: &bytes)
    }

    func writeState(to bytes: inout [UInt8]) throws(SyntaxError) {
        bytes.write(Self.version)
        bytes.write(phase.rawValue)
        try policy.write(to: &bytes)
        try bytes.write(text: name?.text ?? "", lengthBytes: 1, 0...255)
        try bytes.write(text: topic.description, lengthBytes: 2, 0...65_535)
        try bytes.write(text: peer?.description ?? "", lengthBytes: 1, 0...32)
        bytes.write(generation)
        bytes.write(cursor.sequence)
        cursor.chain.write(to: &bytes)
        for number in [
            cursor.start, nextToken, nextControlToken, joinedEpoch, epochBegan, refreshed, refusedCommit ?? 0,
            leaveToken ?? 0,
            receipts.own.said, receipts.ownRead.said,
        ] { bytes.write(number) }
        try bytes.writeNested(lengthBytes: 3, 0...0xFF_FFFF) { (bytes) throws(SyntaxError) in
            for intent in intents { try intent.write(to: &bytes) }
        }
        try bytes.writeNested(lengthBytes: 3, 0...0xFF_FFFF) { (bytes) throws(SyntaxError) in
            for (device, counter) in senders {
                try bytes.write(device)
                bytes.write(counter.last)
                bytes.write(UInt16(counter.ahead.count))
                for token in counter.ahead.sorted() { bytes.write(token) }
            }
        }
        try bytes.writeNested(lengthBytes: 2, 0...65_535) { (bytes) throws(SyntaxError) in
            for (epoch, tag) in epochTags {
                bytes.write(epoch)
                bytes.write(opaque: tag.authenticatedData)
            }
        }
        try bytes.writeNested(lengthBytes: 3, 0...0xFF_FFFF) { (bytes) throws(SyntaxError) in
            for user in Set(receipts.delivered.keys).union(receipts.read.keys) {
                try bytes.write(user)
                bytes.write(receipts.delivered[user] ?? 0)
                bytes.write(receipts.read[user] ?? 0)
            }
        }
        try bytes.writeNested(lengthBytes: 2, 0...65_535) { (bytes) throws(SyntaxError) in
            for finding in findings { try finding.write(to: &bytes) }
        }
        for devices in [leaving, revoked] {
            try bytes.writeNested(lengthBytes: 3, 0...0xFF_FFFF) { (bytes) throws(SyntaxError) in
                for device in devices { try bytes.write(device) }
            }
        }
    }

    func readState(from reader: inout SyntaxReader) throws(SyntaxError) {
        guard try reader.uint8() == Self.version else {
            throw .invalidValue(offset: 0, "a room of another version")
        }
        guard let phase = Phase(rawValue: try reader.uint8()) else {
            throw .invalidValue(offset: 1, "a room in an unknown phase")
        }
        self.phase = phase
        policy = try RoomPolicy(from: &reader)
        name = RoomName(try reader.text(lengthBytes: 1, 0...255))
        topic = (try? RoomTopic(try reader.text(lengthBytes: 2, 0...65_535))) ?? .none
        peer = UserName(try reader.text(lengthBytes: 1, 0...32))
        generation = try reader.uint32()
        let sequence = try reader.counter()
        let chain = try Digest(from: &reader)
        cursor = LogCursor(after: sequence, chain: chain, start: try reader.counter())
        head = sequence
        nextToken = try reader.counter()
        nextControlToken = try reader.counter(besides: Self.controlBit)
        joinedEpoch = try reader.counter()
        epochBegan = try reader.counter()
        refreshed = try reader.counter()
        let refused = try reader.counter()
        refusedCommit = refused == 0 ? nil : refused
        let left = try reader.counter(besides: Self.controlBit)
        leaveToken = left == 0 ? nil : left
        let (delivered, read) = (try reader.counter(), try reader.counter())
        receipts.own = (delivered, delivered)
        receipts.ownRead = (read, read)
        intents = try reader.vector(lengthBytes: 3, 0...0xFF_FFFF) { (inner) throws(SyntaxError) in
            try RoomIntent(from: &inner)
        }
        let counters = try reader.vector(lengthBytes: 3, 0...0xFF_FFFF) { (inner) throws(SyntaxError) in
            let device = try inner.identity()
            let start = inner.offset
            let last = try inner.counter()
            var ahead: Set<UInt64> = []
            for _ in 0..<(try inner.uint16()) { ahead.insert(try inner.counter()) }
            guard ahead.allSatisfy({ $0 > last && $0 - last <= SenderCounter.window }) else {
                throw .invalidValue(offset: start, "messages ahead of their turn that are not")
            }
            return (device, SenderCounter(last: last, ahead: ahead))
        }
        senders = Dictionary(counters) { $1 }
        let tags = try reader.vector(lengthBytes: 2, 0...65_535) { (inner) throws(SyntaxError) in
            (try inner.counter(), try EpochTag(authenticatedData: try inner.opaque(17)))
        }
        epochTags = Dictionary(tags) { $1 }
        let told = try reader.vector(lengthBytes: 3, 0...0xFF_FFFF) { (inner) throws(SyntaxError) in
            (try inner.userName(), try inner.counter(), try inner.counter())
        }
        for (user, delivered, read) in told {
            receipts.delivered[user] = delivered
            receipts.read[user] = read
        }
        findings = try reader.vector(lengthBytes: 2, 0...65_535) { (inner) throws(SyntaxError) in
            try Finding(from: &inner)
        }
        leaving = Set(try reader.vector(lengthBytes: 3, 0...0xFF_FFFF) { (r) throws(SyntaxError) in try r.identity() })
        revoked = Set(try reader.vector(lengthBytes: 3, 0...0xFF_FFFF) { (r) throws(SyntaxError) in try r.identity() })
    }

    /// The room that a record holds, with its group and what was to be sent.
    /// - Throws: ``StoreError/damaged(_:)``.
    convenience init(restoring record: Record, host: RoomHost) throws(StoreError) {
        guard let id = RoomID(bytes: record.key) else { throw .damaged("a room without an id") }
        self.init(id: id, policy: RoomPolicy(.invite), phase: .left, host: host)
        do throws(SyntaxError) {
            try record.value.read { (reader) throws(SyntaxError) in try readState(from: &reader) }
        } catch {
            throw .damaged("the state of room \(id): \(error)")
        }
        try restoreMarks()
        try restoreRollback()
        try restoreGroup()
        try restoreOutbox()
    }

    func restoreGroup() throws(StoreError) {
        guard let epoch = try store.value(in: .epochs, at: id.bytes),
            let ratchets = try store.value(in: .ratchets, at: id.bytes)
        else {
            // Without its group this device has lost the thread.
            if phase == .active { phase = .rejoining }
            if phase == .founding { phase = .left }
            return
        }
        do throws(MLSError) {
            let group = try MLSGroup(
                restoring: GroupSnapshot(epoch: epoch, ratchets: ratchets), client: host.mls)
            live = LiveGroup(group)
        } catch {
            if case .misuse(.signerMismatch) = error { return try restoreWithOldKey() }
            throw .damaged("the keys of room \(id): \(error)")
        }
        guard phase == .active, let staged = try store.value(in: .staged, at: id.bytes) else { return }
        do throws(SyntaxError) {
            let (submission, intents, snapshot) = try staged.read { (reader) throws(SyntaxError) in
                try OwnCommit.parts(from: &reader)
            }
            guard let live, let staged = try? live.group.staged(restoring: snapshot) else { return }
            commit = OwnCommit(submission, intents: intents, staged: staged)
        } catch {
            throw .damaged("a commit of room \(id): \(error)")
        }
    }

    /// The certificate has another key than when the room was left: this device comes in anew.
    func restoreWithOldKey() throws(StoreError) {
        if phase == .active || phase == .founding { phase = .rejoining }
        lostThread = "this device has a new key"
        dirtyRoom = true
    }

    func restoreOutbox() throws(StoreError) {
        for record in try store.records(in: .outbox, prefix: id.bytes) {
            do throws(SyntaxError) {
                outbox.append(try record.value.read { (reader) throws(SyntaxError) in try Outbox.Item(from: &reader) })
            } catch {
                throw .damaged("a message that was to be sent: \(error)")
            }
        }
    }

    // MARK: Writing

    func saveGroup() {
        guard let live else { return }
        let snapshot = live.group.snapshot
        write(.epochs, id.bytes, snapshot.epoch)
        write(.ratchets, id.bytes, snapshot.ratchets)
        dirtyRatchets = false
        dirtyRoom = true
    }

    func forgetGroup() {
        live = nil
        dirtyRatchets = false
        forgetCommits()
        for table in [RecordTable.epochs, .ratchets, .staged] { write(table, id.bytes, nil) }
        forgetMarks()
        dirtyRoom = true
    }

    func store(_ item: Outbox.Item) {
        var bytes: [UInt8] = []
        guard (try? item.write(to: &bytes)) != nil else { return }
        write(.outbox, outboxKey(item.token), SymmetricKey(wiping: &bytes))
    }

    func store(_ own: OwnCommit) {
        var bytes: [UInt8] = []
        guard (try? own.write(to: &bytes)) != nil else { return }
        write(.staged, id.bytes, SymmetricKey(wiping: &bytes))
    }
}

extension SyntaxReader {
    /// A place, a token, an epoch or a time in a record: so large that a sum of it overflows, none can have become.
    /// - Parameter mark: a bit that may be set.
    fileprivate mutating func counter(besides mark: UInt64 = 0) throws(SyntaxError) -> UInt64 {
        let start = offset
        let value = try uint64()
        guard value & ~mark < SenderCounter.maximum else {
            throw .invalidValue(offset: start, "a number that nobody has counted to")
        }
        return value
    }
}

extension Outbox.Item {
    init(from reader: inout SyntaxReader) throws(SyntaxError) {
        self.init(
            token: try reader.counter(), body: try MessageBody(from: &reader),
            time: Timestamp(milliseconds: try reader.counter()))
        let epoch = try reader.counter()
        let payload = try reader.opaque(lengthBytes: 3, 0...0xFF_FFFF)
        if !payload.isEmpty { sealed = Outbox.Sealed(epoch: epoch, payload: ByteBuffer(bytes: payload)) }
        guard !reader.isAtEnd else { return }
        isOriginal = try reader.uint8() == 1
        if !reader.isAtEnd { target = try MessageOrigin(from: &reader) }
    }

    func write(to bytes: inout [UInt8]) throws(SyntaxError) {
        bytes.write(token)
        try body.write(to: &bytes)
        bytes.write(time.milliseconds)
        bytes.write(sealed?.epoch ?? 0)
        try bytes.write(
            opaque: sealed.map { Array($0.payload.readableBytesView) } ?? [], lengthBytes: 3, 0...0xFF_FFFF)
        guard isOriginal || target != nil else { return }
        bytes.write(isOriginal ? 1 : 0 as UInt8)
        try target?.write(to: &bytes)
    }
}

extension OwnCommit {
    static func parts(
        from reader: inout SyntaxReader
    ) throws(SyntaxError) -> (Submission, [RoomIntent], SymmetricKey) {
        let submission = try Submission(decoding: try reader.opaque(lengthBytes: 4, 0...1 << 28))
        let intents = try reader.vector(lengthBytes: 3, 0...0xFF_FFFF) { (inner) throws(SyntaxError) in
            try RoomIntent(from: &inner)
        }
        var secret = try reader.opaque(lengthBytes: 4, 0...1 << 28)
        return (submission, intents, SymmetricKey(wiping: &secret))
    }

    func write(to bytes: inout [UInt8]) throws(SyntaxError) {
        try bytes.write(opaque: try submission.encoded(), lengthBytes: 4, 0...1 << 28)
        try bytes.writeNested(lengthBytes: 3, 0...0xFF_FFFF) { (bytes) throws(SyntaxError) in
            for intent in intents { try intent.write(to: &bytes) }
        }
        guard let snapshot else { return }
        try bytes.writeNested(lengthBytes: 4, 0...1 << 28) { bytes in
            snapshot.withUnsafeBytes { bytes.write(bytes: $0) }
        }
    }

    private var snapshot: SymmetricKey? {
        switch staged {
        case .some(let staged): staged.snapshot
        case .none: nil
        }
    }
}

extension RoomIntent {
    init(from reader: inout SyntaxReader) throws(SyntaxError) {
        let start = reader.offset
        switch try reader.uint8() {
        case 1: self = .addUser(try reader.userName())
        case 2: self = .addDevice(try reader.identity())
        case 3: self = .addPackage(try reader.identity(), try Self.package(from: &reader))
        case 4: self = .readd(try reader.identity(), try Self.package(from: &reader))
        case 5: self = .remove(try reader.identity())
        case 6: self = .removeUser(try reader.userName())
        case 7: self = .refresh
        case 8: self = .trustServer
        default: throw .invalidValue(offset: start, "an unknown intent")
        }
    }

    private static func package(from reader: inout SyntaxReader) throws(SyntaxError) -> KeyPackage {
        try KeyPackage(decoding: try reader.opaque(lengthBytes: 3, 0...0xFF_FFFF))
    }

    func write(to bytes: inout [UInt8]) throws(SyntaxError) {
        func write(_ package: KeyPackage) throws(SyntaxError) {
            try bytes.write(opaque: package.encoded, lengthBytes: 3, 0...0xFF_FFFF)
        }
        switch self {
        case .addUser(let user):
            bytes.append(1)
            try bytes.write(user)
        case .addDevice(let device):
            bytes.append(2)
            try bytes.write(device)
        case .addPackage(let device, let package):
            bytes.append(3)
            try bytes.write(device)
            try write(package)
        case .readd(let device, let package):
            bytes.append(4)
            try bytes.write(device)
            try write(package)
        case .remove(let device):
            bytes.append(5)
            try bytes.write(device)
        case .removeUser(let user):
            bytes.append(6)
            try bytes.write(user)
        case .refresh: bytes.append(7)
        case .trustServer: bytes.append(8)
        }
    }
}
