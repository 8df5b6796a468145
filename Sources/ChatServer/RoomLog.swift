import Chat
import ChatWire
import NIOCore

/// The entries of a room in their order, hash-chained. When they become too many or too large, the oldest are dropped.
struct RoomLog: Sendable {
    private let room: RoomID
    private let maximumCount: Int
    private let maximumBytes: Int
    private var records: [Record] = []
    /// How many of `records`, from the front, are dropped and not yet taken out.
    private var dropped = 0
    private var blobs: [Digest: Blob] = [:]

    /// The number of the latest entry; 0 before the first.
    private(set) var head: UInt64 = 0
    /// Over all entries there ever were.
    private(set) var chain: Digest
    /// The chain before the first entry that is kept.
    private(set) var firstChain: Digest
    /// What the kept entries take in memory.
    private(set) var bytes = 0

    private var writes: [StoreWrite] = []
    private var droppedTokens: [(sender: PeerIdentity, token: UInt64)] = []

    private struct Record {
        /// The whole frame, as everyone gets it. An array takes what it holds; a buffer's storage is a power of two.
        var frame: [UInt8]
        var blob: Digest?
    }

    /// A payload that does not fit into its entry.
    private struct Blob {
        var bytes: ByteBuffer
        /// The entries that carry it, in order.
        var entries: [UInt64]
    }

    init(_ room: RoomID, _ limits: ServerLimits) {
        self.room = room
        maximumCount = limits.entriesPerRoom
        maximumBytes = limits.bytesPerRoom
        chain = LogChain.start(of: room)
        firstChain = chain
    }

    /// What is kept from an entry on, to be restored: blobs first, then the entries.
    init(_ room: RoomID, _ limits: ServerLimits, first: UInt64, after chain: Digest) throws(RecoveryError) {
        guard first > 0 else { throw RecoveryError("the log of room \(room) begins at 0") }
        self.init(room, limits)
        head = first - 1
        self.chain = chain
        firstChain = chain
    }

    /// How many entries are kept.
    var count: Int { records.count - dropped }
    /// The number of the earliest entry that is kept, or would be.
    var first: UInt64 { head - UInt64(count) + 1 }

    /// Appends an entry.
    /// - Returns: the frame that tells of it.
    mutating func append(
        _ kind: EntryKind, by sender: PeerIdentity, token: UInt64, roster: Roster = Roster(), payload: ByteBuffer,
        at time: Timestamp
    ) -> ByteBuffer {
        var entry = LogEntry(
            room: room, sequence: head + 1, time: time, sender: sender, token: token, kind: kind, roster: roster,
            payload: .inline(payload))
        var blob: Digest?
        let isLong = payload.readableBytes > LogEntry.Payload.maximumInline
        if isLong || payload.readableBytes + roster.encodedSize > Frame.maximumPayload {
            let reference = BlobRef(of: payload)
            entry.payload = .blob(reference)
            blob = reference.hash
            keep(payload, as: reference.hash, for: entry.sequence)
        }
        let frame = Shard.encode(.entry(entry))
        let record = Record(frame: Array(frame.readableBytesView), blob: blob)
        records.append(record)
        bytes += record.frame.capacity
        head += 1
        chain = LogChain.next(chain, entry)
        var value = ByteBufferAllocator().buffer(capacity: Digest.byteCount + frame.readableBytes)
        chain.write(to: &value)
        value.writeImmutableBuffer(frame)
        writes.append(.put(.entries, key: StoreRecord.key(room, head), value: value))
        while count > maximumCount || bytes > maximumBytes, count > 1 { dropFirst() }
        return frame
    }

    private mutating func keep(_ payload: ByteBuffer, as hash: Digest, for sequence: UInt64) {
        if blobs[hash] == nil {
            // A slice would keep the whole frame that it came in.
            blobs[hash] = Blob(bytes: ByteBuffer(bytes: payload.readableBytesView), entries: [])
            bytes += payload.readableBytes
            if let blob = blobs[hash] {
                writes.append(.put(.blobs, key: StoreRecord.key(room, hash), value: blob.bytes))
            }
        }
        blobs[hash]?.entries.append(sequence)
    }

