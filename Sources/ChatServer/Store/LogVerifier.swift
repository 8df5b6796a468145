import Chat
import ChatWire
import NIOCore
import TLSSyntax

/// Checks the log of one room: numbers without a gap, the chain, segments, senders' links, payloads.
struct LogVerifier {
    let id: RoomID
    private let first: UInt64
    /// The number of the latest entry that was taken.
    private var head: UInt64
    /// Over all up to that one; `nil` if it is not known.
    private var chain: Digest?
    private(set) var hasEnded = false

    private var segments: [LogSegment] = []
    private var segmentBytes: UInt64 = 0
    private var isSegmentWhole = true

    private var senders: [PeerIdentity: TokenSender] = [:]
    private var seenSenders: [PeerIdentity: TokenSender] = [:]

    private struct Blob: Equatable {
        var size: UInt64
        var entries: [UInt64]
    }
    private var places: [Digest: Blob] = [:]
    private var seenPlaces: [Digest: Blob] = [:]
    /// Sizes of payloads that are stored.
    private var payloads: [Digest: UInt64] = [:]

    init(_ id: RoomID, first: UInt64, after chain: Digest) {
        self.id = id
        self.first = first
        head = first - 1
        self.chain = chain
    }

    private var place: String { "room \(id)" }

    // MARK: Records

    /// - Parameter key: behind the room's id.
    mutating func take(_ table: StoreTable, key: [UInt8], _ value: ByteBuffer) throws(RecoveryError) {
        let what = "a record of room \(id)"
        switch table {
        case .senders:
            let device = try StoreRecord.read(key, what) { (reader) throws(SyntaxError) in try reader.identity() }
            senders[device] = try StoreRecord.read(value, what) { (reader) throws(SyntaxError) in
                try TokenSender(from: &reader)
            }
        case .segments:
            let last = try StoreRecord.read(key, what) { (reader) throws(SyntaxError) in try reader.uint64() }
            segments.append(try LogSegment(last: last, from: value, what))
        case .blobPlaces:
            let hash = try StoreRecord.read(key, what) { (reader) throws(SyntaxError) in try Digest(from: &reader) }
            places[hash] = try StoreRecord.read(value, what) { (reader) throws(SyntaxError) in
                var blob = Blob(size: try reader.uint64(), entries: [])
                while !reader.isAtEnd { blob.entries.append(try reader.uint64()) }
                return blob
            }
        case .blobs:
            let hash = try StoreRecord.read(key, what) { (reader) throws(SyntaxError) in try Digest(from: &reader) }
            payloads[hash] = UInt64(value.readableBytes)
            guard Digest(of: value) == hash else { throw RecoveryError("one of room \(id) was changed") }
        default: break
        }
    }

    // MARK: Entries

    /// - Returns: its time, in milliseconds since 1970; `nil` if it cannot be read.
    mutating func take(entry value: ByteBuffer, _ sequence: UInt64, _ note: StoreVerifier.Note) -> UInt64? {
        guard sequence > head else {
            note(place, "entry \(sequence) is there, though the log begins at \(first)")
            return nil
        }
        if sequence > head + 1 {
            missing(through: sequence - 1, note)
            chain = nil
        }
        head = sequence
        do throws(RecoveryError) {
            let stored = try StoredEntry(value, "entry \(sequence)")
            defer { endSegments(stored.chain, note) }
            segmentBytes += UInt64(value.readableBytes)
            let before = chain
            chain = stored.chain
            let entry = try stored.entry("entry \(sequence)")
            guard entry.room == id, entry.sequence == sequence else {
                note(place, "entry \(sequence) says that it is entry \(entry.sequence) of room \(entry.room)")
                return nil
            }
            if let before, LogChain.next(before, entry) != stored.chain {
                note(place, "entry \(sequence) does not fit the chain: it was changed, or the one before it")
            }
            checkLink(stored.before, of: entry, note)
            if case .blob(let reference) = entry.payload {
                seenPlaces[reference.hash, default: Blob(size: UInt64(reference.size), entries: [])].entries
                    .append(sequence)
            }
            return entry.time.milliseconds
        } catch {
            note(place, error.description)
            isSegmentWhole = false
            return nil
        }
    }

    private mutating func missing(through last: UInt64, _ note: StoreVerifier.Note) {
        isSegmentWhole = false
        note(place, head + 1 == last ? "entry \(last) is missing" : "entries \(head + 1) to \(last) are missing")
        while let segment = segments.first, segment.last <= last { segments.removeFirst() }
    }

    private mutating func checkLink(_ before: TokenSender, of entry: LogEntry, _ note: StoreVerifier.Note) {
        guard entry.token > 0 else {
            if before != TokenSender() {
                note(place, "entry \(entry.sequence) has a link, and no number of its sender's")
            }
            return
        }
        // What it leads to may have been dropped; it must not lead to anything that is kept and not its sender's.
        let known = seenSenders[entry.sender]
        if !(known.map { $0 == before } ?? (before.last < first)) {
            note(
                place,
                "entry \(entry.sequence) names entry \(before.last) as the one before it by \(entry.sender), which is \(known?.last ?? 0), or other numbers"
            )
        }
        var now = known ?? before
        now.note(entry.token, at: entry.sequence)
        seenSenders[entry.sender] = now
    }

    private mutating func endSegments(_ stored: Digest, _ note: StoreVerifier.Note) {
        guard let segment = segments.first, segment.last <= head else { return }
        segments.removeFirst()
        if segment.last != head || segment.chain != stored {
            note(place, "the part of the log up to entry \(segment.last) has another chain than its entries")
        }
        if isSegmentWhole, segment.bytes != segmentBytes {
            note(
                place,
                "the part of the log up to entry \(segment.last) has \(segmentBytes) bytes, and \(segment.bytes) are noted"
            )
        }
        segmentBytes = 0
        isSegmentWhole = true
    }

    // MARK: The end

    mutating func end(_ note: StoreVerifier.Note) {
        hasEnded = true
        let last = max(segments.last?.last ?? 0, senders.values.map(\.last).max() ?? 0)
        if last > head {
            missing(through: last, note)
        }
        for (device, sender) in senders.sorted(by: { $0.key < $1.key }) {
            let seen = seenSenders.removeValue(forKey: device)
            guard let seen else {
                if sender.last >= first, sender.last <= head {
                    note(place, "entry \(sender.last) is noted as the latest by \(device), and it is another's")
                }
                continue
            }
            if seen.last != sender.last, sender.last <= head {
                note(
                    place, "entry \(seen.last) is the latest by \(device), and entry \(sender.last) is noted as that")
            }
            if seen.low > sender.low || seen.high > sender.high {
                note(place, "\(device) has used higher numbers than are noted: what it repeats may be taken twice")
            }
        }
        for device in seenSenders.keys.sorted() {
            note(place, "\(device) has sent something, and nothing is noted of it")
        }
        checkPayloads(note)
    }

    private func checkPayloads(_ note: StoreVerifier.Note) {
        for (hash, seen) in seenPlaces {
            let entries = seen.entries.map(String.init).joined(separator: ", ")
            guard let size = payloads[hash] else {
                note(place, "the payload of entry \(entries) is missing")
                continue
            }
            if size != seen.size { note(place, "the payload of entry \(entries) is of another size than it says") }
            if places[hash] != seen { note(place, "it is not noted right that entry \(entries) has a payload") }
        }
        for hash in Set(payloads.keys).union(places.keys).subtracting(seenPlaces.keys) {
            note(place, "the payload \(hash) is there, and no entry has it")
        }
    }
}
