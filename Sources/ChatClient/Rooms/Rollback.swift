import Chat
import ChatWire
import TLSSyntax

/// What is known of a log that the server has lost: it was restored from a backup, or lies. Its record stands in
/// ``RecordTable/lost`` under the room's id alone.
///
///     struct {
///         uint8 version;                  /* 1 */
///         uint32 count;
///         uint64 log_epoch;               /* and 1; 0: the group's */
///         Fork forks<0..2^16-1>;          /* uint32 generation; uint64 place */
///         Identity expelled<0..2^24-1>; Identity invited<0..2^24-1>; Identity audience<0..2^24-1>;
///     } Rollback;
struct Rollback {
    /// The last place that a lost log and the one after it have in common.
    struct Fork: Hashable {
        var generation: UInt32
        var place: UInt64
    }

    /// Where this device came in, by a log that is another one since then.
    struct Base {
        var place: UInt64
        var chain: Digest
        var epoch: UInt64
    }

    /// How often the log was set back.
    var count: UInt32 = 0
    /// The epoch that the log has come to, while the group here is ahead of it: the commits between are lost, and are submitted again.
    var logEpoch: UInt64?
    /// Where something of a lost log is kept.
    var forks: [Fork] = []
    /// Who was removed, and whom this device had added, by commits that are lost for good.
    var expelled: Set<PeerIdentity> = []
    var invited: Set<PeerIdentity> = []
    /// Who was in the room when the loss was found: what was said before is said again to these alone.
    var audience: Set<PeerIdentity> = []

    // MARK: Not stored in that record
    /// Messages of lost logs; those that have a new place, too.
    var messages: [MessageOrigin: LostEntry] = [:]
    /// The place in the lost log after which nobody came in who is there.
    var lastAdded: UInt64 = 0
    /// The first epoch of which it is certain that all who are there now were there.
    var sameSince: UInt64 = .max
    /// Other entries of lost logs, by their places there.
    var changes: [UInt64: LostEntry] = [:]
    /// Whether somebody is there in an epoch who was not before.
    var strangers: (epoch: UInt64, areThere: Bool)?
    /// How many messages of this device are not sent again, for whom they would reach.
    var heldBack = 0
    /// Until then a message that is about a lost one waits for that one's new place.
    var targetsUntil: UInt64 = 0
    /// A lost commit that is under way, how often the next one was tried, when it may be, and since when it is wanted.
    var carried: Submission?
    var tries = 0
    var carryAfter: UInt64 = 0
    var wantedSince: UInt64 = 0
    var isStuckTold = false
    /// Since when the server does not let this device in where it is a member, and when it is asked again.
    var unknownSince: UInt64?
    /// What the server has said of where this device is in its log, when that was lost.
    var base: Base?
    var askAfter: UInt64 = 0

    private static let version: UInt8 = 1
    private static let mostForks = 4_096

    func write(to bytes: inout [UInt8]) throws(SyntaxError) {
        bytes.write(Self.version)
        bytes.write(count)
        bytes.write(logEpoch.map { $0 + 1 } ?? 0)
        try bytes.writeNested(lengthBytes: 2, 0...65_535) { bytes in
            for fork in forks.suffix(Self.mostForks) {
                bytes.write(fork.generation)
                bytes.write(fork.place)
            }
        }
        for devices in [expelled, invited, audience] {
            try bytes.writeNested(lengthBytes: 3, 0...0xFF_FFFF) { (bytes) throws(SyntaxError) in
                for device in devices.sorted() { try bytes.write(device) }
            }
        }
    }

    init() {}

    init(from reader: inout SyntaxReader) throws(SyntaxError) {
        guard try reader.uint8() == Self.version else {
            throw .invalidValue(offset: 0, "a record of lost logs of another version")
        }
        count = try reader.uint32()
        let start = reader.offset
        let epoch = try reader.uint64()
        guard epoch <= SenderCounter.maximum else {
            throw .invalidValue(offset: start, "an epoch that nobody comes to")
        }
        logEpoch = epoch == 0 ? nil : epoch - 1
        forks = try reader.vector(lengthBytes: 2, 0...65_535) { (inner) throws(SyntaxError) in
            Fork(generation: try inner.uint32(), place: try inner.uint64())
        }
        expelled = Set(try reader.vector(lengthBytes: 3, 0...0xFF_FFFF) { (r) throws(SyntaxError) in try r.identity() })
        invited = Set(try reader.vector(lengthBytes: 3, 0...0xFF_FFFF) { (r) throws(SyntaxError) in try r.identity() })
        audience = Set(try reader.vector(lengthBytes: 3, 0...0xFF_FFFF) { (r) throws(SyntaxError) in try r.identity() })
    }

