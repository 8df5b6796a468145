import Chat
import ChatWire
import MLSWire
import NIOCore

/// A room as its owner keeps it: the log, who gets it, and the number of the group's epoch. What members say stays closed to it.
///
/// Its methods answer the one who asked, or throw the ``Failure`` that the asker is told; what follows for others is taken out
/// by ``takeEffects()``.
struct Room: Sendable {
    let id: RoomID
    let policy: RoomPolicy
    let founder: PeerIdentity
    let foundedAt: Timestamp
    let limits: ServerLimits

    var log: RoomLog
    var routing = Routing()
    var attendance: Attendance
    var cursors = DeviceCursors()
    var epoch: UInt64 = 0 { didSet { changes.record = true } }
    /// What newcomers need to join by themselves.
    var groupInfo: StoredBlob? { didSet { changes.groupInfo = true } }
    var undo: CommitUndo? { didSet { changes.undo = true } }
    /// Whose removal was proposed in this epoch.
    var removalsAsked: Set<PeerIdentity> = [] { didSet { changes.record = true } }
    /// All who have ever sent something.
    var senders: [PeerIdentity: TokenSender] = [:]
    /// Of those of them who did so lately, what they have sent.
    var books: [PeerIdentity: TokenBook] = [:]
    /// Whether something was said since the last look.
    var isWarm = true
    /// How many commits of a device were set aside.
    var voided: [PeerIdentity: Int] = [:] { didSet { changes.record = true } }
    var effects: [RoomEffect] = []
    /// What is to be stored.
    var changes = RoomChanges()
    /// The first kept entry, as it is stored.
    var storedFirst: UInt64 = 1

    /// The founding: entry 1.
    init(
        _ log: RoomLog, _ id: RoomID, _ policy: RoomPolicy, groupInfo: ByteBuffer, founder: PeerIdentity,
        loopCount: Int, limits: ServerLimits, now: Timestamp
    ) throws(Failure) {
        self.id = id
        self.policy = policy
        self.founder = founder
        self.limits = limits
        self.log = log
        attendance = Attendance(loopCount: loopCount)
        self.groupInfo = try Self.checked(groupInfo, policy)
        _ = self.log.append(
            .created, by: founder, token: 0, before: TokenSender(), payload: ByteBuffer(bytes: policy.encoded), at: now)
        routing.add(founder, Routing.Route(since: 1, leaf: 0))
        foundedAt = now
        changes = RoomChanges(record: true, groupInfo: self.groupInfo != nil)
    }

    /// One that was stored; its log, its routes and what else it has are to be restored yet.
    init(
        _ id: RoomID, _ policy: RoomPolicy, founder: PeerIdentity, foundedAt: Timestamp, log: RoomLog, loopCount: Int,
        limits: ServerLimits
    ) {
        self.id = id
        self.policy = policy
        self.founder = founder
        self.foundedAt = foundedAt
        self.limits = limits
        self.log = log
        attendance = Attendance(loopCount: loopCount)
    }

    /// The group info of an open room; `nil` if there is none.
    static func checked(_ groupInfo: ByteBuffer, _ policy: RoomPolicy) throws(Failure) -> StoredBlob? {
        guard groupInfo.readableBytes > 0 else { return nil }
        guard policy.admission == .open else {
            throw Failure(.notAllowed, "only open rooms have their group info at the server; leave it out")
        }
        guard groupInfo.readableBytes <= BlobRef.maximumSize, MessageHeader.begins(groupInfo, as: .groupInfo) else {
            throw Failure(.malformedMessage, "the group info is not an MLS GroupInfo")
        }
        return StoredBlob(groupInfo)
    }

    /// What it takes on the disk, about.
    var bytes: Int {
        log.bytes + routing.bytes + cursors.bytes + (groupInfo?.bytes.readableBytes ?? 0)
            + (undo?.groupInfo?.bytes.readableBytes ?? 0)
    }

    /// What it takes in memory, about.
    var memory: Int { log.memory + bytes - log.bytes + senders.count * 96 + bookedTokens * 48 }
    private(set) var bookedTokens = 0

    /// ``bytes`` and ``memory``. It changes nothing: what is read of a room that lies in a dictionary copies the whole room, and what may
    /// change it does not.
    mutating func sizes() -> (bytes: Int, memory: Int) { (bytes, memory) }

    /// Nobody gets its entries any more.
    var isAbandoned: Bool { routing.isEmpty }

    mutating func takeEffects() -> [RoomEffect] {
        defer { effects = [] }
        return effects
    }

    // MARK: Looking

    func requireRoute(of device: PeerIdentity) throws(Failure) {
        guard routing[device] != nil else { throw .notRouted }
    }

    mutating func enter(_ session: SessionID, of device: PeerIdentity) throws(Failure) -> RoomStatus {
        try requireRoute(of: device)
        attendance.insert(session, of: device)
        return status(for: device)
    }

    func describe(for device: PeerIdentity) throws(Failure) -> RoomStatus {
        guard policy.admission == .open || routing[device] != nil else { throw .unknownRoom }
        return status(for: device)
    }

