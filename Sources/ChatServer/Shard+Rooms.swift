package import Chat
import ChatWire
import NIOCore

/// A loop's part as the owner of rooms.
extension Shard {
    /// Answers a request about a room that is this loop's.
    mutating func serve(
        _ request: ClientFrame, about id: RoomID, _ session: SessionID, _ device: ConnectedDevice
    ) {
        let line = LoadTable.Line(room: id, session: session)
        guard !loads.wait(.asked(device, request), in: line), !waitsForBook(request, of: device, in: line) else {
            return
        }
        do throws(Failure) {
            if case .enter(let number, _) = request {
                let status = try change(id) { (room) throws(Failure) in try room.enter(session, of: device.identity) }
                let answer = Self.encode(.entered(number, status))
                return post(.enter(id, session, device.identity, answer: answer), to: session.loop)
            }
            if case .mark(let number, _, let place) = request {
                return try hold(
                    HeldMark(room: id, session: session, device: device.identity, request: number, place: place))
            }
            guard let answer = try answer(to: request, about: id, device, in: line) else { return }
            carryOut(id, asker: session)
            post(.answer(id, session, frame: answer), to: session.loop)
            switch request {
            case .submit, .reject: requestRemovals(in: id)
            case .leave: closeIfAbandoned(id)
            default: break
            }
        } catch {
            note(error, of: device.identity, in: id)
            let answer = Self.encode(.failed(request.request, error))
            if case .enter = request {
                post(.keepOut(id, session, answer: answer), to: session.loop)
            } else {
                post(.answer(id, session, frame: answer), to: session.loop)
            }
        }
    }

    /// - Returns: the frame, or several if entries belong to the answer; `nil` if it comes when something is loaded.
    private mutating func answer(
        to request: ClientFrame, about id: RoomID, _ device: ConnectedDevice, in line: LoadTable.Line
    ) throws(Failure) -> ByteBuffer? {
        let now = now
        switch request {
        case .read, .describe, .fetch: break
        default: try requireDisk()
        }
        switch request {
        case .create(let number, _, let policy, let groupInfo):
            return accepted(number, try create(id, policy, groupInfo, by: device.identity))
        case .send(let number, _, let token, let payload):
            try requireSpace(for: payload.readableBytes)
            return accepted(
                number,
                try change(id) { (room) throws(Failure) in
                    try room.send(payload, token: token, from: device.identity, at: now)
                })
        case .submit(let number, let submission):
            try requireSpace(for: submission.commit.readableBytes + submission.groupInfo.readableBytes)
            try requireWelcomeSpace(for: submission.welcome.readableBytes)
            return accepted(
                number,
                try change(id) { (room) throws(Failure) in try room.submit(submission, from: device, at: now) })
        case .leave(let number, _, let token, let payload):
            return accepted(
                number,
                try change(id) { (room) throws(Failure) in
                    try room.leave(payload, token: token, from: device.identity, at: now)
                })
        case .readd(let number, _, let token, let package):
            return accepted(
                number,
                try change(id) { (room) throws(Failure) in
                    try room.readd(package, token: token, from: device, at: now)
                })
        case .reject(let number, _, let sequence):
            try change(id) { (room) throws(Failure) in try room.reject(sequence, by: device.identity, at: now) }
            return Self.encode(.done(number))
        default: return try look(request, at: id, device.identity, in: line)
        }
    }

    /// Requests that change nothing.
    private mutating func look(
        _ request: ClientFrame, at id: RoomID, _ device: PeerIdentity, in line: LoadTable.Line
    ) throws(Failure) -> ByteBuffer? {
        switch request {
        case .read(let number, _, let after):
            guard let room = owned[id] else { throw .unknownRoom }
            switch try room.read(after: after, for: device) {
            case (.here(var frames), let head):
                owned[id]?.isWarm = true
                frames.writeImmutableBuffer(Self.encode(.readEnd(number, id, head: head)))
                return frames
            case (.load(let wanted), let head):
                load(wanted, for: .page(line, number, head: head), holding: line)
                return nil
            }
        case .describe(let number, _):
            guard let room = owned[id] else { throw .unknownRoom }
            return Self.encode(.described(number, try room.describe(for: device)))
        case .fetch(let number, _, let hash, let offset):
            let blob: ByteBuffer?
            switch owned[id]?.blob(hash, for: device) {
            case .here(let bytes)?: blob = bytes
            case .load(let wanted)?:
                load(wanted, for: .part(line, number, offset: offset), holding: line)
                return nil
            case nil: blob = premises.devices.with { $0.welcomes.blob(hash, of: id, for: device) }
            }
            guard let blob, let part = StoredBlob.part(of: blob, from: offset) else { throw .unknownBlob }
            return Self.encode(.part(number, total: UInt32(clamping: blob.readableBytes), bytes: part))
        default: throw Failure(.refused, "that is no request about a room")
        }
    }

    private func accepted(_ request: RequestID, _ place: TokenBook.Place) -> ByteBuffer {
        Self.encode(.accepted(request, sequence: place.sequence, time: place.time))
    }