    /// The log begins anew under another number: what was lost before stays in the history, and nothing of it comes again.
    mutating func forgetLog() {
        messages = [:]
        changes = [:]
        logEpoch = nil
        base = nil
        strangers = nil
        unknownSince = nil
    }

    /// Whether a message of a lost log has not come again.
    func awaits(_ origin: MessageOrigin) -> Bool { messages[origin]?.newPlace == 0 }
}

/// A device's message, whatever place it has.
struct MessageOrigin: Hashable, Sendable {
    var sender: PeerIdentity
    var token: UInt64

    init(_ sender: PeerIdentity, _ token: UInt64) {
        self.sender = sender
        self.token = token
    }

    init(from reader: inout SyntaxReader) throws(SyntaxError) {
        sender = try reader.identity()
        token = try reader.uint64()
    }

    func write(to bytes: inout [UInt8]) throws(SyntaxError) {
        try bytes.write(sender)
        bytes.write(token)
    }
}

/// An entry of a log that the server has lost: a record of ``RecordTable/lost`` under the room's id, the generation and the place of
/// the fork, the number of the rollback and the lost place. Its value: `uint64 new_place; Digest digests<0..128>; StoredMessage message;`
struct LostEntry {
    var fork: UInt64
    var number: UInt32
    /// Its place in the lost log.
    var place: UInt64
    /// Its place in the log of now; 0: it has none.
    var newPlace: UInt64 = 0
    /// The hashes of what went over the wire, if it was a message: of the first time, and of when it was said again.
    var digests: [Digest] = []
    /// What of it would be shown; nothing, once it has its new place.
    var message: StoredMessage

    private static let digestLengths = 0...128

    /// It was lost before, and is again.
    mutating func join(_ former: LostEntry) {
        for digest in former.digests.reversed() where !digests.contains(digest) { digests.insert(digest, at: 0) }
        digests = Array(digests.suffix(4))
    }

    static let keyLength = 16 + 4 + 8 + 4 + 8

    init(fork: UInt64, number: UInt32, _ message: StoredMessage, _ digest: Digest?) {
        self.fork = fork
        self.number = number
        digests = digest.map { [$0] } ?? []
        place = message.sequence
        self.message = message
    }

    init(_ record: Record) throws(StoreError) {
        do throws(SyntaxError) {
            (fork, number) = try SyntaxReader.read(Array(record.key.dropFirst(20))) { (reader) throws(SyntaxError) in
                let parts = (try reader.uint64(), try reader.uint32())
                _ = try reader.uint64()
                return parts
            }
            let (newPlace, digests, bytes) = try record.value.read { (reader) throws(SyntaxError) in
                let newPlace = try reader.uint64()
                let digests = try reader.vector(lengthBytes: 1, Self.digestLengths) { (inner) throws(SyntaxError) in
                    try Digest(from: &inner)
                }
                return (newPlace, digests, try reader.opaque(reader.remaining))
            }
            self.newPlace = newPlace
            self.digests = digests
            message = try StoredMessage(bytes: bytes)
            place = message.sequence
        } catch {
            throw .damaged("an entry of a lost log: \(error)")
        }
    }

    func encoded() throws(SyntaxError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.write(newPlace)
        try bytes.writeNested(lengthBytes: 1, Self.digestLengths) { bytes in
            for digest in digests { digest.write(to: &bytes) }
        }
        return bytes + (try message.encoded())
    }

    /// `nil`: it was no message.
    var origin: MessageOrigin? {
        (1..<SenderCounter.maximum).contains(message.token) ? MessageOrigin(message.sender, message.token) : nil
    }

    /// As it is shown among what has a place: `nil` if there is nothing to show.
    var shown: StoredMessage? {
        guard message.content != .nothing || !message.notices.isEmpty else { return nil }
        var shown = message
        shown.sequence = 0
        shown.state = .lost(at: place, after: fork)
        return shown
    }
}
