package import Chat
package import ChatWire
package import NIOCore
import TLSSyntax

/// One event loop's part of the delivery service: the sessions that live on it, the rooms that it owns.
///
/// A value without I/O: frames and messages from other loops go in; what is to be done comes out of ``takeActions()`` and
/// ``takeMessages(for:)`` at the end of the tick. A room is owned by one loop, which gives its entries their order; every loop
/// on which somebody has entered the room gets an entry once, however many they are.
package struct Shard {
    package let index: Int
    package let count: Int
    let limits: ServerLimits
    let premises: Premises
    /// Signs proposals to remove revoked devices; without it there are none.
    package var sign: ProposalSigner?

    /// The clock of this tick.
    package var now = Timestamp(milliseconds: 0)
    var sessions = SessionTable()
    var owned: [RoomID: Room] = [:]
    var local: [RoomID: LocalRoom] = [:]
    var dirtyRooms: [RoomID] = []
    var spareLogs: [ByteBuffer] = []
    var loads = LoadTable()

    var actions: [ShardAction] = []
    var outboxes: [[ShardMessage]]
    /// What is to be stored of this loop's rooms, and which parts of the book that all loops share.
    var writes: [StoreWrite] = []
    var bookChanges = DeviceBook.Changes()
    /// Whether a room took the next number, which all loops share.
    var hasNewRoom = false
    var heldMarks: [HeldMark] = []
    var marksHeldSince = Timestamp(milliseconds: 0)

    package init(index: Int, count: Int, premises: Premises) {
        self.index = index
        self.count = count
        self.premises = premises
        limits = premises.limits
        outboxes = Array(repeating: [], count: count)
    }

    // MARK: Sessions

    /// A connection was accepted; after its greeting it is told what waits for it.
    /// - Parameter certificate: the peer's, in DER; empty where connections have none, in a test.
    /// - Returns: its slot; `nil` if the device has as many sessions as it may.
    package mutating func open(_ identity: PeerIdentity, certificate: [UInt8] = []) -> Int? {
        let device = ConnectedDevice(identity, certificate: certificate)
        let quota = premises.users.open(identity.user, now: now)
        let (slot, generation) = sessions.insert(device, quota)
        guard premises.online.insert(SessionID(loop: index, slot: slot, generation: generation), of: identity) else {
            _ = sessions.remove(slot)
            premises.users.close(identity.user, now: now)
            return nil
        }
        receiveNews(slot, identity)
        return slot
    }

    /// The device shows this certificate now, and showed another one before: in DER, with the rest of its chain.
    package mutating func noteCertificate(_ chain: [[UInt8]], of identity: PeerIdentity) {
        let value = StoreRecord.value { (value) throws(SyntaxError) in
            for certificate in chain {
                try value.write(opaque: certificate, lengthBytes: 3, StoreRecord.lengths)
            }
        }
        writes.append(.put(.certificates, key: StoreRecord.key(identity), value: value))
    }

    /// The connection is gone.
    package mutating func close(_ slot: Int) {
        guard sessions[slot] != nil else { return }
        let id = id(slot)
        guard let session = sessions.remove(slot) else { return }
        premises.online.remove(id, of: session.device.identity)
        premises.staged.add(-session.assembler.heldBytes)
        _ = session.quota.stage(-session.assembler.heldBytes)
        premises.users.close(session.device.identity.user, now: now)
        for (room, stay) in session.rooms where stay.isInside {
            _ = local[room]?.remove(slot)
            if local[room]?.isEmpty == true { local[room] = nil }
            post(.gone(room, id, session.device.identity), to: owner(of: room))
        }
    }

    /// A frame from a session.
    /// - Returns: for how many milliseconds nothing more is to be read from it: its user asks for more than the limits allow.
    @discardableResult
    package mutating func receive(_ frame: Frame, from slot: Int) -> Int {
        guard let session = sessions[slot], session.farewell == nil else { return 0 }
        var charge = UserQuota.Charge(frame)
        do {
            if let frame = try assemble(frame, from: slot) {
                let request = try ClientFrame(frame)
                charge.add(request)
                handle(request, from: slot)
            }
        } catch {
            switch error {
            case .unknownType:
                tell(slot, .failed(.none, Failure(.unknownFrameType, "this server does not know \(error)")))
            case .malformed, .lengthOutOfRange, .assembly: violated(error, from: slot)
            }
        }
        return session.quota.spend(charge, now: now)
    }

    private mutating func assemble(_ frame: Frame, from slot: Int) throws(FrameError) -> Frame? {
        // Nearly every frame is whole, and nothing of another is there.
        guard frame.isPiece || sessions[slot]?.assemblingSince != nil else { return frame }
        let before = sessions[slot]?.assembler.heldBytes ?? 0
        defer { stage(from: slot, before: before) }
        return try sessions[slot]?.assembler.take(frame) ?? nil
    }

    /// What came from a session was no frame, and nothing that follows is.
    package mutating func violated(_ error: FrameError, from slot: Int) {
        banish(slot, Failure(.malformedFrame, "you sent \(error)"))
    }

    /// Counts the pieces that are kept now.
    private mutating func stage(from slot: Int, before: Int) {
        guard let session = sessions[slot] else { return }
        let held = session.assembler.heldBytes
        sessions[slot]?.assemblingSince = held == 0 ? nil : session.assemblingSince ?? now
        let change = held - before
        premises.staged.add(change)
        if !session.quota.stage(change) {
            let words = "all connections of \(session.device.identity.user) together have "
            banish(
                slot,
                Failure(
                    .tooManyRequests, canRetry: true,
                    words + "over \(limits.stagedBytesPerUser) bytes of long frames under way; send one after another"))
        } else if change > 0, premises.staged.isExceeded(by: 0) {
            let words = "the server is busy with too many long requests; come back in a moment"
            banish(slot, Failure(.tooManyRequests, canRetry: true, words))
        }
    }

    /// Ends the sessions whose long frames take too long to become whole.
    package mutating func endUnfinished() {
        let limit = UInt64(clamping: limits.longFrameSeconds) * 1_000
        let now = now.milliseconds
        let late = sessions.slots { session in
            guard session.farewell == nil, let since = session.assemblingSince?.milliseconds else { return false }
            return now > since && now - since > limit
        }
        for slot in late {
            let words = "a long frame that you began did not come whole within \(limits.longFrameSeconds) s"
            banish(slot, Failure(.silent, canRetry: true, words))
        }
    }

    private mutating func banish(_ slot: Int, _ failure: Failure) {
        guard sessions[slot]?.farewell == nil else { return }
        sessions[slot]?.farewell = failure
        sendAwayIfAnswered(slot)
    }

    /// What it asked for before it broke the protocol has its answers first.
    mutating func sendAwayIfAnswered(_ slot: Int) {
        guard let session = sessions[slot], session.unanswered == 0, let farewell = session.farewell else { return }
        actions.append(.close(slot, farewell))
    }

    private mutating func handle(_ frame: ClientFrame, from slot: Int) {
        switch frame {
        case .enter(let request, let room):
            guard let rooms = sessions[slot]?.rooms, rooms[room] != nil || rooms.count < limits.roomsPerSession else {
                let words = "this connection has entered \(limits.roomsPerSession) rooms, and more it may not"
                let failure = Failure(.tooManyRooms, words)
                note(failure, from: slot, in: room)
                let answer = Self.encode(.failed(request, failure))
                return ask(.refused(room, id(slot), answer: answer), about: room, for: slot)
            }
            sessions[slot]?.rooms[room, default: SessionTable.Stay()].asked += 1
            ask(frame, about: room, for: slot)
        case .send(let request, let room, let token, let payload) where owner(of: room) != index:
            // A payload for another loop must not keep this loop's receive buffer.
            let kept = ByteBuffer(bytes: payload.readableBytesView)
            ask(.send(request, room, token: token, payload: kept), about: room, for: slot)
        case .read(_, let room, _), .send(_, let room, _, _), .fetch(_, let room, _, _), .describe(_, let room),
            .leave(_, let room, _, _), .readd(_, let room, _, _), .reject(_, let room, _),
            .mark(_, let room, _):
            ask(frame, about: room, for: slot)
        case .create(_, let room, _, _): join(frame, room, for: slot)
        case .submit(_, let submission) where submission.roster.added.isEmpty:
            ask(frame, about: submission.room, for: slot)
        case .submit(_, let submission): join(frame, submission.room, for: slot)
        case .publish, .claim, .takeWelcome: serve(frame, from: slot)
        case .listOnline(let request, let after):
            do throws(Failure) { try sessions[slot]?.quota.take(.list, now: now) } catch {
                note(error, from: slot)
                return tell(slot, .failed(request, error))
            }
            let page = premises.online.page(after: after, limit: IdentityPage.maximumCount)
            tell(slot, .online(request, IdentityPage(more: page.more, identities: page.identities)))
        case .ping(let request): tell(slot, .pong(request))
        }
    }

    /// A request by which somebody comes into a room.
    private mutating func join(_ frame: ClientFrame, _ room: RoomID, for slot: Int) {
        do throws(Failure) {
            try sessions[slot]?.quota.take(.join, now: now)
            ask(frame, about: room, for: slot)
        } catch {
            let answer = Self.encode(.failed(frame.request, error))
            ask(.refused(room, id(slot), answer: answer), about: room, for: slot)
        }
    }

    private mutating func ask(_ frame: ClientFrame, about room: RoomID, for slot: Int) {
        guard let device = sessions[slot]?.device else { return }
        ask(.ask(room, id(slot), device, frame), about: room, for: slot)
    }

    /// Hands a request to the room's owner, which answers it exactly once.
    private mutating func ask(_ message: ShardMessage, about room: RoomID, for slot: Int) {
        sessions[slot]?.unanswered += 1
        post(message, to: owner(of: room))
        guard let session = sessions[slot], session.unanswered > limits.unanswered, !session.isHeld else { return }
        sessions[slot]?.isHeld = true
        actions.append(.hold(slot))
    }

    // MARK: Messages between loops

    /// A message from another loop, or from this one to itself.
    package mutating func receive(_ message: ShardMessage) {
        switch message {
        case .ask(let room, let session, let device, let request): serve(request, about: room, session, device)
        case .refused(let room, let session, let answer): refuse(answer, about: room, session)
        case .welcomed(let welcomes): settle(welcomes)
        case .unwelcomed(let hashes): premises.devices.change(&bookChanges) { $0.releaseWelcomes(hashes) }
        case .gone(let room, let session, let identity): depart(room, session, identity)
        case .enter(let room, let session, let identity, let answer): enter(room, session, identity, answer)
        case .keepOut(let room, let session, let answer): keepOut(room, session, answer)
        case .exit(let room, let session): exit(room, session)
        case .publish(let room, let frame, let except): publish(frame, in: room, except: except)
        case .answer(let room, let session, let frame): answer(session, frame, about: room)
        case .tell(let session, let frame):
            if sessions.contains(session) { actions.append(.send(session.slot, frame)) }
        }
    }

    // MARK: The end of a tick

    /// What the sessions of this loop are to be sent, in order.
    package mutating func takeActions() -> [ShardAction] {
        releaseMarks()
        drainRooms()
        sessions.endTick()
        if !bookChanges.welcomes.isEmpty {
            outboxes[index].append(.unwelcomed(bookChanges.welcomes))
            bookChanges.welcomes = []
        }
        defer { actions = [] }
        return actions
    }

    /// What another loop is to be told, or this one itself, when what was changed until now is stored; in order.
    package mutating func takeMessages(for loop: Int) -> [ShardMessage] {
        defer { outboxes[loop] = [] }
        return outboxes[loop]
    }

    // MARK: Sending

    func owner(of room: RoomID) -> Int {
        // The id is random or a digest: any part of it spreads evenly.
        Int(room.low % UInt64(count))
    }

    func id(_ slot: Int) -> SessionID {
        SessionID(loop: index, slot: slot, generation: sessions.generation(of: slot))
    }

    mutating func post(_ message: ShardMessage, to loop: Int) {
        if loop == index {
            receive(message)
        } else {
            outboxes[loop].append(message)
        }
    }

    mutating func tell(_ slot: Int, _ frame: ServerFrame) {
        actions.append(.send(slot, Self.encode(frame)))
    }

    /// Tells a device on all its connections.
    mutating func tell(_ device: PeerIdentity, _ frame: ByteBuffer) {
        for session in premises.online.sessions(of: device) { post(.tell(session, frame: frame), to: session.loop) }
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
    /// Read something when all that was changed until now is stored, and hand it to ``Shard/loaded(_:_:)``.
    case load(UInt64, StoreLoad)
    /// Read nothing more from it, until ``resume(_:)``: its requests come faster than they can be answered.
    case hold(Int)
    case resume(Int)
    /// Something that the administrator should know.
    case warn(String)
    /// Something for the audit log: it goes there with what the tick has to store.
    case event(ServerEvent)
}
