package import Chat
import ChatWire
package import NIOCore
import TLSSyntax

/// A room of a store of form 1 on its way into form 2: its entries leave the records, each with a link to its sender's one before; of
/// the numbers that senders have used, the highest are kept; and the log becomes a row of segments.
///
/// What form 1 looked like is written down here alone, apart from records that have not changed.
package struct FormOneRoom {
    package let id: RoomID
    package let number: UInt32
    /// What is behind the version in the room's own record.
    private let record: ByteBuffer
    /// The number of the latest entry that was taken.
    package private(set) var head: UInt64
    private var chain: Digest
    private var senders: [PeerIdentity: TokenSender] = [:]
    private var segments: [(last: UInt64, bytes: UInt64, chain: Digest)] = []
    private var open: (count: Int, bytes: UInt64) = (0, 0)
    private var blobs = BlobPlaces()
    private var hashes: Set<Digest> = []
    /// The latest time of an entry.
    package private(set) var latest = Timestamp(milliseconds: 0)

    /// As a record in form 1 says it.
    private static let version: UInt8 = 1
    /// What form 1 called its records, as far as form 2 has none of them.
    package static let (floors, tokens, entries) = (13 as UInt8, 14 as UInt8, 16 as UInt8)

    /// - Parameters:
    ///   - record: the room's own.
    ///   - number: the one that it gets.
    package init(key: [UInt8], record: ByteBuffer, number: UInt32) throws(RecoveryError) {
        guard let id = RoomID(bytes: key) else { throw RecoveryError("a record is about a room without an id") }
        self.id = id
        self.number = number
        var rest = record
        guard rest.readInteger(as: UInt8.self) == Self.version else {
            throw RecoveryError("the record of room \(id) is of another version")
        }
        self.record = rest
        let (first, chain) = try StoreRecord.read(rest, "room \(id)") { (reader) throws(SyntaxError) in
            _ = try RoomPolicy(from: &reader)
            _ = try reader.identity()
            // When it was founded, and its epoch.
            _ = (try reader.uint64(), try reader.uint64())
            let place = (try reader.uint64(), try Digest(from: &reader))
            for _ in 0..<2 { _ = try reader.opaque(lengthBytes: 3, StoreRecord.lengths) }
            return place
        }
        guard first > 0 else { throw RecoveryError("the log of room \(id) begins at 0") }
        head = first - 1
        self.chain = chain
    }

    /// Up to which numbers a device may have used some that are forgotten.
    /// - Parameter key: behind the room's id.
    package mutating func take(floorsOf key: [UInt8], _ value: ByteBuffer) throws(RecoveryError) {
        let what = "a record of room \(id)"
        let device = try StoreRecord.read(key, what) { (reader) throws(SyntaxError) in try reader.identity() }
        let (low, high) = try StoreRecord.read(value, what) { (reader) throws(SyntaxError) in
            let floors = (try reader.uint64(), try reader.uint64())
            // From where on its numbers were known: all are again.
            _ = try reader.uint64()
            return floors
        }
        // What it has sent before the log begins is known to nobody; that there was something is.
        senders[device, default: TokenSender(last: head)].raise(low: low, high: high)
    }

    /// A number of an entry that the log does not have any more.
    /// - Parameter key: behind the room's id.
    package mutating func take(tokenOf key: [UInt8], _ value: ByteBuffer) throws(RecoveryError) {
        let what = "a record of room \(id)"
        let (device, token) = try StoreRecord.read(key, what) { (reader) throws(SyntaxError) in
            (try reader.identity(), try reader.uint64())
        }
        let sequence = try StoreRecord.read(value, what) { (reader) throws(SyntaxError) in
            let sequence = try reader.uint64()
            _ = try reader.uint64()
            return sequence
        }
        guard sequence <= head else { throw RecoveryError("\(what) is about an entry that is kept") }
        let last = max(sequence, senders[device]?.last ?? 0)
        senders[device, default: TokenSender()].note(token, at: last)
    }

    /// The next entry.
    /// - Parameter value: `Digest chain ‖ frame`
    /// - Returns: what is to be stored of it (``StoredEntry``).
    package mutating func take(entry value: ByteBuffer) throws(RecoveryError) -> ByteBuffer {
        let what = "entry \(head + 1) of room \(id)"
        guard let bytes = value.getSlice(at: value.readerIndex, length: Digest.byteCount),
            let frame = value.getSlice(
                at: value.readerIndex + Digest.byteCount, length: value.readableBytes - Digest.byteCount)
        else { throw RecoveryError("\(what) is cut") }
        let stored = try StoreRecord.read(bytes, what) { (reader) throws(SyntaxError) in try Digest(from: &reader) }
        guard case .entry(let entry) = try StoreRecord.frame(frame, what) else {
            throw RecoveryError("\(what) is another frame")
        }
        guard entry.room == id, entry.sequence == head + 1 else {
            throw RecoveryError("\(what) is missing; number \(entry.sequence) follows")
        }
        chain = LogChain.next(chain, entry)
        guard chain == stored else { throw RecoveryError("\(what) was changed") }
        head += 1
        latest = max(latest, entry.time)
        var before = TokenSender()
        if entry.token > 0 {
            before = senders[entry.sender] ?? before
            senders[entry.sender, default: TokenSender()].note(entry.token, at: head)
        }
        if case .blob(let reference) = entry.payload {
            _ = blobs.note(reference.hash, size: Int(reference.size), in: head)
            hashes.insert(reference.hash)
        }
        let result = StoredEntry(before: before, chain: chain, frame: frame).value
        open.count += 1
        open.bytes += UInt64(result.readableBytes)
        if open.count >= Self.entriesPerSegment || open.bytes >= Self.bytesPerSegment {
            segments.append((head, open.bytes, chain))
            open = (0, 0)
        }
        return result
    }

    private static let entriesPerSegment = 256
    private static let bytesPerSegment: UInt64 = 256 << 10

    /// All was taken.
    /// - Parameter age: how old what is in it counts as.
    package func finish(age: Timestamp) -> [StoreWrite] {
        var own = ByteBuffer(integer: 2 as UInt8)
        own.writeInteger(number)
        own.writeImmutableBuffer(record)
        var writes: [StoreWrite] = [.put(.rooms, key: StoreRecord.key(id), value: own)]
        for (device, sender) in senders.sorted(by: { $0.key < $1.key }) {
            writes.append(.put(.senders, key: StoreRecord.key(id, device), value: sender.value))
        }
        for (last, bytes, chain) in segments {
            let segment = LogSegment(last: last, age: age, bytes: bytes, chain: chain)
            writes.append(.put(.segments, key: StoreRecord.key(id, last), value: segment.value))
        }
        for hash in hashes {
            if let value = blobs.value(of: hash) {
                writes.append(.put(.blobPlaces, key: StoreRecord.key(id, hash), value: value))
            }
        }
        return writes
    }
}

extension TokenSender {
    fileprivate init(last: UInt64) {
        self.init()
        self.last = last
    }

    fileprivate mutating func raise(low: UInt64, high: UInt64) {
        self.low = max(self.low, low)
        self.high = max(self.high, high)
    }
}
