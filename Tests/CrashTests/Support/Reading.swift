import Chat
import ChatWire

/// A room's log as one device read it, from its first entry that it may read.
struct Reading: Sendable {
    struct Line: Sendable {
        var sequence: UInt64
        var time: Timestamp
        var sender: PeerIdentity
        var token: UInt64
        var kind: EntryKind
        var payload: Digest
        var fingerprint: Digest
        /// Over the log up to here; `nil` where the log does not begin with entry 1.
        var chain: Digest?
    }

    let room: RoomID
    let reader: PeerIdentity
    private(set) var lines: [Line] = []
    /// Payloads that do not stand in their entries.
    private(set) var blobs: [BlobRef] = []
    /// What the server said of the room before it was read; `nil` if it does not know the room, or not the reader.
    var status: RoomStatus?
    private var chain: Digest?
    /// The chain at some entries, as it was told: from there on it can be computed where the first entries were dropped.
    private let told: [UInt64: Digest]

    init(_ room: RoomID, by reader: PeerIdentity, after: UInt64, told: Set<Ledger.Head>) {
        self.room = room
        self.reader = reader
        self.told = Dictionary(told.map { ($0.sequence, $0.chain) }, uniquingKeysWith: { first, _ in first })
        if after == 0 { chain = LogChain.start(of: room) }
    }

    /// The first entry that is still kept.
    var first: UInt64 { status?.first ?? 1 }

    mutating func append(_ entry: LogEntry) {
        chain = lines.isEmpty && entry.sequence > 1 ? nil : chain
        chain = chain.map { LogChain.next($0, entry) } ?? told[entry.sequence]
        if case .blob(let reference) = entry.payload { blobs.append(reference) }
        lines.append(
            Line(
                sequence: entry.sequence, time: entry.time, sender: entry.sender, token: entry.token, kind: entry.kind,
                payload: entry.payload.digest, fingerprint: entry.fingerprint, chain: chain))
    }

    /// Only the last ones are to be fetched.
    mutating func keepBlobs(_ count: Int) { blobs = blobs.suffix(count) }
}
