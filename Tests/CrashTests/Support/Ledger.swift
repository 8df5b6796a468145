import Chat
import ChatWire

/// What devices have sent, and what a server has told them: all that it must never take back.
struct Ledger: Sendable {
    /// A device's own number for something in a room; unique there. The founding of a room has 0.
    struct Sending: Hashable, Sendable {
        var room: RoomID
        var device: PeerIdentity
        var token: UInt64
    }

    /// Where it stands in the room's log.
    struct Place: Hashable, Sendable {
        var sequence: UInt64
        var time: Timestamp
    }

    /// How far a log had come, as the server said.
    struct Head: Hashable, Sendable {
        var sequence: UInt64
        var chain: Digest
    }

    /// The hash of what was sent.
    private(set) var sent: [Sending: Digest] = [:]
    private(set) var acknowledged: [Sending: Place] = [:]
    /// The entries that somebody was shown, by room and number.
    private(set) var shown: [RoomID: [UInt64: Digest]] = [:]
    private(set) var heads: [RoomID: Set<Head>] = [:]
    /// Answers that no server may give.
    private(set) var complaints: [String] = []
    /// How often something that had its answer was sent again, and got the same one.
    private(set) var repeats = 0

    mutating func send(_ sending: Sending, _ payload: Digest) {
        // What was refused may be sent with another payload: then that one counts.
        sent[sending] = payload
    }

    mutating func acknowledge(_ sending: Sending, _ place: Place) {
        guard let former = acknowledged.updateValue(place, forKey: sending) else { return }
        repeats += 1
        if former != place {
            complain("\(sending.name) was acknowledged as \(former.sequence), and later as \(place.sequence)")
        }
    }

    mutating func show(_ entry: LogEntry) {
        let digest = entry.fingerprint
        let former = shown[entry.room, default: [:]].updateValue(digest, forKey: entry.sequence)
        if let former, former != digest {
            complain("entry \(entry.sequence) of \(entry.room) was shown in two forms")
        }
    }

    /// What was promised until now, with what was sent until `later`.
    func with(sentUntil later: Ledger) -> Ledger {
        var ledger = self
        ledger.sent = later.sent
        ledger.complaints = later.complaints
        return ledger
    }

    /// - Parameter least: the latest entry that was known to be there when the server was asked.
    mutating func tell(_ status: RoomStatus, least: UInt64) {
        heads[status.room, default: []].insert(Head(sequence: status.head, chain: status.chain))
        if status.head < least { complain("\(status.room) was at \(least), and is at \(status.head) now") }
    }

    /// The latest entry of a room that was acknowledged.
    func latest(in room: RoomID) -> UInt64 {
        acknowledged.lazy.filter { $0.key.room == room }.map(\.value.sequence).max() ?? 0
    }

    mutating func complain(_ words: String) { complaints.append(words) }
}

extension Ledger.Sending {
    var name: String { "\(room)/\(device)/\(token & 0xFFFF_FFFF)" }
}

extension LogEntry {
    /// A hash of all of it.
    var fingerprint: Digest { LogChain.next(LogChain.start(of: room), self) }
}
