import Chat
import ChatServer
import ChatWire
import NIOCore

/// What the disk says of a room, from its founding to its end, read as any member would read it.
struct RoomTruth {
    struct Place {
        var entry: LogEntry
        /// As everybody gets it.
        var frame: ByteBuffer
        var chain: Digest
        /// With this entry.
        var epoch: UInt64
        /// Who gets entries after it.
        var routed: [PeerIdentity: UInt64]
        /// By a clock that nobody sets.
        var storedAt: UInt64
    }

    /// From when until when a device got entries.
    private struct Spell {
        var since: UInt64
        var until: UInt64?
    }

    private(set) var places: [Place] = []
    /// The earliest entry that is kept.
    var first: UInt64 = 1
    private(set) var isClosed = false
    private(set) var isOpen = false
    private var spells: [PeerIdentity: [Spell]] = [:]
    private var tokens: [PeerIdentity: [UInt64: UInt64]] = [:]
    private var removalsAsked: Set<PeerIdentity> = []
    private var latestCommit: (sequence: UInt64, before: [PeerIdentity: UInt64])?

    var head: UInt64 { UInt64(places.count) }
    var epoch: UInt64 { places.last?.epoch ?? 0 }
    var routed: [PeerIdentity: UInt64] { places.last?.routed ?? [:] }
    /// The commit that made the present epoch, if it can be set aside.
    var rejectable: UInt64? { latestCommit?.sequence }

    subscript(sequence: UInt64) -> Place? {
        sequence > 0 && sequence <= head ? places[Int(sequence) - 1] : nil
    }

    func place(of token: UInt64, by device: PeerIdentity) -> UInt64? { tokens[device]?[token] }

    // MARK: What is stored

    mutating func close() { isClosed = true }

    mutating func append(_ entry: LogEntry, _ stored: StoredEntry, at time: UInt64) throws(Violation) {
        let what = "entry \(entry.sequence) of room \(entry.room.low)"
        guard entry.sequence == head + 1, !isClosed else {
            throw Violation(.placeOnce, "\(what) is stored after entry \(head)")
        }
        let chain = LogChain.next(places.last?.chain ?? LogChain.start(of: entry.room), entry)
        guard chain == stored.chain else {
            throw Violation(.placeOnce, "\(what) does not fit the chain")
        }
        if entry.token > 0 {
            if let place = tokens[entry.sender]?[entry.token] {
                throw Violation(.tokenOnce, "\(what) has the token of entry \(place)")
            }
            tokens[entry.sender, default: [:]][entry.token] = entry.sequence
        }
        var place = Place(
            entry: entry, frame: stored.frame, chain: chain, epoch: epoch, routed: routed, storedAt: time)
        try follow(entry, &place)
        places.append(place)
    }

    private mutating func follow(_ entry: LogEntry, _ place: inout Place) throws(Violation) {
        switch entry.kind {
        case .created:
            if case .inline(let bytes) = entry.payload, bytes.getInteger(at: bytes.readerIndex + 1, as: UInt8.self) == 1
            {
                isOpen = true
            }
            add(entry.sender, at: 1, in: &place)
        case .commit:
            latestCommit = (entry.sequence, place.routed)
            let added = Set(entry.roster.added.map(\.device))
            for device in entry.roster.removed where !added.contains(device) {
                remove(device, at: entry.sequence, in: &place)
            }
            for addition in entry.roster.added { add(addition.device, at: entry.sequence, in: &place) }
            place.epoch += 1
            removalsAsked = []
        case .leave: remove(entry.sender, at: entry.sequence, in: &place)
        case .voided: try setAside(entry, &place)
        case .removalRequest:
            guard removalsAsked.insert(entry.sender).inserted else {
                throw Violation(.placeOnce, "\(entry.sender) is asked twice to go in epoch \(epoch)")
            }
        case .message, .proposal, .readdRequest: break
        }
    }

    private mutating func setAside(_ entry: LogEntry, _ place: inout Place) throws(Violation) {
        guard case .inline(let bytes) = entry.payload, let latestCommit,
            bytes.getInteger(at: bytes.readerIndex, as: UInt64.self) == latestCommit.sequence,
            let roster = self[latestCommit.sequence]?.entry.roster
        else { throw Violation(.placeOnce, "entry \(entry.sequence) sets no commit aside") }
        for addition in roster.added where place.routed[addition.device] != nil {
            if let since = latestCommit.before[addition.device] {
                place.routed[addition.device] = since
            } else {
                remove(addition.device, at: entry.sequence, in: &place)
            }
        }
        let added = Set(roster.added.map(\.device))
        for device in roster.removed where !added.contains(device) {
            guard let since = latestCommit.before[device] else { continue }
            add(device, at: since, in: &place)
        }
        place.epoch -= 1
        removalsAsked = []
        self.latestCommit = nil
    }

    private mutating func add(_ device: PeerIdentity, at since: UInt64, in place: inout Place) {
        place.routed[device] = since
        spells[device, default: []].append(Spell(since: since, until: nil))
    }

    private mutating func remove(_ device: PeerIdentity, at sequence: UInt64, in place: inout Place) {
        guard place.routed.removeValue(forKey: device) != nil else { return }
        for index in spells[device, default: []].indices where spells[device]?[index].until == nil {
            spells[device]?[index].until = sequence
        }
    }

    // MARK: Who may know

    /// Whether a device is told of an entry when it comes.
    func tells(_ device: PeerIdentity, of sequence: UInt64) -> Bool {
        self[sequence]?.routed[device] != nil || self[sequence - 1]?.routed[device] != nil
    }

    /// Whether a device that reads on after an entry may get one that is not the next.
    func skips(to sequence: UInt64, after: UInt64, for device: PeerIdentity) -> Bool {
        if sequence == after + 1 || sequence <= first { return true }
        guard !isOpen, let spells = spells[device] else { return false }
        // Who was added anew reads from there on.
        return spells.contains { $0.since == sequence }
    }

    func mayRead(_ device: PeerIdentity, _ sequence: UInt64) -> Bool {
        spells[device, default: []].contains { spell in
            (isOpen || spell.since <= sequence) && sequence <= spell.until ?? .max
        }
    }
}
