import Chat
import ChatServer
import ChatWire
import NIOCore

/// What clients do.
extension ServerSimulation {
    /// Requests of a device in the log that wait for answers.
    private static let outboxLimit = 6

    func act() throws {
        for _ in 0..<4 {
            if try act(devices[random.number(below: devices.count)]) { return }
        }
    }

    /// - Returns: `false` if the device can do nothing.
    private func act(_ device: SimulatedDevice) throws -> Bool {
        guard let session = device.sessions.randomElement(using: &random), session.pendingCount < 24 else {
            return false
        }
        if device.outbox.contains(where: { $0.session == nil }), random.chance(60) {
            try device.resend(on: session)
            return true
        }
        let room = room(for: device)
        guard let truth = truth.present(room) else {
            guard random.chance(30) else { return false }
            try create(room, device, session)
            return true
        }
        guard truth.routed[device.identity] != nil || random.chance(3) else {
            guard truth.isOpen, random.chance(20) else { return false }
            try join(room, truth, device, session)
            return true
        }
        if session.inside[room] == nil, random.chance(40) {
            try enter(room, on: session)
        } else {
            try act(in: room, truth, device, session)
        }
        return true
    }

    /// The last device, whose certificate is revoked at times, is in one room alone, and the last room is for two: it is left by all at times.
    private func room(for device: SimulatedDevice) -> RoomID {
        let room = Self.rooms[random.number(below: Self.rooms.count)]
        if device.index == devices.count - 1 { return Self.rooms[1] }
        return room == Self.rooms[3] && device.index > 1 ? Self.rooms[0] : room
    }

    private func act(
        in room: RoomID, _ truth: RoomTruth, _ device: SimulatedDevice, _ session: SimulatedSession
    ) throws {
        let isFree = device.outbox.count < Self.outboxLimit
        switch random.number(below: 1_000) {
        case 0..<500: if isFree { try say(in: room, truth, device, session) }
        case 500..<640: if isFree { try commit(in: room, truth, device, session) }
        case 640..<(room == Self.rooms[3] ? 680 : 648): if isFree { try leave(room, device, session) }
        case 680..<690: if isFree { try readd(room, device, session) }
        case 690..<760: try read(room, on: session, of: device)
        case 760..<780: try session.ask(.look, about: room) { .describe($0, room) }
        case 780..<820: try rejectByAll(room, truth)
        case 820..<850: try publish(device, session)
        case 850..<880:
            let user = devices[random.number(below: devices.count)].identity.user
            try session.ask(.plain, about: nil) { .claim($0, user, nil) }
        case 880..<930: try takeWelcome(device, session)
        case 930..<945: try session.ask(.plain, about: nil) { .listOnline($0, after: nil) }
        case 945..<960: try session.ask(.plain, about: nil, ClientFrame.ping)
        case 960..<980: try enter(room, on: session)
        case 980..<990: try fetch(room, truth, session)
        default: break
        }
    }

    func life(of room: RoomID) -> Int { (truth.rooms[room]?.count ?? 1) - 1 }

    func enter(_ room: RoomID, on session: SimulatedSession) throws {
        try session.ask(.enter, about: room) { .enter($0, room) }
    }

    func read(_ room: RoomID, on session: SimulatedSession, of device: SimulatedDevice) throws {
        let after = device.reads(room, life: life(of: room))
        let life = life(of: room)
        try session.ask(.read(after: after, life: life), about: room) { .read($0, room, after: after) }
    }

    /// A payload that did not fit into its entry.
    private func fetch(_ room: RoomID, _ truth: RoomTruth, _ session: SimulatedSession) throws {
        let blob = truth.places.lazy.compactMap { place in
            if case .blob(let blob) = place.entry.payload { blob } else { nil }
        }.last
        guard let blob else { return }
        try session.ask(.fetch(blob), about: room) { .fetch($0, room, blob.hash, offset: 0) }
    }

    // MARK: What goes into the log

    private func create(_ room: RoomID, _ device: SimulatedDevice, _ session: SimulatedSession) throws {
        guard !device.outbox.contains(where: { $0.kind == .create && $0.room == room }) else { return }
        let policy = RoomPolicy(room == Self.rooms[0] ? .open : .invite)
        let info = room == Self.rooms[0] ? Forge.groupInfo("info") : ByteBuffer()
        try device.want(
            Outgoing(kind: .create, room: room, token: 0) { .create($0, room, policy, groupInfo: info) }, on: session)
    }

    private func say(
        in room: RoomID, _ truth: RoomTruth, _ device: SimulatedDevice, _ session: SimulatedSession
    ) throws {
        let kind: Outgoing.Kind = random.chance(5) ? .proposal : .message
        // Sometimes of an epoch that is over.
        let epoch = truth.epoch - min(truth.epoch, random.chance(5) ? UInt64(random.number(below: 7)) : 0)
        let token = device.nextToken(of: kind)
        let frame = frame(kind, in: room, epoch: epoch, token: token)
        try device.want(Outgoing(kind: kind, room: room, token: token, frame: frame), on: session)
    }

