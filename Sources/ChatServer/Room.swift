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
    var epoch: UInt64 = 0 { didSet { changes.record = true } }
    /// What newcomers need to join by themselves.
    var groupInfo: StoredBlob? { didSet { changes.groupInfo = true } }
    var undo: CommitUndo? { didSet { changes.undo = true } }
    /// Whose removal was proposed in this epoch.
    var removalsAsked: Set<PeerIdentity> = [] { didSet { changes.record = true } }
    var tokens: [PeerIdentity: TokenBook] = [:]
    /// Of all devices together.
    var tokenCount = 0
    /// Whose numbers were forgotten altogether: of such a device, those of entries after this one count.
    var tokensSince: [PeerIdentity: UInt64] = [:]
    /// How many commits of a device were set aside.
    var voided: [PeerIdentity: Int] = [:] { didSet { changes.record = true } }
    var effects: [RoomEffect] = []
    /// What is to be stored.
    var changes = RoomChanges()
    /// The first kept entry, as it is stored.
    var storedFirst: UInt64 = 1
    /// While it is restored: the places of entries that are not kept.
    var droppedTokens: [(PeerIdentity, UInt64, TokenBook.Place)] = []

    /// The founding: entry 1.
    init(
        _ id: RoomID, _ policy: RoomPolicy, groupInfo: ByteBuffer, founder: PeerIdentity, loopCount: Int,
        limits: ServerLimits, now: Timestamp
    ) throws(Failure) {
        self.id = id
        self.policy = policy
        self.founder = founder
        self.limits = limits
        log = RoomLog(id, limits)
        attendance = Attendance(loopCount: loopCount)
        self.groupInfo = try Self.checked(groupInfo, policy)
        _ = log.append(.created, by: founder, token: 0, payload: ByteBuffer(bytes: policy.encoded), at: now)
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

    /// What it takes in memory, about.
    var bytes: Int {
        log.bytes + routing.bytes + tokenCount * 48 + (groupInfo?.bytes.readableBytes ?? 0)
            + (undo?.groupInfo?.bytes.readableBytes ?? 0)
    }

    /// Nobody gets its entries any more.
    var isAbandoned: Bool { routing.isEmpty }

    mutating func takeEffects() -> [RoomEffect] {
        defer { effects = [] }
        return effects
    }

    var status: RoomStatus {
        RoomStatus(
            room: id, first: log.first, head: log.head, chain: log.chain, epoch: epoch, policy: policy,
            groupInfo: groupInfo?.reference)
    }

    // MARK: Looking

    func requireRoute(of device: PeerIdentity) throws(Failure) {
        guard routing[device] != nil else { throw .notRouted }
    }

    mutating func enter(_ session: SessionID, of device: PeerIdentity) throws(Failure) -> RoomStatus {
        try requireRoute(of: device)
        attendance.insert(session, of: device)
        return status
    }

    func describe(for device: PeerIdentity) throws(Failure) -> RoomStatus {
        guard policy.admission == .open || routing[device] != nil else { throw .unknownRoom }
        return status
    }

    /// The frames of entries after a number, as many as one answer holds, and the number of the last that the device may read.
    func read(after: UInt64, for device: PeerIdentity) throws(Failure) -> (frames: ByteBuffer, head: UInt64) {
        guard let readable = routing.readable(by: device, head: log.head) else { throw .notRouted }
        guard after < readable.upperBound else { return (ByteBuffer(), readable.upperBound) }
        // Anyone may come into an open room, and then needs what came between to follow the chain.
        let start = max(after + 1, policy.admission == .open ? log.first : readable.lowerBound)
        guard start >= log.first else {
            throw Failure(.tooOld, "entries before number \(log.first) are not kept; read on after \(log.first - 1)")
        }
        return (log.frames(from: start, through: readable.upperBound, limit: limits.bytesPerRead), readable.upperBound)
    }

    /// A large payload that the device may read, or the group info of an open room, for whoever may join.
    func blob(_ hash: Digest, for device: PeerIdentity) -> ByteBuffer? {
        if let groupInfo, groupInfo.reference.hash == hash { return groupInfo.bytes }
        guard let readable = routing.readable(by: device, head: log.head) else { return nil }
        return log.blob(hash, in: readable)
    }

    // MARK: Adding to the log

    /// What the device was told when it sent the same before; `nil` if it has not.
    /// - Throws: ``Failure/Code/refused`` for a number that cannot be told from an earlier one.
    func place(of token: UInt64, from device: PeerIdentity) throws(Failure) -> TokenBook.Place? {
        guard token > 0 else { throw Failure(.refused, "token 0 is the server's; count yours from 1") }
        guard let book = tokens[device] else { return nil }
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
        let frame = log.append(kind, by: sender, token: token, roster: roster, payload: payload, at: now)
        effects.append(.publish(frame, exceptAsker: token > 0))
        let place = TokenBook.Place(sequence: log.head, time: now)
        if token > 0 {
            tokenCount -= tokens[sender]?.count ?? 0
            for gone in tokens[sender, default: TokenBook()].note(token, place, limit: limits.tokensPerDevice)
            where gone.place.sequence < log.first {
                changes.forgottenTokens.append((sender, gone.token))
            }
            tokenCount += tokens[sender]?.count ?? 0
        }
        return place
    }

    /// The device gets no entry after the latest.
    mutating func remove(_ device: PeerIdentity) {
        let forgotten = routing.remove(device, until: log.head, remembering: limits.formerDevicesPerRoom)
        if let forgotten {
            tokenCount -= tokens.removeValue(forKey: forgotten)?.count ?? 0
            tokensSince[forgotten] = log.head
            changes.forgottenDevices.append(forgotten)
        }
        effects.append(.evict(device))
        effects.append(.dropWelcomes([device]))
    }
}

extension Failure {
    static let notRouted = Failure(.notAMember, "this device does not get that room's messages; join it or be added")
    static let unknownRoom = Failure(.unknownRoom, "there is no such room here, or none that you may see")
}
