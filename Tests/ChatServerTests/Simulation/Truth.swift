import Chat
import ChatServer
import ChatWire
import NIOCore

/// All that was ever on the disk, and what follows from it: what the server says is held against it.
final class Truth {
    /// Each room's lives: a room that all have left may be founded again.
    private(set) var rooms: [RoomID: [RoomTruth]] = [:]
    /// Notices that are or were stored, by key.
    private var welcomes: [[UInt8]: ByteBuffer] = [:]
    /// Those that still are.
    private(set) var waiting: Set<[UInt8]> = []
    /// Devices whose first publication is stored.
    private var published: Set<[UInt8]> = []
    /// Key packages that were given away.
    private var given: Set<ByteBuffer> = []
    /// Those that may be given away more than once.
    var lastResorts: Set<ByteBuffer> = []
    /// Numbers that were refused for good, and that have come by one way only.
    var refused: [PeerIdentity: Set<UInt64>] = [:]
    private(set) var kinds: [EntryKind: Int] = [:]
    /// By which numbers the store knows rooms.
    private var numbers: [UInt32: (room: RoomID, life: Int)] = [:]
    private let limits: ServerLimits
    private(set) var droppedCount = 0

    /// All entries, for whoever looks for the cause of something.
    var story: [String] {
        rooms.sorted { $0.key.low < $1.key.low }.flatMap { room, lives in
            lives.enumerated().flatMap { life, truth in
                ["room \(room.low), life \(life), kept from \(truth.first)"]
                    + truth.places.map { place in
                        let roster = place.entry.roster
                        let changes = roster.added.map { "+\($0.device)" } + roster.removed.map { "-\($0)" }
                        return "  \(place.entry.sequence) \(place.entry.kind) by \(place.entry.sender) as "
                            + "\(place.entry.token), epoch \(place.epoch), \(place.storedAt) ms \(changes.joined(separator: " "))"
                    }
            }
        }
    }
    var givenCount: Int { given.count }
    /// Milliseconds that have passed, whatever clocks say.
    var elapsed: UInt64 = 0

    init(limits: ServerLimits) {
        self.limits = limits
    }

    func present(_ room: RoomID) -> RoomTruth? {
        guard let last = rooms[room]?.last, !last.isClosed else { return nil }
        return last
    }

    /// The latest life of a room that fulfils a condition.
    private func life(of room: RoomID, where fits: (RoomTruth) -> Bool) -> Int? {
        rooms[room]?.lastIndex(where: fits)
    }

    // MARK: What is stored

    func note(_ units: [ModelDisk.Unit]) throws {
        for unit in units {
            for write in unit.writes { try note(write, handedInAt: unit.time) }
        }
    }

    private func note(_ write: StoreWrite, handedInAt time: UInt64) throws {
        switch write {
        case .append(let number, let sequence, let value):
            try append(try StoredEntry(value, "entry \(sequence)"), as: sequence, of: number, at: time)
        case .drop(let number, let last): try drop(number, through: last)
        case .put(.welcomes, let key, let value):
            welcomes[key] = value
            waiting.insert(key)
        case .put(.devices, let key, _): published.insert(key)
        case .delete(.welcomes, let key): waiting.remove(key)
        case .delete(.rooms, let key):
            guard let room = RoomID(bytes: key), let last = rooms[room]?.indices.last else { return }
            rooms[room]?[last].close()
        default: break
        }
    }

    private func append(_ stored: StoredEntry, as sequence: UInt64, of number: UInt32, at time: UInt64) throws {
        let entry = try stored.entry("entry \(sequence)")
        guard entry.sequence == sequence else {
            throw Violation(.placeOnce, "entry \(entry.sequence) is stored as number \(sequence)")
        }
        if refused[entry.sender]?.contains(entry.token) == true {
            let words = "token \(entry.token) of \(entry.sender) was refused, and is entry \(entry.sequence)"
            throw Violation(.refusals, words)
        }
        if sequence == 1 {
            guard present(entry.room) == nil, numbers[number] == nil else {
                throw Violation(.placeOnce, "room \(entry.room.low) was founded while it, or its number, was there")
            }
            numbers[number] = (entry.room, rooms[entry.room]?.count ?? 0)
            rooms[entry.room, default: []].append(RoomTruth())
        }
        guard let (room, life) = numbers[number], room == entry.room else {
            throw Violation(.placeOnce, "entry \(sequence) of room \(entry.room.low) is stored in another one")
        }
        kinds[entry.kind, default: 0] += 1
        if [.message, .proposal].contains(entry.kind), case .inline(let payload) = entry.payload,
            Payloads.token(of: payload) != entry.token
        {
            throw Violation(.sameForAll, "entry \(entry.sequence) has the payload of another")
        }
        try rooms[room]?[life].append(entry, stored, at: time)
    }

