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

    var actions: [ShardAction] = []
    var outboxes: [[ShardMessage]]
    /// What is to be stored of this loop's rooms, and which parts of the book that all loops share.
    var writes: [StoreWrite] = []
    var bookChanges: Set<DeviceBook.StoreKey> = []

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
        let lists = TokenBucket(burst: limits.listBurst, perSecond: limits.listsPerSecond, now: now)
        let (slot, generation) = sessions.insert(device, lists)
        guard premises.online.insert(SessionID(loop: index, slot: slot, generation: generation), of: identity) else {
            _ = sessions.remove(slot)
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
        for (room, stay) in session.rooms where stay.isInside {
            _ = local[room]?.remove(slot)
            if local[room]?.isEmpty == true { local[room] = nil }
            post(.gone(room, id, session.device.identity), to: owner(of: room))
        }
    }

    /// A frame from a session.
    package mutating func receive(_ frame: Frame, from slot: Int) {
        guard sessions[slot]?.isBanished == false else { return }
        do {
            guard let frame = try assemble(frame, from: slot) else { return }
            handle(try ClientFrame(frame), from: slot)
        } catch {
            switch error {
            case .unknownType:
                tell(slot, .failed(.none, Failure(.unknownFrameType, "this server does not know \(error)")))
            case .malformed, .lengthOutOfRange, .assembly:
                banish(slot, Failure(.malformedFrame, "you sent \(error)"))
            }
        }
    }

    private mutating func assemble(_ frame: Frame, from slot: Int) throws(FrameError) -> Frame? {
        let before = sessions[slot]?.assembler.heldBytes ?? 0
        defer {
            let change = (sessions[slot]?.assembler.heldBytes ?? 0) - before
            premises.staged.add(change)
            if change > 0, premises.staged.isExceeded(by: 0) {
                let words = "the server is busy with too many long requests; come back in a moment"
                banish(slot, Failure(.tooManyRequests, canRetry: true, words))
            }
        }
        return try sessions[slot]?.assembler.take(frame) ?? nil
    }

    private mutating func banish(_ slot: Int, _ failure: Failure) {
        sessions[slot]?.isBanished = true
        actions.append(.close(slot, failure))
    }

    private mutating func handle(_ frame: ClientFrame, from slot: Int) {
        switch frame {
        case .enter(let request, let room):
            guard let rooms = sessions[slot]?.rooms, rooms[room] != nil || rooms.count < limits.roomsPerSession else {
                let words = "this connection has entered \(limits.roomsPerSession) rooms, and more it may not"
                let answer = Self.encode(.failed(request, Failure(.tooManyRooms, words)))
                return ask(.refused(room, id(slot), answer: answer), about: room, for: slot)
            }
            sessions[slot]?.rooms[room, default: SessionTable.Stay()].asked += 1
            ask(frame, about: room, for: slot)
        case .send(let request, let room, let token, let payload) where owner(of: room) != index:
            // A payload for another loop must not keep this loop's receive buffer.
            let kept = ByteBuffer(bytes: payload.readableBytesView)
            ask(.send(request, room, token: token, payload: kept), about: room, for: slot)
        case .read(_, let room, _), .create(_, let room, _, _), .send(_, let room, _, _), .fetch(_, let room, _, _),
            .describe(_, let room), .leave(_, let room, _, _), .readd(_, let room, _, _), .reject(_, let room, _):
            ask(frame, about: room, for: slot)
        case .submit(_, let submission): ask(frame, about: submission.room, for: slot)
        case .publish, .claim, .takeWelcome: serve(frame, from: slot)
        case .listOnline(let request, let after):
            guard sessions[slot]?.lists.take(now: now) == true else {
                let words = "you asked for too many lists at once; wait a moment"
                return tell(slot, .failed(request, Failure(.tooManyRequests, canRetry: true, words)))
            }
            let page = premises.online.page(after: after, limit: IdentityPage.maximumCount)
            tell(slot, .online(request, IdentityPage(more: page.more, identities: page.identities)))
        case .ping(let request): tell(slot, .pong(request))
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
        case .refused(let room, let session, let answer):
            post(.answer(room, session, frame: answer), to: session.loop)
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
        drainRooms()
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
    /// Read nothing more from it, until ``resume(_:)``: its requests come faster than they can be answered.
    case hold(Int)
    case resume(Int)
    /// Something that the administrator should know.
    case warn(String)
}
