import Chat
import ChatWire
import MLSWire
import NIOCore

/// Something that a device sends to a room: the same bytes under the same token until there is an answer.
struct Parcel {
    enum Kind: Equatable {
        case founding
        case commit
        case message(String)
    }

    let kind: Kind
    let token: UInt64
    /// The hash of its payload, as it will stand in the log.
    let digest: Digest
    let frame: (RequestID) -> ClientFrame

    var isCommit: Bool { kind == .commit }

    init(founding room: RoomID) {
        let policy = RoomPolicy(.invite)
        kind = .founding
        token = 0
        digest = Digest(of: policy.encoded)
        frame = { .create($0, room, policy, groupInfo: ByteBuffer()) }
    }

    init(_ text: String, in room: Company.OpenRoom, token: UInt64) {
        let (id, payload) = (room.id, Forge.message(in: room.id, epoch: room.epoch, text))
        kind = .message(text)
        self.token = token
        digest = Digest(of: payload)
        frame = { .send($0, id, token: token, payload: payload) }
    }

    /// A commit that ends the room's epoch.
    init(commitOf room: Company.OpenRoom, token: UInt64, size: Int, adding devices: [PeerIdentity] = []) {
        let commit = Forge.commit(in: room.id, epoch: room.epoch, size: size)
        let added = devices.enumerated().map { Roster.Addition($1, leaf: UInt32($0 + 1)) }
        let submission = Submission(
            room: room.id, token: token, epoch: room.epoch, commit: commit, roster: Roster(added: added))
        kind = .commit
        self.token = token
        digest = Digest(of: commit)
        frame = { .submit($0, submission) }
    }
}
