package import Chat
package import ChatWire
import NIOCore

/// The client's side of the chat: what is joined, what waits for an answer, when to connect again.
///
/// A value without I/O: what happens goes in, and what is to be done comes out of ``takeActions()``. Times are milliseconds of any
/// steady clock.
package struct ClientSession {
    /// After so much silence of ours a ping goes out; after as much again without a word from the server, it is gone.
    package static let silence: UInt64 = 30_000
    /// Of a longer list the rest is not asked for.
    static let longestList = 100_000

    private var phase = Phase.idle
    private var backoff = Backoff()
    private var random: any RandomNumberGenerator
    private var actions: [ClientAction] = []

    /// Rooms that we want to be in, in the order in which we talked in them: the last is where text goes.
    private var rooms: [RoomName]
    private var names: [RoomID: RoomName] = [:]
    private var pending: [RequestID: Request] = [:]
    private var lastRequest: UInt32 = 0
    private var now: UInt64 = 0
    private var lastSent: UInt64 = 0
    private var lastHeard: UInt64 = 0
    /// When the present attempt to connect was first seen by ``tick(at:)``.
    private var attemptBegan: UInt64?
    private var isFinishing = false
    /// Messages that did not go out.
    private var unsentCount = 0
    private var identity: PeerIdentity?

    enum Phase {
        case idle
        case connecting
        case online
        case over
    }

    /// What a request asked for.
    enum Request: Hashable {
        case join(RoomName, isNews: Bool)
        case leave(RoomName)
        case send(Destination, MessageContent)
        case members(RoomName, so: [PeerIdentity])
        case online(so: [PeerIdentity])
        case ping
    }

    /// - Parameter rooms: to be joined as soon as there is a connection.
    package init(rooms: [RoomName], random: any RandomNumberGenerator = SystemRandomNumberGenerator()) {
        self.rooms = rooms
        self.random = random
    }

    /// Whether the server's greeting has arrived on the present connection.
    package var isOnline: Bool { phase == .online }
    /// The room in which text is said.
    package var currentRoom: RoomName? { rooms.last }
    /// All rooms that we want to be in.
    package var allRooms: [RoomName] { rooms }
    /// Whether requests wait for their answers.
    package var isBusy: Bool { !pending.isEmpty }

    package mutating func takeActions() -> [ClientAction] {
        defer { actions = [] }
        return actions
    }

    // MARK: The connection

    /// Begins to connect.
    package mutating func start() {
        guard phase == .idle else { return }
        phase = .connecting
        attemptBegan = nil
        actions.append(.connect)
    }

    /// The time for a new attempt has come.
    package mutating func retry() {
        guard phase == .idle else { return }
        start()
    }

    /// The connection failed or ended, for a reason in words.
    package mutating func disconnected(_ reason: String, canRetry: Bool) {
        guard phase == .connecting || phase == .online else { return }
        phase = .idle
        failPending("the connection was lost before the server confirmed it; send it again")
        if isFinishing {
            actions.append(.show(.disconnected(reason, retryIn: nil)))
            return finish()
        }
        guard canRetry else {
            actions.append(.show(.disconnected(reason, retryIn: nil)))
            return finish(.refused(reason))
        }
        let wait = backoff.next(using: &random)
        actions.append(.show(.disconnected(reason, retryIn: wait)))
        actions.append(.retry(after: wait))
    }

    /// Time passes: call it about once a second.
    package mutating func tick(at time: UInt64) {
        now = max(now, time)
        if phase == .connecting {
            let began = attemptBegan ?? now
            attemptBegan = began
            if now - began >= 2 * Self.silence { giveUpOnServer() }
        }
        guard phase == .online else { return }
        if now - lastHeard >= 2 * Self.silence { return giveUpOnServer() }
        let isWaiting = pending.values.contains(.ping)
        if now - min(lastSent, lastHeard) >= Self.silence, !isWaiting { request(.ping) { .ping($0) } }
    }

    private mutating func giveUpOnServer() {
        actions.append(.close)
        disconnected("the server has not answered for \(2 * Self.silence / 1_000) s", canRetry: true)
    }

    // MARK: Frames

    package mutating func receive(_ frame: ServerFrame, at time: UInt64) {
        now = max(now, time)
        lastHeard = now
        switch frame {
        case .greeting(let greeting): greeted(greeting)
        case .joined(let id, _, _): joined(id)
        case .left(let id, _): left(id)
        case .pong(let id): if pending[id] == .ping { pending[id] = nil }
        case .accepted(let id, let sequence, let time): accepted(id, sequence, time)
        case .members(let id, let page), .online(let id, let page): listed(id, page)
        case .failed(let id, let failure): failed(id, failure)
        case .delivery(let delivery): delivered(delivery)
        case .directDelivery(let delivery): delivered(delivery)
        case .memberJoined(let room, let member):
            if let name = names[room] { actions.append(.show(.memberJoined(name, member))) }
        case .memberLeft(let room, let member, let lost):
            if let name = names[room] { actions.append(.show(.memberLeft(name, member, lost: lost))) }
        case .closing(let failure):
            actions.append(.close)
            disconnected("the server says: \(SafeText.line(failure.words))", canRetry: failure.canRetry)
        }
        finishIfDone()
    }

    private mutating func greeted(_ greeting: Greeting) {
        guard phase == .connecting else { return }
        guard greeting.version == Greeting.version else {
            actions.append(.close)
            return disconnected(
                "the server speaks version \(greeting.version) of the protocol, this program \(Greeting.version); "
                    + "update the older one", canRetry: false)
        }
        phase = .online
        identity = greeting.you
        backoff.reset()
        lastSent = now
        actions.append(.show(.connected(greeting)))
        let wanted = rooms
        for room in wanted { join(room, isNews: true) }
    }

    private mutating func joined(_ id: RequestID) {
        guard case .join(let room, let isNews) = pending[id] else { return }
        pending[id] = nil
        // It may have been left meanwhile, by a request that is on its way.
        if rooms.contains(room), isNews { actions.append(.show(.joined(room))) }
    }

    private mutating func left(_ id: RequestID) {
        guard case .leave(let room) = pending[id] else { return }
        pending[id] = nil
        names[RoomID(of: room)] = rooms.contains(room) ? room : nil
        actions.append(.show(.left(room)))
    }

    private mutating func accepted(_ id: RequestID, _ sequence: UInt64, _ time: Timestamp) {
        guard case .send(let destination, let content) = pending[id] else { return }
        pending[id] = nil
        actions.append(.show(.sent(to: destination, content, sequence: sequence == 0 ? nil : sequence, time)))
    }

    private mutating func listed(_ id: RequestID, _ page: IdentityPage) {
        switch pending[id] {
        case .members(let room, let before):
            pending[id] = nil
            let all = before + page.identities
            guard let last = Self.next(after: before, page, all) else {
                return actions.append(.show(.members(room, all)))
            }
            request(.members(room, so: all)) { .listMembers($0, RoomID(of: room), after: last) }
        case .online(let before):
            pending[id] = nil
            let all = before + page.identities
            guard let last = Self.next(after: before, page, all) else { return actions.append(.show(.online(all))) }
            request(.online(so: all)) { .listOnline($0, after: last) }
        default: break
        }
    }

    /// After whom to ask for more; `nil` at the end of the list, also of one that a server would never let end.
    private static func next(after before: [PeerIdentity], _ page: IdentityPage, _ all: [PeerIdentity]) -> PeerIdentity?
    {
        guard page.more, let last = page.identities.last, all.count < longestList else { return nil }
        return before.last.map { $0 < last } ?? true ? last : nil
    }

    private mutating func failed(_ id: RequestID, _ failure: Failure) {
        let words = SafeText.line(failure.words)
        switch pending.removeValue(forKey: id) {
        case .send(let destination, let content):
            notSent(to: destination, content, words)
        case .join(let room, _):
            rooms.removeAll { $0 == room }
            names[RoomID(of: room)] = nil
            actions.append(.show(.failure("\(room) was not joined: \(words)")))
        case .leave, .members, .online, .ping, nil:
            actions.append(.show(.failure(words)))
        }
    }

    private mutating func delivered(_ delivery: Delivery) {
        guard let name = names[delivery.room] else { return }
        let message = ReceivedMessage(
            destination: .room(name), sender: delivery.sender, time: delivery.time, sequence: delivery.sequence,
            content: Self.content(of: delivery.payload))
        actions.append(.show(.message(message)))
    }

    private mutating func delivered(_ delivery: DirectDelivery) {
        let message = ReceivedMessage(
            destination: .user(delivery.recipient), sender: delivery.sender, time: delivery.time, sequence: nil,
            content: Self.content(of: delivery.payload))
        actions.append(.show(.message(message)))
    }

    // MARK: A person's wishes

    /// Does what somebody asked for.
    package mutating func perform(_ input: UserInput) {
        switch input {
        case .join(let room): enter(room)
        case .part(let room): part(room)
        case .say(let text): say(.text, text)
        case .act(let text): say(.action, text)
        case .message(let user, let text): send(.text, text, to: .user(user))
        case .listNames(let room): listNames(room)
        case .listUsers:
            guard requireConnection() else { return }
            request(.online(so: [])) { .listOnline($0, after: nil) }
        case .help: actions.append(.show(.help))
        case .quit:
            let isSending = pending.values.contains { if case .send = $0 { true } else { false } }
            if phase == .online, isSending, !isFinishing { finishWhenDone() } else { quit() }
        }
    }

    /// Ends the session once everything that was said has its answer; at once without a connection, where nothing waits for one.
    package mutating func finishWhenDone() {
        isFinishing = true
        if phase == .online { finishIfDone() } else { quit() }
    }

    /// Ends the session now.
    package mutating func quit() {
        guard phase != .over else { return }
        if phase == .online || phase == .connecting { actions.append(.close) }
        failPending("the end came before the server confirmed it")
        finish()
    }

    /// Sends a text to somebody without talking in that room.
    package mutating func send(_ kind: MessageContent.Kind, _ text: String, to destination: Destination) {
        let content: MessageContent
        do {
            content = try MessageContent(kind, text)
        } catch {
            return actions.append(.show(.failure("not sent: \(error)")))
        }
        guard phase == .online else {
            return notSent(to: destination, content, "there is no connection")
        }
        request(.send(destination, content)) { id in
            switch destination {
            case .room(let name): .send(id, RoomID(of: name), payload: content.payload)
            case .user(let name): .sendDirect(id, name, payload: content.payload)
            }
        }
    }

    private mutating func enter(_ room: RoomName) {
        let isNew = !rooms.contains(room)
        rooms.removeAll { $0 == room }
        rooms.append(room)
        guard isNew else { return actions.append(.show(.notice("you talk in \(room) now"))) }
        if phase == .online {
            join(room, isNews: true)
        } else {
            actions.append(.show(.notice("\(room) will be joined when there is a connection")))
        }
    }

    private mutating func join(_ room: RoomName, isNews: Bool) {
        names[RoomID(of: room)] = room
        request(.join(room, isNews: isNews)) { .join($0, RoomID(of: room)) }
    }

    private mutating func part(_ room: RoomName?) {
        guard let room = room ?? currentRoom, rooms.contains(room) else {
            return actions.append(.show(.failure(room.map { "you are not in \($0)" } ?? "you are in no room")))
        }
        rooms.removeAll { $0 == room }
        if phase == .online {
            request(.leave(room)) { .leave($0, RoomID(of: room)) }
        } else {
            names[RoomID(of: room)] = nil
            actions.append(.show(.left(room)))
        }
    }

    private mutating func say(_ kind: MessageContent.Kind, _ text: String) {
        guard let room = currentRoom else {
            return actions.append(.show(.failure("you are in no room; enter one with /join #ROOM (nothing was sent)")))
        }
        send(kind, text, to: .room(room))
    }

    private mutating func listNames(_ room: RoomName?) {
        guard let room = room ?? currentRoom else {
            return actions.append(.show(.failure("you are in no room; name one: /names #ROOM")))
        }
        guard requireConnection() else { return }
        request(.members(room, so: [])) { .listMembers($0, RoomID(of: room), after: nil) }
    }

    private mutating func requireConnection() -> Bool {
        if phase == .online { return true }
        actions.append(.show(.failure("there is no connection to ask")))
        return false
    }

    // MARK: Requests

    private mutating func request(_ request: Request, _ frame: (RequestID) -> ClientFrame) {
        repeat { lastRequest &+= 1 } while lastRequest == 0 || pending[RequestID(lastRequest)] != nil
        let id = RequestID(lastRequest)
        pending[id] = request
        lastSent = now
        actions.append(.send(frame(id)))
    }

    /// Nobody knows whether a request that had no answer was carried out; what was said is not lost without a word.
    private mutating func failPending(_ reason: String) {
        for (_, request) in pending.sorted(by: { $0.key.number < $1.key.number }) {
            if case .send(let destination, let content) = request {
                notSent(to: destination, content, reason)
            }
        }
        pending = [:]
    }

    private mutating func finishIfDone() {
        guard isFinishing, phase == .online, pending.isEmpty else { return }
        actions.append(.close)
        finish()
    }

    private mutating func notSent(to destination: Destination, _ content: MessageContent, _ reason: String) {
        unsentCount += 1
        actions.append(.show(.notSent(to: destination, content, reason)))
    }

    /// Ends as somebody wished.
    private mutating func finish() {
        finish(isFinishing && unsentCount > 0 ? .unsent(unsentCount) : .quit)
    }

    private mutating func finish(_ end: ClientEnd) {
        guard phase != .over else { return }
        phase = .over
        pending = [:]
        actions.append(.finish(end))
    }

    private static func content(of payload: ByteBuffer) -> Result<MessageContent, ContentError> {
        Result { () throws(ContentError) in try MessageContent(payload: payload) }
    }
}
