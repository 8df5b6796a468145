package import Chat
package import ChatWire
import Crypto
package import MLS
package import MLSWire
import NIOCore
import TLSSyntax

/// A room on this device: its MLS group, how far its log was processed, and what is to be sent.
///
/// It does no I/O. What it wants written, asked and shown gathers in ``output``; the session takes it after each call. What was
/// written must be on the disk before anything of it is sent or shown.
package final class Room {
    package enum Phase: UInt8, Hashable, Sendable {
        /// The group exists here; the server does not know it yet.
        case founding = 1
        /// On the way in: by a commit of one's own, or waiting for a welcome.
        case joining = 2
        case active = 3
        /// The thread was lost, and is being picked up again.
        case rejoining = 4
        case left = 5
        case removed = 6
    }

    package let id: RoomID
    let me: PeerIdentity
    let store: any RecordStore
    /// What all rooms share: who this device is, what time it is.
    let host: RoomHost

    package internal(set) var phase: Phase
    package internal(set) var policy: RoomPolicy
    /// What the members call it; of a direct message, nothing.
    package internal(set) var name: RoomName?
    package internal(set) var topic = RoomTopic.none
    /// Of a direct message: the other user.
    package internal(set) var peer: UserName?

    var live: LiveGroup?
    /// Counts the logs that the room has had here: it begins anew when the server has lost it.
    var generation: UInt32 = 0
    package internal(set) var cursor: LogCursor
    /// What the server said is its log's latest entry.
    var head: UInt64 = 0
    /// Whether the entries up to ``head`` are being read, and how far they had come the last time that a part had ended.
    var isCatchingUp = false
    var lastRead: UInt64 = 0
    /// How far the server knows this device to have come.
    var marks = Marks()
    /// Whether this device has come in, and has not entered since.
    var isNewcomer = false
    /// An entry whose payload is being fetched; what follows it is read again afterwards.
    var awaited: LogEntry?
    /// Whether the server tells what is new.
    package internal(set) var isEntered = false
    var isConnected = false

    /// What a server that was put back has lost, and the search for the place up to which its log is the known one.
    var rollback = Rollback()
    var search: ForkSearch?

    // MARK: Sending
    /// Of messages, and of all else that goes into the log: messages are counted without gaps.
    var nextToken: UInt64
    var nextControlToken: UInt64
    var outbox = Outbox()
    var commit: OwnCommit?
    package internal(set) var intents: [RoomIntent] = []
    /// Key packages that were asked for, by what they are for.
    var claims: [RoomIntent: [OfferedPackage]] = [:]
    var claimsAsked: Set<RoomIntent> = []
    /// When those who had none are asked for again.
    var claimAfter: [RoomIntent: UInt64] = [:]
    /// Who the user was told has no device here.
    var absent: Set<RoomIntent> = []
    /// Whether a proposal to remove this device waits for a commit, which others will make.
    var isBeingRemoved = false
    /// Not before this time, in milliseconds of the steady clock, is a commit made.
    var commitAfter: UInt64 = 0
    var lostRaces = 0
    /// Whether wishes are committed one by one, since together they could not be.
    var isCautious = false
    /// How often the server has refused messages of the latest epoch for their epoch, and when the next is sealed.
    var staleRefusals = 0
    var sealAfter: UInt64 = 0
    /// When the path was renewed last, seconds since 1970.
    var refreshed: UInt64 = 0
    var join: PendingJoin?
    /// The latest request to be added anew that has no place yet.
    var readdRequest: (token: UInt64, payload: ByteBuffer)?
    /// The number by which this device left, until the server knows of it.
    var leaveToken: UInt64?
    /// A welcome to a group that this device believes to be in: it counts once the log says that the device was removed.
    var heldWelcome: WelcomeNotice?
    /// Whether the user wants to come in anew, also by the hand of somebody whom this device has not seen in the room.
    var trustsInviter = false

    // MARK: Receiving
    var senders: [PeerIdentity: SenderCounter] = [:]
    /// The epoch in which this device came in: what is older it cannot read.
    var joinedEpoch: UInt64 = 0
    /// Tags of the latest epochs, by which a fork is told from damage.
    var epochTags: [UInt64: EpochTag] = [:]
    /// The commit that this device refused, and others may have accepted.
    var refusedCommit: UInt64?
    /// The place of the commit that began the present epoch.
    var epochBegan: UInt64 = 0
    package internal(set) var receipts = ReceiptBook()
    /// Messages that are being asked for again: since when.
    var gaps: [PeerIdentity: UInt64] = [:]
    /// Messages that came and could not be read, by their senders' numbers.
    var damaged: [PeerIdentity: Set<UInt64>] = [:]
    package internal(set) var findings: [Finding] = []
    /// Whether the server says that there is no such room.
    package internal(set) var isLost = false
    /// Why the thread was lost.
    package internal(set) var lostThread = ""
    var rejoinAttempts = 0
    var rejoinAfter: UInt64 = 0
    var announceAfter: UInt64?
    /// When a way in that failed is tried again.
    var joinAfter: UInt64?
    /// What the entry that is being processed brings, and what was kept last.
    var place: StoredMessage?
    /// Whether that was shown before, at a place that the server has lost.
    var isShown = false
    var latest: StoredMessage?
    /// Who has said that it leaves, and who is to be removed since its certificate was revoked.
    var leaving: Set<PeerIdentity> = []
    var revoked: Set<PeerIdentity> = []
    var typingSent: UInt64 = 0

    var output = RoomOutput()
    /// Whether the ratchets have to be written, or the whole epoch.
    var dirtyRatchets = false
    var dirtyRoom = false

    init(id: RoomID, policy: RoomPolicy, phase: Phase, host: RoomHost) {
        self.id = id
        self.policy = policy
        self.phase = phase
        self.host = host
        me = host.me
        store = host.store
        cursor = LogCursor(atStartOf: id)
        nextToken = host.firstToken
        nextControlToken = host.firstToken | Self.controlBit
    }

    // MARK: What there is to know

    /// Who is in it, in order.
    package var members: [RoomMember] {
        guard let live else { return [] }
        return live.group.state.members.compactMap { member in
            host.identity(of: member).map { RoomMember(identity: $0, leaf: member.leaf, member: member) }
        }.sorted { $0.identity < $1.identity }
    }

    func leaf(of device: PeerIdentity) -> LeafIndex? {
        live?.group.state.members.first { host.identity(of: $0) == device }?.leaf
    }

    func isMember(_ device: PeerIdentity) -> Bool { leaf(of: device) != nil }

    func isMember(_ user: UserName) -> Bool {
        live?.group.state.members.contains { host.identity(of: $0)?.user == user } ?? false
    }

    package var memberCount: Int { live?.group.state.memberCount ?? 0 }
    package var epoch: UInt64? { live?.group.state.epoch }
    /// 6 × 5 digits, equal on all members' screens.
    package var code: RoomCode? { live.map { RoomCode(authenticator: $0.group.epochAuthenticator) } }

    /// Whether a message can be sealed now, or waits: for the room to be entered, for proposals to be committed, for the peer to
    /// come in.
    var canSeal: Bool {
        guard let live, phase == .active, live.group.isActive, live.group.pendingProposalCount == 0, !isBehind,
            rollback.expelled.isEmpty
        else {
            return false
        }
        guard policy.admission == .direct, let peer else { return true }
        // All devices of both are to read the first message.
        return (peer == me.user || isMember(peer)) && intents.allSatisfy { $0 == .refresh || claimAfter[$0] != nil }
    }

    /// Whether everything that the server has was processed.
    var isCaughtUp: Bool { isEntered && !isCatchingUp && search == nil && awaited == nil && cursor.sequence >= head }

    /// Whether something waits for the server.
    package var isBusy: Bool {
        !outbox.isEmpty || commit != nil || join != nil || (isConnected && !isCaughtUp && phase == .active)
            || (phase == .founding) || (isConnected && !intents.isEmpty && phase == .active)
    }

    /// What people call it.
    package var title: String {
        if let name { return name.description }
        if let peer { return "@\(peer)" }
        return "#\(id.description.prefix(6))"
    }

    /// Somebody has looked into them.
    func forgetFindings() {
        findings = []
        dirtyRoom = true
    }

    // MARK: Output

    func emit(_ event: RoomEvent) { output.events.append(event) }
    func ask(_ request: RoomRequest) { output.requests.append(request) }
    func write(_ table: RecordTable, _ key: [UInt8], _ value: SymmetricKey?) {
        output.writes.append(RecordWrite(table, key, value))
    }

    var hasOutput: Bool { dirtyRatchets || dirtyRoom || !output.isEmpty }

    /// Takes what is to be written, asked and shown; the state goes with it.
    func takeOutput() -> RoomOutput {
        if dirtyRatchets, let live {
            write(.ratchets, id.bytes, live.group.ratchetSnapshot)
            dirtyRatchets = false
        }
        if dirtyRoom {
            write(.rooms, id.bytes, encodedState)
            dirtyRoom = false
        }
        defer { output = RoomOutput() }
        return output
    }

    /// A place of the log as a key of a record.
    func key(_ place: UInt64) -> [UInt8] {
        var key = id.bytes
        key.write(generation)
        key.write(place)
        return key
    }

    func outboxKey(_ token: UInt64) -> [UInt8] {
        var key = id.bytes
        key.write(token)
        return key
    }

    /// Set in the tokens of what is no message.
    static let controlBit: UInt64 = 1 << 63

    func takeToken() -> UInt64 {
        defer { nextToken += 1 }
        dirtyRoom = true
        return nextToken
    }

    func takeControlToken() -> UInt64 {
        defer { nextControlToken += 1 }
        dirtyRoom = true
        return nextControlToken
    }
}

/// A group that lives in a room.
final class LiveGroup {
    var group: MLSGroup

    init(_ group: consuming MLSGroup) {
        self.group = group
    }
}

/// A member, as the group knows it.
package struct RoomMember: Hashable, Sendable {
    package var identity: PeerIdentity
    package var leaf: LeafIndex
    package var member: GroupMember
}

/// What came of a call.
struct RoomOutput {
    var writes: [RecordWrite] = []
    var requests: [RoomRequest] = []
    var events: [RoomEvent] = []

    var isEmpty: Bool { writes.isEmpty && requests.isEmpty && events.isEmpty }
}
