import Chat
import ChatWire
import NIOCore

/// The entries of a room in their order, hash-chained. All are on the disk, the latest in memory too. They are kept in segments: when there are too
/// many entries, or they are too large or too old, the oldest segments are dropped.
struct RoomLog: Sendable {
    private let room: RoomID
    /// By which the room's entries are stored.
    let number: UInt32
    private let limits: ServerLimits
    private let age: AgeClock

    /// Those that are complete, the oldest first.
    private(set) var segments: [LogSegment] = []
    /// Of the entries after them.
    private var openBytes: UInt64 = 0
    private var openedAt = Timestamp(milliseconds: 0)
    private var tail = LogTail()
    private var blobs = BlobPlaces()

    /// The number of the latest entry; 0 before the first.
    private(set) var head: UInt64 = 0
    /// Over all entries there ever were.
    private(set) var chain: Digest
    /// The number of the earliest entry that is kept, or would be.
    private(set) var first: UInt64 = 1
    /// The chain before it.
    private(set) var firstChain: Digest
    /// What the kept entries take on the disk.
    private(set) var bytes = 0

    private var writes: [StoreWrite] = []

    init(_ room: RoomID, number: UInt32, _ limits: ServerLimits, _ age: AgeClock) {
        self.room = room
        self.number = number
        self.limits = limits
        self.age = age
        chain = LogChain.start(of: room)
        firstChain = chain
    }

    /// What is kept from an entry on, to be restored: segments first, then blobs, then the entries after the last segment.
    init(
        _ room: RoomID, number: UInt32, _ limits: ServerLimits, _ age: AgeClock, first: UInt64, after chain: Digest
    ) throws(RecoveryError) {
        guard first > 0, first <= Self.mostEntries else {
            throw RecoveryError("the log of room \(room) begins at \(first), where it cannot")
        }
        self.init(room, number: number, limits, age)
        self.first = first
        head = first - 1
        self.chain = chain
        firstChain = chain
    }

    /// How many entries are kept.
    var count: UInt64 { head - first + 1 }
    /// The latest entry that belongs to a complete segment, or is dropped.
    var lastClosed: UInt64 { segments.last?.last ?? first - 1 }
    /// What it takes in memory, about.
    var memory: Int { tail.bytes + segments.count * 64 + blobs.memory }

    // MARK: Growing

    /// Appends an entry.
    /// - Parameter before: what the sender has sent until now, if the entry has a number of the sender's.
    /// - Returns: the frame that tells of it.
    mutating func append(
        _ kind: EntryKind, by sender: PeerIdentity, token: UInt64, before: TokenSender, roster: Roster = Roster(),
        payload: ByteBuffer, at time: Timestamp
    ) -> ByteBuffer {
        // A segment of an idle room must not grow for weeks: it could not be dropped in time.
        if head > lastClosed, isOpenTooLong { closeSegment() }
        var entry = LogEntry(
            room: room, sequence: head + 1, time: time, sender: sender, token: token, kind: kind, roster: roster,
            payload: .inline(payload))
        let isLong = payload.readableBytes > LogEntry.Payload.maximumInline
        if isLong || payload.readableBytes + roster.encodedSize > Frame.maximumPayload {
            let reference = BlobRef(of: payload)
            entry.payload = .blob(reference)
            keep(payload, as: reference, for: entry.sequence)
        }
        let frame = Shard.encode(.entry(entry))
        chain = LogChain.next(chain, entry)
        let stored = StoredEntry(before: before, chain: chain, frame: frame)
        writes.append(.append(room: number, sequence: head + 1, value: stored.value))
        note(frame)
        if head - lastClosed >= limits.entriesPerSegment || openBytes >= limits.bytesPerSegment { closeSegment() }
        while count > limits.entriesPerRoom || bytes > limits.bytesPerRoom, !segments.isEmpty { dropSegment() }
        return frame
    }

    /// What is stored says where entries are: so large that a sum overflows, no number has become.
    private static let mostEntries: UInt64 = 1 << 40

    /// Whether the open segment is as old as one may become.
    private var isOpenTooLong: Bool {
        age.now.milliseconds > openedAt.milliseconds
            && age.now.milliseconds - openedAt.milliseconds > Self.longestSegment
    }

    /// Milliseconds: a day.
    private static let longestSegment: UInt64 = 86_400_000

    private mutating func note(_ frame: ByteBuffer) {
        if head == lastClosed { openedAt = age.now }
        tail.append(frame, limit: limits.tailBytes)
        head += 1
        let size = frame.readableBytes + StoredEntry.overhead
        openBytes += UInt64(size)
        bytes += size
    }

