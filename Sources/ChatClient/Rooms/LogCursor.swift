package import Chat
package import ChatWire

/// How far a room's log was processed, and the hashes over it that are at hand.
package struct LogCursor: Hashable, Sendable {
    /// The latest entry that was processed; 0 before the first.
    package private(set) var sequence: UInt64
    /// The chain up to it.
    package private(set) var chain: Digest
    /// The first place whose chain is known: what was before, this device was not there to see.
    package let start: UInt64
    /// The chain at ``sequence`` and at as many places before it.
    private var recent: [Digest]

    /// How many hashes are at hand without asking the store.
    private static let kept = 4_096

    /// Right after a place.
    package init(after sequence: UInt64, chain: Digest, start: UInt64? = nil) {
        self.sequence = sequence
        self.chain = chain
        self.start = start ?? sequence
        recent = [chain]
    }

    /// Before the first entry of a room.
    package init(atStartOf room: RoomID) {
        self.init(after: 0, chain: LogChain.start(of: room))
    }

    /// Goes on by one entry, which must be the next one.
    package mutating func advance(over entry: LogEntry) {
        sequence += 1
        chain = LogChain.next(chain, entry)
        recent.append(chain)
        if recent.count > 2 * Self.kept { recent.removeFirst(Self.kept) }
    }

    /// The chain at a place, if it is at hand.
    package func chain(at place: UInt64) -> Digest? {
        guard place <= sequence, sequence - place < UInt64(recent.count) else { return nil }
        return recent[recent.count - 1 - Int(sequence - place)]
    }
}