    private func drop(_ number: UInt32, through last: UInt64) throws {
        guard let (room, life) = numbers[number], let truth = rooms[room]?[life], !truth.isClosed else { return }
        let isTooMuch = truth.head + 1 - truth.first > limits.entriesPerRoom
        // The clock by which entries age follows the wall clock at most 24 times as fast as time passes.
        let isOld = (truth[last]?.storedAt).map { elapsed - $0 >= limits.keepDays * 86_400_000 / 24 } ?? false
        guard last <= truth.head, isTooMuch || isOld else {
            throw Violation(.acknowledged, "entries of room \(room.low) up to \(last) are dropped too early")
        }
        droppedCount += Int(last + 1 - truth.first)
        rooms[room]?[life].first = last + 1
    }

    static func serverFrame(_ bytes: ByteBuffer) throws -> ServerFrame {
        var rest = bytes
        guard let frame = try Frame.next(from: &rest), rest.readableBytes == 0 else {
            throw Violation(.sameForAll, "a frame was cut")
        }
        return try ServerFrame(frame)
    }

    // MARK: What is said

    private static let entryType: UInt8 = 80
    private static let readEndType: UInt8 = 74

    /// What a device is told now is on the disk, and it may know it.
    func judge(_ bytes: ByteBuffer, to device: PeerIdentity) throws -> [Delivery] {
        var rest = bytes
        var told: [Delivery] = []
        var entries: [(room: RoomID, life: Int, sequence: UInt64)] = []
        while rest.readableBytes > 4 {
            guard let length = rest.getInteger(at: rest.readerIndex, as: UInt32.self),
                let type = rest.getInteger(at: rest.readerIndex + 4, as: UInt8.self),
                let frame = rest.readSlice(length: Int(length) + 4)
            else { throw Violation(.sameForAll, "a frame was cut") }
            if type == Self.entryType {
                entries.append(try place(of: frame))
            } else if type == Self.readEndType {
                told.append(try page(try Self.serverFrame(frame), entries, device))
                entries = []
            } else {
                for entry in entries { told.append(try push(entry, device)) }
                entries = []
                told.append(try judge(try Self.serverFrame(frame), to: device))
            }
        }
        for entry in entries { told.append(try push(entry, device)) }
        return told
    }

    /// The entry that these bytes are. What most of the traffic is, so it is compared, not read.
    private func place(of frame: ByteBuffer) throws -> (room: RoomID, life: Int, sequence: UInt64) {
        guard let high = frame.getInteger(at: frame.readerIndex + 5, as: UInt64.self),
            let low = frame.getInteger(at: frame.readerIndex + 13, as: UInt64.self),
            let sequence = frame.getInteger(at: frame.readerIndex + 21, as: UInt64.self)
        else { throw Violation(.sameForAll, "an entry was cut") }
        let room = RoomID(high: high, low: low)
        guard let lives = rooms[room] else {
            throw Violation(.durability, "entry \(sequence) of room \(low), which is not on the disk")
        }
        for (life, truth) in lives.enumerated().reversed() {
            if let place = truth[sequence], place.frame == frame { return (room, life, sequence) }
        }
        guard let place = lives.last?[sequence] else {
            throw Violation(.durability, "entry \(sequence) of room \(low) is told, and not on the disk")
        }
        throw Violation(
            .sameForAll, "entry \(sequence) of room \(low) is told otherwise than it is stored: \(place.entry)")
    }

    private func push(
        _ entry: (room: RoomID, life: Int, sequence: UInt64), _ device: PeerIdentity
    ) throws -> Delivery {
        guard rooms[entry.room]?[entry.life].tells(device, of: entry.sequence) == true else {
            throw Violation(.members, "\(device) is told of entry \(entry.sequence) of room \(entry.room.low)")
        }
        return .entry(entry.room, life: entry.life, sequence: entry.sequence)
    }