    /// The entries after a number, as many as one answer holds, and the number of the last that the device may read.
    /// - Returns: their frames; or what is to be loaded for them.
    func read(after: UInt64, for device: PeerIdentity) throws(Failure) -> (page: Found<ByteBuffer>, head: UInt64) {
        guard let readable = routing.readable(by: device, head: log.head) else { throw .notRouted }
        guard after < readable.upperBound else { return (.here(ByteBuffer()), readable.upperBound) }
        // Anyone may come into an open room, and then needs what came between to follow the chain.
        let start = max(after + 1, policy.admission == .open ? log.first : readable.lowerBound)
        guard start >= log.first, start <= readable.upperBound else {
            throw Failure(.tooOld, "entries before number \(log.first) are not kept; read on after \(log.first - 1)")
        }
        let end = readable.upperBound
        if let frames = log.frames(from: start, through: end, limit: limits.bytesPerRead) {
            return (.here(frames), end)
        }
        return (.load(.entries(room: log.number, start...end, limit: limits.bytesPerRead)), end)
    }

    /// A large payload that the device may read, or the group info of an open room, for whoever may join.
    func blob(_ hash: Digest, for device: PeerIdentity) -> Found<ByteBuffer>? {
        if let groupInfo, groupInfo.reference.hash == hash { return .here(groupInfo.bytes) }
        guard let readable = routing.readable(by: device, head: log.head), log.hasBlob(hash, in: readable) else {
            return nil
        }
        return .load(.blob(id, hash))
    }

    /// Something that is in memory, or where it lies.
    enum Found<Value> {
        case here(Value)
        case load(StoreLoad)
    }

    /// Keeps in memory what is needed for those who come and go, and no more: called from time to time.
    /// - Parameter oldest: entries from before that, by the ``AgeClock``, are dropped.
    /// - Returns: whether some were.
    mutating func rest(dropping oldest: Timestamp?) -> Bool {
        let hasDropped = oldest.map { log.drop(olderThan: $0) } ?? false
        if !isWarm { log.cool(to: 0) }
        isWarm = false
        for (device, book) in books {
            if book.isWarm {
                books[device]?.isWarm = false
            } else {
                bookedTokens -= book.count
                books[device] = nil
            }
        }
        return hasDropped
    }

    // MARK: Adding to the log

    /// What is to be loaded before something of the device can be taken: what it has sent before. Mutating as ``sizes()`` is.
    mutating func book(of device: PeerIdentity) -> StoreLoad? {
        guard let sender = senders[device], books[device] == nil else { return nil }
        return .links(room: log.number, last: sender.last, count: limits.tokensPerDevice)
    }

    mutating func install(_ book: TokenBook, of device: PeerIdentity) {
        guard books[device] == nil else { return }
        bookedTokens += book.count
        books[device] = book
    }

    /// What the device was told when it sent the same before; `nil` if it has not. Its book is there: ``book(of:)``.
    /// - Throws: ``Failure/Code/refused`` for a number that cannot be told from an earlier one.
    mutating func place(of token: UInt64, from device: PeerIdentity) throws(Failure) -> TokenBook.Place? {
        guard token > 0 else { throw Failure(.refused, "token 0 is the server's; count yours from 1") }
        guard senders[device] != nil else { return nil }
        bookedTokens -= books[device]?.count ?? 0
        books[device]?.forget(before: log.first)
        books[device]?.isWarm = true
        bookedTokens += books[device]?.count ?? 0
        guard let book = books[device] else {
            throw Failure(.refused, canRetry: true, "what this device has sent before is not known yet; ask again")
        }
        if let place = book[token] { return place }
        guard !book.isForgotten(token) else {
            throw Failure(.refused, "token \(token) is too old to tell whether it is a repetition; count on")
        }
        return nil
    }

    /// Appends an entry and tells of it.
    mutating func append(
        _ kind: EntryKind, by sender: PeerIdentity, token: UInt64, roster: Roster = Roster(), payload: ByteBuffer,
        at now: Timestamp
    ) -> TokenBook.Place {
        let before = token > 0 ? senders[sender] ?? TokenSender() : TokenSender()
        let frame = log.append(
            kind, by: sender, token: token, before: before, roster: roster, payload: payload, at: now)
        isWarm = true
        effects.append(.publish(frame, exceptAsker: token > 0))
        let place = TokenBook.Place(sequence: log.head, time: now)
        if token > 0 { note(token, place, of: sender) }
        return place
    }

    private mutating func note(_ token: UInt64, _ place: TokenBook.Place, of sender: PeerIdentity) {
        bookedTokens -= books[sender]?.count ?? 0
        books[sender, default: TokenBook()].note(token, place, limit: limits.tokensPerDevice)
        bookedTokens += books[sender]?.count ?? 0
        senders[sender, default: TokenSender()].note(token, at: place.sequence)
        changes.senders.insert(sender)
    }

    /// The device gets no entry after the latest.
    mutating func remove(_ device: PeerIdentity) {
        cursors.forget(device)
        routing.remove(device, until: log.head, remembering: limits.formerDevicesPerRoom)
        effects.append(.evict(device))
        effects.append(.dropWelcomes([device]))
    }
}

extension Failure {
    static let unknownBlob = Failure(
        .unknownBlob, "there is nothing by that hash in that room, or not for you, or not so far in")
    static let notRouted = Failure(.notAMember, "this device does not get that room's messages; join it or be added")
    static let unknownRoom = Failure(.unknownRoom, "there is no such room here, or none that you may see")
}
