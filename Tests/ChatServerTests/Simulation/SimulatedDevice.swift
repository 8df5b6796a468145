import Chat
import ChatWire
import NIOCore

/// A device with what it keeps whatever happens to its connections: how far it has read, and what it wants in the log.
final class SimulatedDevice {
    /// A place in one of a room's lives.
    struct Place: Hashable, Comparable, CustomStringConvertible {
        var life: Int
        var sequence: UInt64

        static func < (left: Place, right: Place) -> Bool {
            (left.life, left.sequence) < (right.life, right.sequence)
        }

        var description: String { life == 0 ? "\(sequence)" : "\(sequence) of life \(life)" }
    }

    let identity: PeerIdentity
    let index: Int
    private let truth: Truth
    var sessions: [SimulatedSession] = []
    /// As far as it has all entries.
    private(set) var known: [RoomID: Place] = [:]
    /// As far as it knows that there are entries.
    private(set) var seen: [RoomID: Place] = [:]
    private(set) var outbox: [Outgoing] = []
    /// The next tokens of either row.
    private var messageToken: UInt64
    private var otherToken: UInt64
    private(set) var notices: [WelcomeNotice] = []
    private(set) var taken: Set<UInt64> = []
    private var packageNumber: UInt64
    /// How many of its requests were accepted.
    private(set) var acceptedCount = 0
    /// And how many only when they were sent again.
    private(set) var repeatedCount = 0
    private(set) var pageCount = 0

    init(_ identity: PeerIdentity, index: Int, truth: Truth) {
        self.identity = identity
        self.index = index
        self.truth = truth
        messageToken = UInt64(index + 1) << 32
        otherToken = 1 << 63 | UInt64(index + 1) << 32
        packageNumber = UInt64(index + 1) << 32
    }

    func nextToken(of kind: Outgoing.Kind) -> UInt64 {
        switch kind {
        case .create: return 0
        case .message:
            messageToken += 1
            return messageToken
        default:
            otherToken += 1
            return otherToken
        }
    }

    func nextPackage() -> UInt64 {
        packageNumber += 1
        return packageNumber
    }

    // MARK: What it wants in the log

    func want(_ outgoing: Outgoing, on session: SimulatedSession) throws {
        outbox.append(outgoing)
        try send(outbox.count - 1, on: session)
    }

    /// Sends again what no connection answers any more.
    func resend(on session: SimulatedSession) throws {
        for index in outbox.indices where outbox[index].session == nil { try send(index, on: session) }
    }

    private func send(_ index: Int, on session: SimulatedSession) throws {
        outbox[index].session = session.id
        outbox[index].attempts += 1
        let outgoing = outbox[index]
        try session.ask(.outgoing(outgoing.kind, outgoing.token), about: outgoing.room, outgoing.frame)
    }

    /// The connection is gone, and what it had not answered will not be.
    func lose(_ session: SimulatedSession) {
        sessions.removeAll { $0 === session }
        for index in outbox.indices where outbox[index].session == session.id { outbox[index].session = nil }
    }

    private func place(_ kind: Outgoing.Kind, _ token: UInt64, in room: RoomID) -> Int? {
        outbox.firstIndex { $0.room == room && $0.token == token && $0.kind == kind }
    }

    /// How often it was sent.
    func attempts(_ kind: Outgoing.Kind, _ token: UInt64, in room: RoomID) -> Int {
        place(kind, token, in: room).map { outbox[$0].attempts } ?? 0
    }

    func accepted(_ kind: Outgoing.Kind, _ token: UInt64, _ place: Place, in room: RoomID) {
        acceptedCount += 1
        if attempts(kind, token, in: room) > 1 { repeatedCount += 1 }
        if let index = self.place(kind, token, in: room) { outbox.remove(at: index) }
        see(place, of: room)
    }

    func refused(_ kind: Outgoing.Kind, _ token: UInt64, in room: RoomID, _ failure: Failure) throws {
        guard let index = place(kind, token, in: room) else { return }
        let what = "\(kind) \(token) of \(identity) in room \(room.low)"
        switch failure.code {
        case .refused where failure.canRetry:
            outbox[index].session = nil
            return
        case .staleEpoch where kind == .message || kind == .proposal:
            return try sealAgain(index, what)
        case .epochTaken, .staleEpoch, .notAMember, .unknownRoom, .notAllowed, .roomExists: break
        case .refused where isTooOld(token, in: room): break
        default: throw Violation(.refusals, "\(what) is refused: \(failure.words)")
        }
        let outgoing = outbox.remove(at: index)
        // If it was sent on a connection before, it may come yet by that.
        guard outgoing.attempts == 1, token > 0, failure.code != .refused else { return }
        if truth.present(room)?.place(of: token, by: identity) != nil {
            throw Violation(.refusals, "\(what) is in the log, and refused: \(failure.words)")
        }
        truth.refused[identity, default: []].insert(token)
    }

    /// Whether nobody can tell any more what was sent under that token.
    private func isTooOld(_ token: UInt64, in room: RoomID) -> Bool {
        truth.rooms[room, default: []].contains { life in
            life.first > 1 && life.place(of: token, by: identity).map { $0 < life.first } ?? true
        }
    }

    /// What to do when a message belongs to an epoch that is too old; set by whoever knows how messages are made.
    var seal: ((Outgoing) -> (RequestID) -> ClientFrame)?

    private func sealAgain(_ index: Int, _ what: String) throws {
        if outbox[index].attempts == 1,
            truth.present(outbox[index].room)?.place(of: outbox[index].token, by: identity) != nil
        {
            throw Violation(.refusals, "\(what) is in the log, and refused")
        }
        outbox[index].session = nil
        if let seal { outbox[index].frame = seal(outbox[index]) }
    }

    // MARK: What it knows

    func see(_ place: Place, of room: RoomID) {
        seen[room] = max(seen[room] ?? place, place)
        let before = known[room] ?? Place(life: 0, sequence: 0)
        if place.life == before.life, place.sequence == before.sequence + 1 { known[room] = place }
    }

    func read(_ last: Place, of room: RoomID) {
        pageCount += 1
        seen[room] = max(seen[room] ?? last, last)
        known[room] = max(known[room] ?? last, last)
    }

    /// The place after which it wants to read on.
    func reads(_ room: RoomID, life: Int) -> UInt64 {
        guard let known = known[room], known.life == life else { return 0 }
        return known.sequence
    }

    /// It was told that what it wanted to read is not kept.
    func skipDropped(_ room: RoomID, after: UInt64) throws {
        guard let life = truth.rooms[room]?.indices.last, let first = truth.present(room)?.first else { return }
        guard first > after + 1 else {
            throw Violation(
                .acknowledged, "entry \(after + 1) of room \(room.low) is kept, and \(identity) is told that it is not")
        }
        read(Place(life: life, sequence: first - 1), of: room)
    }

    // MARK: Welcomes

    func note(_ notice: WelcomeNotice) {
        if !notices.contains(where: { $0.id == notice.id }), !taken.contains(notice.id) { notices.append(notice) }
    }

    func hasTaken(_ id: UInt64) throws {
        taken.insert(id)
        notices.removeAll { $0.id == id }
        if truth.waiting.contains(Truth.key(identity, id)) {
            throw Violation(.durability, "\(identity) has taken welcome \(id), and it is on the disk")
        }
    }
}