    private func page(
        _ end: ServerFrame, _ entries: [(room: RoomID, life: Int, sequence: UInt64)], _ device: PeerIdentity
    ) throws -> Delivery {
        guard case .readEnd(let request, let room, let head) = end,
            let life = entries.last?.life ?? life(of: room, where: { $0.head >= head })
        else { throw Violation(.durability, "the end of a log is told that is not on the disk") }
        guard let first = entries.first?.sequence, let last = entries.last?.sequence else {
            return .page(request, room, life: life, sequences: 0..<0, head: head)
        }
        guard let truth = rooms[room]?[life], last <= head, head <= truth.head else {
            throw Violation(.durability, "\(head) is told as the end of room \(room.low), and is not on the disk")
        }
        for (offset, entry) in entries.enumerated() {
            guard entry.room == room, entry.sequence == first + UInt64(offset) else {
                throw Violation(.noGap, "a page of room \(room.low) is not in order at entry \(entry.sequence)")
            }
            guard truth.mayRead(device, entry.sequence) else {
                throw Violation(.members, "\(device) may not read entry \(entry.sequence) of room \(room.low)")
            }
        }
        return .page(request, room, life: life, sequences: first..<last + 1, head: head)
    }

    private func judge(_ frame: ServerFrame, to device: PeerIdentity) throws -> Delivery {
        switch frame {
        case .entered(let request, let status), .described(let request, let status):
            let life = life(of: status.room) { $0[status.head]?.chain == status.chain }
            guard let life, let place = rooms[status.room]?[life][status.head] else {
                throw Violation(
                    .durability, "room \(status.room.low) is said to be at \(status.head), with another chain or none")
            }
            guard place.epoch == status.epoch, status.first <= status.head + 1 else {
                throw Violation(
                    .sameForAll, "room \(status.room.low) is said to be in epoch \(status.epoch) at \(status.head)")
            }
            return .status(request, status, life: life)
        case .welcome(let notice): try judge(notice, for: device)
        case .packages(_, let offers):
            for offer in offers {
                guard published.contains(Self.key(offer.device)) else {
                    throw Violation(
                        .durability,
                        "key packages of \(offer.device) are given away, and its publication is not on the disk")
                }
                guard lastResorts.contains(offer.package) || given.insert(offer.package).inserted else {
                    throw Violation(.packagesOnce, "a key package of \(offer.device) is given away twice")
                }
            }
        default: break
        }
        return .frame(frame)
    }

    private func judge(_ notice: WelcomeNotice, for device: PeerIdentity) throws {
        guard let stored = welcomes[Self.key(device, notice.id)], case .welcome(notice) = try Self.serverFrame(stored)
        else { throw Violation(.durability, "\(device) is told of welcome \(notice.id), which is not on the disk") }
        let isThere = rooms[notice.room]?.contains { room in
            guard let place = room[notice.sequence] else { return false }
            return place.chain == notice.chain && place.entry.roster.added.contains { $0.device == device }
        }
        guard isThere == true else {
            throw Violation(.welcomes, "\(device) is welcomed by entry \(notice.sequence), which does not add it")
        }
    }

    /// How the store names a welcome.
    static func key(_ device: PeerIdentity, _ id: UInt64) -> [UInt8] {
        key(device) + withUnsafeBytes(of: id.bigEndian) { Array($0) }
    }

    static func key(_ device: PeerIdentity) -> [UInt8] {
        let (user, name) = (Array(device.user.description.utf8), Array(device.device.description.utf8))
        return [UInt8(user.count)] + user + [UInt8(name.count)] + name
    }

    /// The place that a device was told is its own.
    func requirePlace(_ sequence: UInt64, in room: RoomID, of token: UInt64, by device: PeerIdentity) throws {
        let isThere = rooms[room]?.contains { truth in
            guard let entry = truth[sequence]?.entry else { return false }
            return entry.sender == device && entry.token == token
        }
        guard isThere == true else {
            throw Violation(
                .durability,
                "\(device) is told that entry \(sequence) of room \(room.low) is its token \(token), and it is not")
        }
    }
}