    private mutating func create(
        _ id: RoomID, _ policy: RoomPolicy, _ groupInfo: ByteBuffer, by founder: PeerIdentity
    ) throws(Failure) -> TokenBook.Place {
        if let room = owned[id] {
            // The answer to the first request may have been lost.
            guard room.founder == founder, room.log.head == 1, room.policy == policy else {
                throw Failure(.roomExists, "there is such a room already; join it")
            }
            let info = try Room.checked(groupInfo, policy)
            try change(id) { (room) throws(Failure) in room.groupInfo = info }
            return TokenBook.Place(sequence: 1, time: room.foundedAt)
        }
        try requireSpace(for: groupInfo.readableBytes)
        guard let number = premises.takeRoomNumber() else {
            throw Failure(.tooManyRooms, "this server has had as many rooms as it can")
        }
        let log = RoomLog(id, number: number, limits, premises.age)
        let room = try Room(
            log, id, policy, groupInfo: groupInfo, founder: founder, loopCount: count, limits: limits, now: now)
        guard premises.devices.change(&bookChanges, { $0.found(by: founder) }) else {
            throw Failure(
                .tooManyRooms, "this device has founded \(limits.roomsFoundedPerDevice) rooms; leave one first")
        }
        owned[id] = room
        owned[id]?.takeWrites(into: &writes)
        hasNewRoom = true
        note(.founded(id, by: founder, policy))
        premises.stored.add(room.bytes)
        premises.held.add(room.memory)
        return TokenBook.Place(sequence: 1, time: now)
    }

    /// Changes a room in its place.
    @discardableResult
    mutating func change<Result>(
        _ id: RoomID, _ body: (inout Room) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard let place = owned.index(forKey: id) else { throw .unknownRoom }
        let before = owned.values[place].sizes()
        let result = try body(&owned.values[place])
        account(for: place, since: before)
        return result
    }

    private func requireSpace(for bytes: Int) throws(Failure) {
        guard !premises.stored.isExceeded(by: bytes) else {
            throw Failure(.refused, canRetry: true, "the server has no space left for that; ask its administrator")
        }
    }

    /// To be asked before anything changes that would have to be stored.
    func requireDisk() throws(Failure) {
        guard !premises.isFull else {
            let words = "the server's disk is full; nothing new is taken until its administrator makes space"
            throw Failure(.refused, canRetry: true, words)
        }
    }

    private func requireWelcomeSpace(for bytes: Int) throws(Failure) {
        guard bytes == 0 || premises.devices.with({ $0.welcomes.bytes }) + bytes <= limits.welcomeBytes else {
            throw Failure(.refused, canRetry: true, "the server has no space left for welcomes; try again later")
        }
    }

    /// The session's connection is gone.
    mutating func depart(_ id: RoomID, _ session: SessionID, _ identity: PeerIdentity) {
        guard let place = owned.index(forKey: id) else { return }
        owned.values[place].attendance.remove(session, of: identity)
    }

    private mutating func closeIfAbandoned(_ id: RoomID) {
        guard let room = owned[id], room.isAbandoned else { return }
        premises.stored.add(-room.bytes)
        premises.held.add(-room.memory)
        premises.devices.change(&bookChanges) { $0.abandon(by: room.founder) }
        owned[id] = nil
        writes += room.deletion
        note(.closed(id))
    }

    // MARK: What follows

    /// The commits of welcomes are stored: newcomers hear of them.
    mutating func settle(_ welcomes: [(PeerIdentity, WelcomeNotice)]) {
        for (device, notice) in premises.devices.with({ book in book.settle(welcomes) }) {
            tell(device, Self.encode(.welcome(notice)))
        }
    }

    private mutating func carryOut(_ id: RoomID, asker: SessionID?) {
        guard let place = owned.index(forKey: id) else { return }
        for effect in owned.values[place].takeEffects() {
            switch effect {
            case .publish(let frame, let exceptAsker):
                for loop in Array(owned.values[place].attendance.loops) {
                    post(.publish(id, frame: frame, except: exceptAsker ? asker : nil), to: loop)
                }
            case .tell(let device, let frame): tell(device, frame)
            case .evict(let device):
                for session in owned.values[place].attendance.removeAll(of: device) {
                    post(.exit(id, session), to: session.loop)
                }
            case .welcome(let notices, let welcome):
                let put = premises.devices.change(&bookChanges) { $0.put(notices, welcome) }
                if !put.isEmpty { outboxes[index].append(.welcomed(put)) }
            case .dropWelcomes(let devices):
                premises.devices.change(&bookChanges) { book in
                    for device in devices { book.dropWelcomes(for: device) { $0.room == id } }
                }
            case .dropWelcomesOf(let commit):
                premises.devices.change(&bookChanges) { $0.dropWelcomes(of: id, commit: commit) }
            case .warn(let words): actions.append(.warn(words))
            case .event(let event): note(event)
            }
        }
    }

    // MARK: Revocation

    /// A device's certificate was revoked: its key packages and welcomes are dropped, and the members of this loop's rooms are
    /// asked to remove it, again in each epoch until it is out. To be called on every loop.
    package mutating func revoke(_ device: PeerIdentity) {
        premises.devices.change(&bookChanges) { $0.revoke(device) }
        let rooms = owned.compactMap { $0.value.routing[device] == nil ? nil : $0.key }
        for id in rooms { requestRemovals(in: id) }
    }

    private mutating func requestRemovals(in id: RoomID) {
        let revoked = premises.devices.with { $0.revoked }
        guard !revoked.isEmpty, let place = owned.index(forKey: id) else { return }
        let before = owned.values[place].sizes()
        for device in revoked.sorted() { owned.values[place].requestRemoval(of: device, at: now, sign: sign) }
        account(for: place, since: before)
        carryOut(id, asker: nil)
    }
}
