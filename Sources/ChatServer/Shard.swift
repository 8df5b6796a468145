package import Chat
package import ChatWire
package import NIOCore

/// One event loop's part of the delivery service: the sessions that live on it, the rooms that it owns.
///
/// A value without I/O: frames and messages from other loops go in; what is to be done comes out of ``takeActions()`` and
/// ``takeMessages(for:)`` at the end of the tick. A room is owned by one loop, which gives its messages their order; every loop
/// with members of the room gets a frame once, whatever their number.
package struct Shard {
    package let index: Int
    package let count: Int
    private let limits: ServerLimits

    /// The clock of this tick.
    package var now = Timestamp(milliseconds: 0)
    private let directory: OnlineDirectory
    private var sessions = SessionTable()
    private var owned: [RoomID: Room] = [:]
    private var local: [RoomID: LocalRoom] = [:]
    private var dirtyRooms: [RoomID] = []
    private var spareLogs: [ByteBuffer] = []

    private var actions: [ShardAction] = []
    private var outboxes: [[ShardMessage]]

    package init(index: Int, count: Int, limits: ServerLimits, directory: OnlineDirectory) {
        self.index = index
        self.count = count
        self.limits = limits
        self.directory = directory
        outboxes = Array(repeating: [], count: count)
    }

    // MARK: Sessions

    /// A connection was accepted.
    /// - Returns: its slot; `nil` if the device has as many sessions as it may.
    package mutating func open(_ identity: PeerIdentity) -> Int? {
        let (slot, generation) = sessions.insert(identity, ListAllowance(limits, now: now))
        guard directory.insert(SessionID(loop: index, slot: slot, generation: generation), of: identity) else {
            _ = sessions.remove(slot)
            return nil
        }
        return slot
    }

    /// The connection is gone: it leaves all its rooms.
    /// - Parameter lost: whether it broke off, without a goodbye.
    package mutating func close(_ slot: Int, lost: Bool) {
        guard sessions[slot] != nil else { return }
        let id = id(slot)
        guard let session = sessions.remove(slot) else { return }
        directory.remove(id, of: session.identity)
        for (room, stay) in session.rooms where stay.isInside {
            _ = local[room]?.remove(slot)
            if local[room]?.isEmpty == true { local[room] = nil }
            post(.leave(room, id, session.identity, lost ? .lost : .closed), to: owner(of: room))
        }
    }

    /// A frame from a session.
    package mutating func receive(_ frame: Frame, from slot: Int) {
        guard let session = sessions[slot], !session.isBanished else { return }
        do {
            handle(try ClientFrame(frame), from: slot, session.identity)
        } catch {
            switch error {
            case .unknownType:
                tell(slot, .failed(.none, Failure(.unknownFrameType, "this server does not know \(error)")))
            case .malformed, .lengthOutOfRange:
                sessions[slot]?.isBanished = true
                actions.append(.close(slot, Failure(.malformedFrame, "you sent \(error)")))
            }
        }
    }

    private mutating func handle(
        _ frame: ClientFrame, from slot: Int, _ identity: PeerIdentity
    ) {
        switch frame {
        case .join(let request, let room):
            guard let rooms = sessions[slot]?.rooms, rooms[room] != nil || rooms.count < limits.roomsPerSession else {
                let words = "you are in \(limits.roomsPerSession) rooms; leave one first"
                let answer = Self.encode(.failed(request, Failure(.tooManyRooms, words)))
                return ask(.refused(room, id(slot), answer: answer), about: room, for: slot)
            }
            sessions[slot]?.rooms[room, default: SessionTable.Stay()].joins += 1
            ask(.join(room, id(slot), identity, request), about: room, for: slot)
        case .leave(let request, let room):
            ask(.leave(room, id(slot), identity, .asked(request)), about: room, for: slot)
        case .send(let request, let room, let payload):
            // A payload for another loop must not keep this loop's receive buffer.
            let kept = owner(of: room) == index ? payload : ByteBuffer(bytes: payload.readableBytesView)
            ask(.send(room, id(slot), identity, request, payload: kept), about: room, for: slot)
        case .sendDirect(let request, let user, let payload):
            sendDirect(payload, to: user, request, from: slot, identity)
        case .listMembers(let request, let room, let after):
            guard mayList(slot) else {
                let answer = Self.encode(.failed(request, Self.tooManyLists))
                return ask(.refused(room, id(slot), answer: answer), about: room, for: slot)
            }
            ask(.listMembers(room, id(slot), request, after: after), about: room, for: slot)
        case .listOnline(let request, let after):
            guard mayList(slot) else { return tell(slot, .failed(request, Self.tooManyLists)) }
            let page = directory.page(after: after, limit: IdentityPage.maximumCount)
            tell(slot, .online(request, IdentityPage(more: page.more, identities: page.identities)))
        case .ping(let request):
            tell(slot, .pong(request))
        }
    }

    /// Hands a request to the room's owner, which answers it exactly once.
    private mutating func ask(_ message: ShardMessage, about room: RoomID, for slot: Int) {
        sessions[slot]?.unanswered += 1
        post(message, to: owner(of: room))
        guard let session = sessions[slot], session.unanswered > limits.unanswered, !session.isHeld else { return }
        sessions[slot]?.isHeld = true
        actions.append(.hold(slot))
    }

    private mutating func mayList(_ slot: Int) -> Bool {
        sessions[slot]?.lists.take(limits, now: now) ?? false
    }

    private static let tooManyLists = Failure(
        .tooManyRequests, canRetry: true, "you asked for too many lists at once; wait a moment")

    private mutating func sendDirect(
        _ payload: ByteBuffer, to user: UserName, _ request: RequestID, from slot: Int, _ sender: PeerIdentity
    ) {
        let receivers = directory.sessions(of: user)
        guard !receivers.isEmpty else {
            let failure = Failure(.userIsOffline, canRetry: true, "\(user) is not online; nothing was sent")
            return tell(slot, .failed(request, failure))
        }
        let copies = user == sender.user ? [] : directory.sessions(of: sender.user)
        let delivery = DirectDelivery(recipient: user, time: now, sender: sender, payload: payload)
        let frame = Self.encode(.directDelivery(delivery))
        for receiver in receivers + copies where receiver != id(slot) {
            post(.tell(receiver, frame: frame), to: receiver.loop)
        }
        tell(slot, .accepted(request, sequence: 0, time: now))
    }

    // MARK: Messages between loops

    /// A message from another loop, or from this one to itself.
    package mutating func receive(_ message: ShardMessage) {
        switch message {
        case .join(let room, let session, let identity, let request):
            join(room, session, identity, request)
        case .leave(let room, let session, let identity, let departure):
            leave(room, session, identity, departure)
        case .send(let room, let session, let identity, let request, let payload):
            accept(payload, room, session, identity, request)
        case .listMembers(let room, let session, let request, let after):
            listMembers(of: room, for: session, request, after: after)
        case .refused(let room, let session, let answer):
            post(.answer(room, session, frame: answer), to: session.loop)
        case .enter(let room, let session, let identity, let answer):
            enter(room, session, identity, answer)
        case .keepOut(let room, let session, let answer):
            keepOut(room, session, answer)
        case .exit(let room, let session, let answer):
            exit(room, session, answer)
        case .publish(let room, let frame, let except):
            publish(frame, in: room, except: except)
        case .answer(let room, let session, let frame):
            answer(session, frame, about: room)
        case .tell(let session, let frame):
            if sessions.contains(session) { actions.append(.send(session.slot, frame)) }
        }
    }

    // MARK: As the owner of a room

    private mutating func join(
        _ id: RoomID, _ session: SessionID, _ identity: PeerIdentity, _ request: RequestID
    ) {
        let members = owned[id]?.members
        guard (members?.count ?? 0) < limits.devicesPerRoom || (members?.sessionCount(of: identity) ?? 0) > 0 else {
            let failure = Failure(
                .roomIsFull, canRetry: true, "the room has \(limits.devicesPerRoom) devices and is full")
            return post(.keepOut(id, session, answer: Self.encode(.failed(request, failure))), to: session.loop)
        }
        let isNew = owned[id, default: Room(loopCount: count)].insert(session, of: identity)
        let answer = Self.encode(.joined(request, id, sequence: owned[id]?.sequence ?? 0))
        post(.enter(id, session, identity, answer: answer), to: session.loop)
        if isNew { publish(.memberJoined(id, identity), in: id, except: session) }
    }

    private mutating func leave(
        _ id: RoomID, _ session: SessionID, _ identity: PeerIdentity, _ departure: Departure
    ) {
        if case .asked(let request) = departure {
            post(.exit(id, session, answer: Self.encode(.left(request, id))), to: session.loop)
        }
        let isGone = owned[id]?.remove(session, of: identity) ?? false
        if isGone { publish(.memberLeft(id, identity, lost: departure == .lost), in: id, except: session) }
        if owned[id]?.isEmpty == true { owned[id] = nil }
    }

    private mutating func accept(
        _ payload: ByteBuffer, _ id: RoomID, _ session: SessionID, _ identity: PeerIdentity, _ request: RequestID
    ) {
        guard owned[id]?.contains(session) == true, let sequence = owned[id]?.nextSequence() else {
            return refuseStranger(session, request, in: id)
        }
        let delivery = Delivery(room: id, sequence: sequence, time: now, sender: identity, payload: payload)
        publish(.delivery(delivery), in: id, except: session)
        let answer = Self.encode(.accepted(request, sequence: sequence, time: now))
        post(.answer(id, session, frame: answer), to: session.loop)
    }

    private mutating func listMembers(
        of id: RoomID, for session: SessionID, _ request: RequestID, after: PeerIdentity?
    ) {
        guard let room = owned[id], room.contains(session) else { return refuseStranger(session, request, in: id) }
        let page = room.members.page(after: after, limit: IdentityPage.maximumCount)
        let answer = Self.encode(.members(request, IdentityPage(more: page.more, identities: page.identities)))
        post(.answer(id, session, frame: answer), to: session.loop)
    }

    private mutating func refuseStranger(_ session: SessionID, _ request: RequestID, in room: RoomID) {
        let failure = Failure(.notAMember, "you are not in that room; join it first")
        post(.answer(room, session, frame: Self.encode(.failed(request, failure))), to: session.loop)
    }

    /// Encodes `frame` once and tells every loop on which there are members.
    private mutating func publish(_ frame: ServerFrame, in id: RoomID, except: SessionID?) {
        guard let room = owned[id] else { return }
        let bytes = Self.encode(frame)
        for loop in room.loops { post(.publish(id, frame: bytes, except: except), to: loop) }
    }

    // MARK: As a loop with members

    private mutating func publish(_ frame: ByteBuffer, in id: RoomID, except: SessionID?) {
        guard let place = local.index(forKey: id) else { return }
        if !local.values[place].isDirty { dirtyRooms.append(id) }
        let slot = except.flatMap { sessions.contains($0) && $0.loop == index ? $0.slot : nil }
        let before = local.values[place].append(frame, except: slot) {
            var storage = spareLogs.popLast() ?? ByteBuffer()
            storage.clear()
            return storage
        }
        if let slot, let before { actions.append(.send(slot, before)) }
        if local.values[place].logSize > Self.longestLog { drain(at: place) }
    }

    /// Bytes of a room's log after which it begins anew within a tick: a log is one piece of memory.
    private static let longestLog = 1 << 20
    /// What is kept of them for later ticks: storage for the usual ones.
    private static let spareLogCapacity = 1 << 18
    private static let spareLogCount = 16

    /// Hands the members of a room what it has to tell them.
    private mutating func drain(at place: Dictionary<RoomID, LocalRoom>.Index) {
        let log = local.values[place].drain { slot, bytes in actions.append(.send(slot, bytes)) }
        if log.capacity <= Self.spareLogCapacity, spareLogs.count < Self.spareLogCount { spareLogs.append(log) }
    }

    private mutating func enter(_ id: RoomID, _ session: SessionID, _ identity: PeerIdentity, _ answer: ByteBuffer) {
        guard sessions.contains(session) else {
            // It went while the owner let it in, and could not know that it had to leave.
            return post(.leave(id, session, identity, .closed), to: owner(of: id))
        }
        sessions[session.slot]?.rooms[id]?.joins -= 1
        sessions[session.slot]?.rooms[id]?.isInside = true
        local[id, default: LocalRoom()].insert(session.slot)
        self.answer(session, answer, about: id)
    }

    private mutating func answer(_ session: SessionID, _ frame: ByteBuffer, about room: RoomID) {
        guard sessions.contains(session) else { return }
        if let before = local[room]?.catchUp(session.slot) { actions.append(.send(session.slot, before)) }
        actions.append(.send(session.slot, frame))
        sessions[session.slot]?.unanswered -= 1
        guard let state = sessions[session.slot], state.isHeld, state.unanswered <= limits.unanswered / 4 else {
            return
        }
        sessions[session.slot]?.isHeld = false
        actions.append(.resume(session.slot))
    }

    private mutating func exit(_ id: RoomID, _ session: SessionID, _ answer: ByteBuffer) {
        guard sessions.contains(session) else { return }
        sessions[session.slot]?.rooms[id]?.isInside = false
        forgetIfOutside(id, session)
        if let rest = local[id]?.remove(session.slot) { actions.append(.send(session.slot, rest)) }
        if local[id]?.isEmpty == true { local[id] = nil }
        self.answer(session, answer, about: id)
    }

    private mutating func keepOut(_ id: RoomID, _ session: SessionID, _ answer: ByteBuffer) {
        guard sessions.contains(session) else { return }
        sessions[session.slot]?.rooms[id]?.joins -= 1
        forgetIfOutside(id, session)
        self.answer(session, answer, about: id)
    }

    private mutating func forgetIfOutside(_ id: RoomID, _ session: SessionID) {
        guard let stay = sessions[session.slot]?.rooms[id], !stay.isInside, stay.joins == 0 else { return }
        sessions[session.slot]?.rooms[id] = nil
    }

    // MARK: The end of a tick

    /// What the sessions of this loop are to be sent, in order.
    package mutating func takeActions() -> [ShardAction] {
        for id in dirtyRooms {
            guard let place = local.index(forKey: id), local.values[place].isDirty else { continue }
            drain(at: place)
            if local.values[place].isEmpty { local.remove(at: place) }
        }
        dirtyRooms.removeAll(keepingCapacity: true)
        sessions.endTick()
        defer { actions = [] }
        return actions
    }

    /// What another loop is to be told, in order.
    package mutating func takeMessages(for loop: Int) -> [ShardMessage] {
        defer { outboxes[loop] = [] }
        return outboxes[loop]
    }

    // MARK: Sending

    private func owner(of room: RoomID) -> Int {
        // The id is random or a digest: any part of it spreads evenly.
        Int(room.low % UInt64(count))
    }

    private func id(_ slot: Int) -> SessionID {
        SessionID(loop: index, slot: slot, generation: sessions.generation(of: slot))
    }

    private mutating func post(_ message: ShardMessage, to loop: Int) {
        if loop == index {
            receive(message)
        } else {
            outboxes[loop].append(message)
        }
    }

    private mutating func tell(_ slot: Int, _ frame: ServerFrame) {
        actions.append(.send(slot, Self.encode(frame)))
    }

    /// A frame of ours fits its limits by construction.
    package static func encode(_ frame: ServerFrame) -> ByteBuffer {
        var buffer = ByteBuffer()
        do {
            try frame.write(to: &buffer)
        } catch {
            assertionFailure("\(error)")
        }
        return buffer
    }
}

/// What the shell does for a shard.
package enum ShardAction: Sendable {
    case send(Int, ByteBuffer)
    /// Say why, then close the connection.
    case close(Int, Failure)
    /// Read nothing more from it, until ``resume(_:)``: its requests come faster than they can be answered.
    case hold(Int)
    case resume(Int)
}