    private mutating func keep(_ payload: ByteBuffer, as reference: BlobRef, for sequence: UInt64) {
        if blobs.note(reference.hash, size: payload.readableBytes, in: sequence) {
            bytes += payload.readableBytes
            // A slice would keep the whole frame that it came in.
            let copy = ByteBuffer(bytes: payload.readableBytesView)
            writes.append(.put(.blobs, key: StoreRecord.key(room, reference.hash), value: copy))
        }
        writePlaces(of: reference.hash)
    }

    private mutating func writePlaces(of hash: Digest) {
        let key = StoreRecord.key(room, hash)
        if let value = blobs.value(of: hash) {
            writes.append(.put(.blobPlaces, key: key, value: value))
        } else {
            writes.append(.delete(.blobPlaces, key: key))
            writes.append(.delete(.blobs, key: key))
        }
    }

    // MARK: Retention

    private mutating func closeSegment() {
        let segment = LogSegment(last: head, age: age.now, bytes: openBytes, chain: chain)
        segments.append(segment)
        openBytes = 0
        writes.append(.put(.segments, key: StoreRecord.key(room, head), value: segment.value))
    }

    private mutating func dropSegment() {
        let segment = segments.removeFirst()
        first = segment.last + 1
        firstChain = segment.chain
        bytes -= Int(clamping: segment.bytes)
        writes.append(.drop(room: number, through: segment.last))
        writes.append(.delete(.segments, key: StoreRecord.key(room, segment.last)))
        tail.drop(before: first, head: head)
        for (hash, freed) in blobs.drop(before: first) {
            bytes -= freed
            writePlaces(of: hash)
        }
    }

    /// Drops what came before a time, by the ``AgeClock``.
    /// - Returns: whether there was something.
    mutating func drop(olderThan time: Timestamp) -> Bool {
        let before = first
        while let segment = segments.first, segment.age < time { dropSegment() }
        // What was said last, and long ago.
        if head > lastClosed, isOpenTooLong {
            closeSegment()
        }
        return first > before
    }

    /// Keeps of the entries in memory at most so many.
    mutating func cool(to count: Int) { tail.cool(to: count) }

    // MARK: Reading

    /// The frames of entries from `start` to `end`, at least one and together at most `limit` bytes; `nil` if they are not in memory.
    func frames(from start: UInt64, through end: UInt64, limit: Int) -> ByteBuffer? {
        guard start > head || tail.holds(start, head: head) else { return nil }
        return tail.frames(from: start, through: min(end, head), head: head, limit: limit)
    }

    /// Whether an entry in `readable` carries that payload.
    func hasBlob(_ hash: Digest, in readable: ClosedRange<UInt64>) -> Bool { blobs.isCarried(hash, in: readable) }

    // MARK: Storing

    /// What is to be stored since the last time.
    mutating func takeWrites() -> [StoreWrite] {
        defer { writes = [] }
        return writes
    }

    mutating func restore(_ segment: LogSegment) throws(RecoveryError) {
        guard segment.last > head, segment.last <= Self.mostEntries else {
            throw RecoveryError("the log of room \(room) has a part that ends before it begins, at \(segment.last)")
        }
        guard segment.bytes <= UInt64(Int32.max) * 16 else {
            throw RecoveryError("a part of the log of room \(room) is too large")
        }
        segments.append(segment)
        head = segment.last
        chain = segment.chain
        bytes += Int(segment.bytes)
        openedAt = segment.age
    }

    mutating func restore(blob hash: Digest, from value: ByteBuffer) throws(RecoveryError) {
        bytes += try blobs.restore(hash, from: value, "a payload of room \(room)")
    }

    /// - Returns: the entry, which is the next one and fits the chain.
    mutating func restore(_ value: ByteBuffer) throws(RecoveryError) -> LogEntry {
        let what = "entry \(head + 1) of room \(room)"
        let stored = try StoredEntry(value, what)
        let entry = try stored.entry(what)
        guard entry.room == room, entry.sequence == head + 1 else {
            throw RecoveryError("\(what) is missing; number \(entry.sequence) follows")
        }
        guard LogChain.next(chain, entry) == stored.chain else { throw RecoveryError("\(what) was changed") }
        if case .blob(let reference) = entry.payload {
            guard blobs.isCarried(reference.hash, in: entry.sequence...entry.sequence) else {
                throw RecoveryError("the payload of \(what) is missing")
            }
        }
        note(stored.frame)
        chain = stored.chain
        return entry
    }

    /// - Throws: if something belongs to no entry.
    func checkRestored() throws(RecoveryError) {
        guard blobs.isWithin(first...max(first, head)) else {
            throw RecoveryError("room \(room) has a payload of no entry")
        }
    }
}