    private func frame(
        _ kind: Outgoing.Kind, in room: RoomID, epoch: UInt64, token: UInt64
    ) -> (RequestID) -> ClientFrame {
        let payload = payloads.payload(kind == .message ? .message : .proposal, in: room, epoch: epoch, token: token)
        return { .send($0, room, token: token, payload: payload) }
    }

    /// The same message in the present epoch.
    func seal(_ outgoing: Outgoing) -> (RequestID) -> ClientFrame {
        frame(
            outgoing.kind, in: outgoing.room, epoch: truth.present(outgoing.room)?.epoch ?? 0, token: outgoing.token)
    }

    private func commit(
        in room: RoomID, _ truth: RoomTruth, _ device: SimulatedDevice, _ session: SimulatedSession
    ) throws {
        let token = device.nextToken(of: .commit)
        let kind: Payloads.Kind = random.chance(1) ? .largeCommit : .commit
        var submission = Submission(
            room: room, token: token, epoch: truth.epoch,
            commit: payloads.payload(kind, in: room, epoch: truth.epoch, token: token))
        let isClosed = room == Self.rooms[3]
        let others = devices.filter { other in
            other !== device && (isClosed ? other.index < 2 : other.index < devices.count - 1 || room == Self.rooms[1])
        }
        for other in others where random.chance(isClosed ? 50 : 25) {
            let isThere = truth.routed[other.identity] != nil
            if isThere, random.chance(85) { continue }
            if isThere { submission.roster.removed.append(other.identity) }
            if isThere, random.chance(60) { continue }
            submission.roster.added.append(Roster.Addition(other.identity, leaf: UInt32(other.index)))
            submission.recipients.append(Submission.Recipient(other.identity, package: [1, 2, 3]))
        }
        // Sometimes the very same bytes as elsewhere.
        if !submission.recipients.isEmpty {
            submission.welcome = Forge.welcome(random.chance(20) ? "the same" : "\(room.low) \(token)")
        }
        if truth.isOpen { submission.groupInfo = Forge.groupInfo("info \(token)") }
        let whole = submission
        try device.want(Outgoing(kind: .commit, room: room, token: token) { .submit($0, whole) }, on: session)
    }

    private func join(
        _ room: RoomID, _ truth: RoomTruth, _ device: SimulatedDevice, _ session: SimulatedSession
    ) throws {
        let token = device.nextToken(of: .join)
        let submission = Submission(
            room: room, token: token, epoch: truth.epoch,
            commit: Forge.externalCommit(in: room, epoch: truth.epoch, Forge.name(device.identity)),
            roster: Roster(added: [.init(device.identity, leaf: UInt32(device.index))]),
            groupInfo: Forge.groupInfo("info \(token)"))
        try device.want(Outgoing(kind: .join, room: room, token: token) { .submit($0, submission) }, on: session)
    }

    private func leave(_ room: RoomID, _ device: SimulatedDevice, _ session: SimulatedSession) throws {
        let token = device.nextToken(of: .leave)
        try device.want(
            Outgoing(kind: .leave, room: room, token: token) { .leave($0, room, token: token, payload: ByteBuffer()) },
            on: session)
    }

    private func readd(_ room: RoomID, _ device: SimulatedDevice, _ session: SimulatedSession) throws {
        let token = device.nextToken(of: .readd)
        let package = Forge.package(of: device.identity, number: device.nextPackage())
        try device.want(
            Outgoing(kind: .readd, room: room, token: token) { .readd($0, room, token: token, package: package) },
            on: session)
    }

    /// One alone seldom has the majority.
    private func rejectByAll(_ room: RoomID, _ truth: RoomTruth) throws {
        guard let sequence = truth.rejectable else { return }
        for device in devices where truth.routed[device.identity] != nil {
            guard let session = device.sessions.first, session.pendingCount < 24 else { continue }
            try session.ask(.plain, about: room) { .reject($0, room, sequence: sequence) }
        }
    }

    // MARK: What concerns no room

    private func publish(_ device: SimulatedDevice, _ session: SimulatedSession) throws {
        var packages: [ByteBuffer] = []
        for _ in 0..<random.number(below: 3) {
            packages.append(Forge.package(of: device.identity, number: device.nextPackage()))
        }
        var last = ByteBuffer()
        if random.chance(20) {
            last = Forge.package(of: device.identity, number: device.nextPackage())
            truth.lastResorts.insert(last)
        }
        let (new, lastResort) = (packages, last)
        try session.ask(.plain, about: nil) { .publish($0, packages: new, lastResort: lastResort) }
    }

    private func takeWelcome(_ device: SimulatedDevice, _ session: SimulatedSession) throws {
        guard let notice = device.notices.first else { return }
        if random.chance(30) {
            let (room, hash) = (notice.room, notice.welcome.hash)
            try session.ask(.fetch(notice.welcome), about: room) { .fetch($0, room, hash, offset: 0) }
        } else {
            try session.ask(.takeWelcome(notice.id), about: nil) { .takeWelcome($0, notice.id) }
        }
    }
}
