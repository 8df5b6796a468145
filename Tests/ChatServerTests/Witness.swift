import Chat
import ChatWire
import NIOCore
import Testing

/// Holds what one client gets against docs/protocol.md, whatever the order in which things happened at the server.
final class Witness {
    private let client: TestClient
    private let ledger: Ledger
    private var rooms: [RoomID: Stay] = [:]
    /// Requests that wait for an answer.
    private var pending: [RequestID: Request] = [:]
    /// Those of them that are about a room, in the order in which they were sent.
    private var queues: [RoomID: [RequestID]] = [:]

    private var failures = 0

    /// What was asked, as far as the answer is judged by it.
    enum Request {
        case join(RoomID)
        case leave(RoomID)
        case send(RoomID, text: String)
        case direct(UserName, text: String)
        case members(RoomID, after: PeerIdentity?)
        /// With the page that must come.
        case online(IdentityPage)
        case ping
        case unknown

        var room: RoomID? {
            switch self {
            case .join(let room), .leave(let room), .send(let room, _), .members(let room, _): room
            case .direct, .online, .ping, .unknown: nil
            }
        }
    }

    /// A room that the client is in, as the client sees it.
    private struct Stay {
        var nextSequence: UInt64
        /// The devices in the room, once the client has asked.
        var members: [PeerIdentity]?
    }

    init(_ client: TestClient, ledger: Ledger) {
        self.client = client
        self.ledger = ledger
        client.witness = { [unowned self] in see($0) }
    }

    /// The rooms that the client is in.
    var joined: [RoomID] { Array(rooms.keys) }
    var pendingCount: Int { pending.count }

    func asked(_ id: RequestID, _ request: Request) {
        pending[id] = request
        if let room = request.room { queues[room, default: []].append(id) }
    }

    private func fail(_ words: String) {
        failures += 1
        // One mistake has many consequences.
        guard failures <= 3 else { return }
        Issue.record("\(client.identity) on loop \(client.loop): \(words)")
    }

    // MARK: Frames

    private func see(_ frame: ServerFrame) {
        if let id = frame.request, id != .none { return seeAnswer(frame, to: id) }
        switch frame {
        case .delivery(let delivery): see(delivery)
        case .directDelivery(let delivery): see(delivery)
        case .memberJoined(let room, let member): seeChange(of: member, in: room, entered: true)
        case .memberLeft(let room, let member, _): seeChange(of: member, in: room, entered: false)
        case .failed(.none, let failure):
            if failure.code != .unknownFrameType { fail("unasked failure \(failure)") }
        default: fail("an answer without a request: \(frame)")
        }
    }

    private func see(_ delivery: Delivery) {
        guard var stay = rooms[delivery.room] else { return fail("a message of a room that it is not in") }
        if delivery.sequence != stay.nextSequence { fail("message \(delivery.sequence), not \(stay.nextSequence)") }
        stay.nextSequence = delivery.sequence + 1
        rooms[delivery.room] = stay
        let text = String(buffer: delivery.payload)
        if ledger.author(of: text) === client { fail("its own message") }
        ledger.see(text, Ledger.Place(room: delivery.room, sequence: delivery.sequence, time: delivery.time))
        if ledger.author(of: text)?.identity != delivery.sender { fail("a message with another sender") }
    }

    private func see(_ delivery: DirectDelivery) {
        let text = String(buffer: delivery.payload)
        guard let author = ledger.author(of: text) else { return fail("a message that nobody sent") }
        if author === client { fail("its own direct message") }
        if delivery.sender != author.identity { fail("a direct message with another sender") }
        if ledger.recipient(of: text) != delivery.recipient { fail("a direct message with another recipient") }
        guard [delivery.recipient, delivery.sender.user].contains(client.identity.user) else {
            return fail("somebody else's direct message")
        }
        if !ledger.note(text, reached: client) { fail("a direct message twice") }
    }

    private func seeChange(of member: PeerIdentity, in room: RoomID, entered: Bool) {
        guard let members = rooms[room]?.members else {
            if rooms[room] == nil { fail("news of a room that it is not in") }
            return
        }
        if member == client.identity { fail("news of its own device") }
        if members.contains(member) == entered { fail("\(member) \(entered ? "entered" : "left") twice") }
        rooms[room]?.members = entered ? (members + [member]).sorted() : members.filter { $0 != member }
    }

    // MARK: Answers

    private func seeAnswer(_ frame: ServerFrame, to id: RequestID) {
        guard let request = pending.removeValue(forKey: id) else { return fail("an answer to no request: \(frame)") }
        if let room = request.room {
            if queues[room]?.first != id { fail("answers about a room out of order: \(frame)") }
            queues[room]?.removeAll { $0 == id }
        }
        switch (request, frame) {
        case (.join(let room), .joined(_, let named, let sequence)) where room == named: enter(room, at: sequence)
        case (.leave(let room), .left(_, let named)) where room == named: rooms[room] = nil
        case (.send(let room, let text), .accepted(_, let sequence, let time)):
            accept(text, in: room, sequence, time)
        case (.direct(_, let text), .accepted(_, 0, _)): ledger.noteAccepted(text)
        case (.members(let room, let after), .members(_, let page)): compare(page, after: after, in: room)
        case (.online(let expected), .online(_, let page)): if page != expected { fail("who is online") }
        case (.ping, .pong): break
        case (_, .failed(_, let failure)): judge(failure, of: request)
        default: fail("\(frame) answers \(request)")
        }
    }

    private func enter(_ room: RoomID, at sequence: UInt64) {
        if let stay = rooms[room] {
            if sequence + 1 != stay.nextSequence { fail("joined again at \(sequence), not \(stay.nextSequence - 1)") }
        } else {
            rooms[room] = Stay(nextSequence: sequence + 1)
        }
    }

    private func accept(_ text: String, in room: RoomID, _ sequence: UInt64, _ time: Timestamp) {
        guard let stay = rooms[room] else { return fail("accepted in a room that it is not in") }
        if sequence != stay.nextSequence { fail("accepted as \(sequence), not \(stay.nextSequence)") }
        rooms[room]?.nextSequence = sequence + 1
        ledger.see(text, Ledger.Place(room: room, sequence: sequence, time: time))
    }

    private func compare(_ page: IdentityPage, after: PeerIdentity?, in room: RoomID) {
        guard let stay = rooms[room] else { return fail("members of a room that it is not in") }
        if page.more { fail("a page that says that there are more") }
        if page.identities != page.identities.sorted() { fail("members out of order") }
        if let after {
            if page.identities.contains(where: { $0 <= after }) { fail("members that are not after \(after)") }
        } else if !page.identities.contains(client.identity) {
            fail("members without itself")
        }
        if let members = stay.members {
            let expected = members.filter { member in after.map { member > $0 } ?? true }
            if page.identities != expected { fail("members \(page.identities), not \(expected)") }
        } else if after == nil {
            rooms[room]?.members = page.identities
        }
    }

    private func judge(_ failure: Failure, of request: Request) {
        if failure.words.isEmpty { fail("a failure without words") }
        switch (request, failure.code) {
        case (.join(let room), .tooManyRooms), (.join(let room), .roomIsFull):
            if rooms[room] != nil { fail("refused in a room that it is in") }
        case (.send(let room, let text), .notAMember):
            if rooms[room] != nil { fail("not a member of a room that it is in") }
            ledger.noteRefused(text)
        case (.members(let room, _), .notAMember):
            if rooms[room] != nil { fail("not a member of a room that it is in") }
        case (.direct(_, let text), .userIsOffline): ledger.noteRefused(text)
        default: fail("\(failure) answers \(request)")
        }
    }
}