    private mutating func dropFirst() {
        let record = records[dropped]
        bytes -= record.frame.capacity
        if case .entry(let entry)? = try? StoreRecord.frame(ByteBuffer(bytes: record.frame), "an entry") {
            firstChain = LogChain.next(firstChain, entry)
            if entry.token > 0 { droppedTokens.append((entry.sender, entry.token)) }
        }
        writes.append(.delete(.entries, key: StoreRecord.key(room, first)))
        if let hash = record.blob {
            blobs[hash]?.entries.removeFirst()
            if let blob = blobs[hash], blob.entries.isEmpty {
                bytes -= blob.bytes.readableBytes
                blobs[hash] = nil
                writes.append(.delete(.blobs, key: StoreRecord.key(room, hash)))
            }
        }
        records[dropped].frame = []
        dropped += 1
        if dropped > 1_024, dropped > records.count / 2 {
            records.removeFirst(dropped)
            dropped = 0
        }
    }

    // MARK: Storing

    /// What is to be stored since the last time.
    mutating func takeWrites() -> [StoreWrite] {
        defer { writes = [] }
        return writes
    }

    /// The numbers of entries that were dropped since the last time, by their senders.
    mutating func takeDroppedTokens() -> [(sender: PeerIdentity, token: UInt64)] {
        defer { droppedTokens = [] }
        return droppedTokens
    }

    mutating func restore(_ blob: ByteBuffer, as hash: Digest) throws(RecoveryError) {
        guard Digest(of: blob) == hash else { throw RecoveryError("the blob \(hash) of room \(room) was changed") }
        blobs[hash] = Blob(bytes: blob, entries: [])
        bytes += blob.readableBytes
    }

    /// - Returns: the entry, which is the next one and fits the chain.
    mutating func restore(_ frame: ByteBuffer, chain stored: Digest) throws(RecoveryError) -> LogEntry {
        let what = "entry \(head + 1) of room \(room)"
        guard case .entry(let entry) = try StoreRecord.frame(frame, what) else {
            throw RecoveryError("\(what) is another frame")
        }
        guard entry.room == room, entry.sequence == head + 1 else {
            throw RecoveryError("\(what) is missing; number \(entry.sequence) follows")
        }
        guard LogChain.next(chain, entry) == stored else { throw RecoveryError("\(what) was changed") }
        var hash: Digest?
        if case .blob(let reference) = entry.payload {
            guard let blob = blobs[reference.hash], blob.bytes.readableBytes == Int(reference.size) else {
                throw RecoveryError("the payload of \(what) is missing")
            }
            blobs[reference.hash]?.entries.append(entry.sequence)
            hash = reference.hash
        }
        let record = Record(frame: Array(frame.readableBytesView), blob: hash)
        records.append(record)
        bytes += record.frame.capacity
        head += 1
        chain = stored
        return entry
    }

    /// - Throws: if something belongs to no entry.
    func checkRestored() throws(RecoveryError) {
        guard count > 0 else { throw RecoveryError("room \(room) has no entries") }
        guard !blobs.values.contains(where: { $0.entries.isEmpty }) else {
            throw RecoveryError("room \(room) has a blob of no entry")
        }
    }

    /// The frames of entries from `start` to `end`, at least one and together at most `limit` bytes.
    func frames(from start: UInt64, through end: UInt64, limit: Int) -> ByteBuffer {
        var buffer = ByteBuffer()
        var sequence = max(start, first)
        while sequence <= min(end, head) {
            let frame = records[dropped + Int(sequence - first)].frame
            guard buffer.readableBytes == 0 || buffer.readableBytes + frame.count <= limit else { break }
            buffer.writeBytes(frame)
            sequence += 1
        }
        return buffer
    }

    /// A large payload, if an entry in `readable` carries it.
    func blob(_ hash: Digest, in readable: ClosedRange<UInt64>) -> ByteBuffer? {
        guard let blob = blobs[hash], blob.entries.contains(where: readable.contains) else { return nil }
        return blob.bytes
    }
}
