import Chat
import ChatWire
import NIOCore

/// What a server must do if everything happened one after another: docs/protocol.md as a program without loops, ticks or limits.
struct SequentialModel {
    /// A connection.
    typealias Key = Int

    private struct Room {
        var sequence: UInt64 = 0
        var members: Set<Key> = []
    }

    private var rooms: [RoomID: Room] = [:]
    private(set) var online: [Key: PeerIdentity] = [:]
    /// What each connection must have been sent by the latest step.
    private(set) var expected: [Key: [ServerFrame]] = [:]
    var time = Timestamp(milliseconds: 0)

    mutating func beginStep() { expected = [:] }

    mutating func open(_ key: Key, _ identity: PeerIdentity) { online[key] = identity }

    mutating func close(_ key: Key, lost: Bool) {
        for room in rooms.keys where rooms[room]?.members.contains(key) == true { depart(key, from: room, lost: lost) }
        online[key] = nil
        expected[key] = nil
    }

    mutating func handle(_ frame: ClientFrame, from key: Key) {
        switch frame {
        case .join(let request, let room): join(room, key, request)
        case .leave(let request, let room):
            expect(.left(request, room), at: key)
            depart(key, from: room, lost: false)
        case .send(let request, let room, let payload): send(payload, to: room, key, request)
        case .sendDirect(let request, let user, let payload): sendDirect(payload, to: user, key, request)
        case .listMembers(let request, let room, let after):
            guard let members = rooms[room]?.members, members.contains(key) else {
                return fail(request, .notAMember, key)
            }
            expect(.members(request, page(of: members, after: after)), at: key)
        case .listOnline(let request, let after):
            expect(.online(request, page(of: online.keys, after: after)), at: key)
        case .ping(let request): expect(.pong(request), at: key)
        }
    }

    private mutating func join(_ room: RoomID, _ key: Key, _ request: RequestID) {
        let before = rooms[room, default: Room()].members
        rooms[room, default: Room()].members.insert(key)
        expect(.joined(request, room, sequence: rooms[room]?.sequence ?? 0), at: key)
        guard let identity = online[key], !devices(of: before).contains(identity) else { return }
        for member in before { expect(.memberJoined(room, identity), at: member) }
    }

    private mutating func depart(_ key: Key, from room: RoomID, lost: Bool) {
        guard let identity = online[key], rooms[room]?.members.remove(key) != nil else { return }
        let rest = rooms[room]?.members ?? []
        if rest.isEmpty { rooms[room] = nil }
        guard !devices(of: rest).contains(identity) else { return }
        for member in rest { expect(.memberLeft(room, identity, lost: lost), at: member) }
    }

    private mutating func send(_ payload: ByteBuffer, to room: RoomID, _ key: Key, _ request: RequestID) {
        guard let identity = online[key], let members = rooms[room]?.members, members.contains(key) else {
            return fail(request, .notAMember, key)
        }
        let sequence = (rooms[room]?.sequence ?? 0) + 1
        rooms[room]?.sequence = sequence
        expect(.accepted(request, sequence: sequence, time: time), at: key)
        let delivery = Delivery(room: room, sequence: sequence, time: time, sender: identity, payload: payload)
        for member in members where member != key { expect(.delivery(delivery), at: member) }
    }

    private mutating func sendDirect(_ payload: ByteBuffer, to user: UserName, _ key: Key, _ request: RequestID) {
        guard let sender = online[key], online.values.contains(where: { $0.user == user }) else {
            return fail(request, .userIsOffline, key)
        }
        expect(.accepted(request, sequence: 0, time: time), at: key)
        let delivery = DirectDelivery(recipient: user, time: time, sender: sender, payload: payload)
        for (other, identity) in online where other != key && [user, sender.user].contains(identity.user) {
            expect(.directDelivery(delivery), at: other)
        }
    }

    // MARK: Parts

    private func devices(of keys: some Collection<Key>) -> Set<PeerIdentity> { Set(keys.compactMap { online[$0] }) }

    private func page(of keys: some Collection<Key>, after: PeerIdentity?) -> IdentityPage {
        let all = devices(of: keys).filter { identity in after.map { identity > $0 } ?? true }
        return IdentityPage(more: false, identities: all.sorted())
    }

    private mutating func expect(_ frame: ServerFrame, at key: Key) { expected[key, default: []].append(frame) }

    private mutating func fail(_ request: RequestID, _ code: Failure.Code, _ key: Key) {
        expect(.failed(request, Failure(code, "")), at: key)
    }
}
