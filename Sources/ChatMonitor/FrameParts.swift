import Chat
import ChatWire
import NIOCore

/// What a frame is made of, beside its numbers.
struct FrameParts {
    struct Payload {
        var role: PayloadRole
        var place: PayloadPlace
        var bytes: ByteBuffer
    }

    /// Something too large for a frame, that is fetched.
    struct Announcement {
        var role: PayloadRole
        var room: RoomID
        var blob: BlobRef
    }

    /// The bytes of names of users and devices, of room ids, and of words for people.
    private(set) var names = 0
    private(set) var rooms = 0
    private(set) var words = 0
    private(set) var payloads: [Payload] = []
    private(set) var announcements: [Announcement] = []
    /// References to key packages, which are hashes.
    private(set) var references: [Int] = []

    private mutating func add(_ identity: PeerIdentity) {
        names += identity.user.description.utf8.count + identity.device.description.utf8.count
    }

    private mutating func add(room: RoomID) { rooms += RoomID.byteCount }

    private mutating func add(_ policy: RoomPolicy) { names += policy.auditor?.description.utf8.count ?? 0 }

    private mutating func add(words text: String) { words += text.utf8.count }

    private mutating func add(_ roster: Roster) {
        for addition in roster.added { add(addition.device) }
        for device in roster.removed { add(device) }
    }

    /// - Parameter mayBeEmpty: whether nothing may stand there.
    private mutating func add(
        _ bytes: ByteBuffer, _ role: PayloadRole, room: RoomID?, epoch: UInt64? = nil, mayBeEmpty: Bool = false
    ) {
        if mayBeEmpty, bytes.readableBytes == 0 { return }
        payloads.append(Payload(role: role, place: PayloadPlace(room: room, epoch: epoch), bytes: bytes))
    }

    // MARK: A client's frame

    init(_ frame: ClientFrame) {
        switch frame {
        case .enter(_, let room), .read(_, let room, _), .fetch(_, let room, _, _), .describe(_, let room),
            .reject(_, let room, _), .mark(_, let room, _):
            add(room: room)
        case .create(_, let room, let policy, let groupInfo):
            add(room: room)
            add(policy)
            add(groupInfo, .groupInfo, room: room, epoch: nil, mayBeEmpty: true)
        case .send(_, let room, _, let payload):
            add(room: room)
            add(payload, .privateMessage([.application, .proposal]), room: room)
        case .submit(_, let submission): add(submission)
        case .publish(_, let packages, let lastResort):
            for package in packages { add(package, .keyPackage, room: nil) }
            add(lastResort, .keyPackage, room: nil, mayBeEmpty: true)
        case .claim(_, let user, let device):
            names += user.description.utf8.count + (device?.description.utf8.count ?? 0)
        case .listOnline(_, let after): if let after { add(after) }
        case .ping, .takeWelcome: break
        case .leave(_, let room, _, let payload):
            add(room: room)
            add(payload, .privateMessage([.proposal]), room: room, mayBeEmpty: true)
        case .readd(_, let room, _, let package):
            add(room: room)
            add(package, .keyPackage, room: nil)
        }
    }

    private mutating func add(_ submission: Submission) {
        let room = submission.room
        add(room: room)
        add(submission.roster)
        for recipient in submission.recipients {
            add(recipient.device)
            references.append(recipient.package.count)
        }
        add(submission.commit, .commit, room: room, epoch: submission.epoch)
        add(submission.welcome, .welcome, room: room, mayBeEmpty: true)
        add(submission.groupInfo, .groupInfo, room: room, mayBeEmpty: true)
    }

    // MARK: A server's frame

    /// A part of a blob is not among the payloads: it is judged when it is whole.
    init(_ frame: ServerFrame) {
        switch frame {
        case .greeting(let greeting):
            add(words: greeting.software)
            add(greeting.you)
        case .entered(_, let status), .described(_, let status): add(status)
        case .packages(_, let offers):
            for offer in offers {
                add(offer.device)
                add(offer.package, .keyPackage, room: nil)
            }
        case .online(_, let page): for identity in page.identities { add(identity) }
        case .failed(_, let failure), .closing(let failure): add(words: failure.words)
        case .readEnd(_, let room, _): add(room: room)
        case .entry(let entry): add(entry)
        case .welcome(let notice):
            add(room: notice.room)
            add(notice.sender)
            references.append(notice.package.count)
            announcements.append(Announcement(role: .welcome, room: notice.room, blob: notice.welcome))
        case .newDevice(let device): add(device)
        case .accepted, .stocked, .part, .pong, .done, .stockLow: break
        }
    }

    private mutating func add(_ status: RoomStatus) {
        add(room: status.room)
        add(status.policy)
        if let blob = status.groupInfo {
            announcements.append(Announcement(role: .groupInfo, room: status.room, blob: blob))
        }
    }

    private mutating func add(_ entry: LogEntry) {
        add(room: entry.room)
        add(entry.sender)
        add(entry.roster)
        let (role, mayBeEmpty): (PayloadRole, Bool) =
            switch entry.kind {
            case .created: (.policy, false)
            case .message: (.privateMessage([.application]), false)
            case .proposal: (.privateMessage([.proposal]), false)
            case .commit: (.commit, false)
            case .removalRequest: (.removalRequest, false)
            case .readdRequest: (.keyPackage, false)
            case .leave: (.privateMessage([.proposal]), true)
            case .voided: (.number, false)
            }
        switch entry.payload {
        case .inline(let bytes): add(bytes, role, room: entry.room, mayBeEmpty: mayBeEmpty)
        case .blob(let blob): announcements.append(Announcement(role: role, room: entry.room, blob: blob))
        }
    }
}
