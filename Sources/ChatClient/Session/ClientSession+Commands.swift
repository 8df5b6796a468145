package import Chat
import ChatWire
import MLS
import MLSWire

/// What a person wants.
extension ClientSession {
    /// Does what somebody asked for.
    package func perform(_ input: UserInput) {
        switch input {
        case .say(let text): inRoom { say(.text(text), in: $0) }
        case .act(let text): inRoom { say(.action(text), in: $0) }
        case .message(let user, let text): say(.text(text), to: .user(user))
        case .reply, .edit, .delete, .react: about(input)
        case .join(let name): enter(name)
        case .create(let name, let isOpen, let auditor): create(name, isOpen: isOpen, auditor: auditor)
        case .part(let name): inRoom(name) { room in with(room.id) { $0.leave() } }
        case .invite(let user, let name): inRoom(name) { invite(user, to: $0) }
        case .kick(let user, let device): inRoom { kick(user, device, from: $0) }
        case .showTopic:
            inRoom {
                show(
                    .notice(
                        $0.topic.isEmpty
                            ? "\($0.title) has no topic" : "\($0.title): \(SafeText.line($0.topic.description))"))
            }
        case .setTopic(let topic): inRoom { room in with(room.id) { $0.setTopic(topic) } }
        case .rename(let name): inRoom { rename($0, to: name) }
        case .rejoin: inRoom { room in with(room.id) { $0.rejoin() } }
        case .resend: for id in rooms.keys { with(id) { $0.resend() } }
        case .listNames(let name): inRoom(name) { show(.members($0.label, $0.members)) }
        case .listUsers: listUsers()
        case .listRooms: show(.rooms(summaries))
        case .whoIs(let user): show(.devices(reports(of: user)))
        case .history(let count): inRoom { history(of: $0, count) }
        case .search(let query): inRoom { search(query, in: $0) }
        case .status: inRoom { show(.shield($0.label, shield(of: $0))) }
        case .verify(let isConfirmed): inRoom { verify($0, isConfirmed: isConfirmed) }
        case .listDevices(let user): show(.devices(reports(of: user ?? host.me.user)))
        case .approve(let device): approve(PeerIdentity(user: host.me.user, device: device))
        case .removeDevice(let device): removeEverywhere(PeerIdentity(user: host.me.user, device: device))
        case .help(let command): show(.help(command?.name))
        case .quit:
            phase == .online && rooms.values.contains { $0.unsentCount > 0 && $0.phase == .active }
                ? finishWhenDone() : quit()
        }
    }

    private func inRoom(_ name: RoomName? = nil, _ act: (Room) -> Void) {
        if let name {
            guard let room = room(named: name) else { return show(.failure("you are not in \(name)")) }
            return act(room)
        }
        guard let room = currentRoom else {
            return show(.failure("you are in no room; enter one with /join #ROOM (nothing was sent)"))
        }
        act(room)
    }

    // MARK: Rooms

    /// The room that people call so: the one turned to last, if there are several.
    package func room(named name: RoomName) -> Room? {
        recent.reversed().lazy.compactMap { self.rooms[$0] }.first {
            $0.name == name && $0.phase != .left && $0.phase != .removed
        }
    }

    /// The talk with a user.
    package func room(with user: UserName) -> Room? {
        rooms[RoomID(ofDirect: host.me.user, user)].flatMap { $0.policy.admission == .direct ? $0 : nil }
    }

    /// Comes into an open room, or turns to one that this device is in.
    package func enter(_ name: RoomName) {
        if let room = room(named: name) {
            turn(to: room.id)
            if phase == .online, room.phase == .active { show(.notice("you talk in \(room.title) now")) }
            return
        }
        let room = Room(id: RoomID(of: name), policy: RoomPolicy(.open), phase: .joining, host: host)
        room.name = name
        start(room)
        if phase != .online { show(.notice("\(name) will be joined when there is a connection")) }
    }

    private func start(_ room: Room) {
        room.dirtyRoom = true
        room.isConnected = phase == .online
        rooms[room.id] = room
        turn(to: room.id)
        with(room.id) { $0.resume() }
    }

    /// Makes a room the one that text goes to.
    package func turn(to id: RoomID) {
        recent.removeAll { $0 == id }
        recent.append(id)
    }

    private func create(_ name: RoomName, isOpen: Bool, auditor: UserName?) {
        guard room(named: name) == nil else {
            return show(.failure("you are in a room \(name) already; choose another name"))
        }
        let id =
            isOpen
            ? RoomID(of: name)
            : RoomID(
                high: UInt64.random(in: .min ... .max, using: &host.random),
                low: UInt64.random(in: .min ... .max, using: &host.random))
        let room = Room(
            id: id, policy: RoomPolicy(isOpen ? .open : .invite, auditor: auditor), phase: .founding, host: host)
        room.name = name
        found(room)
        if let auditor, auditor != host.me.user { with(id) { $0.want(.addUser(auditor)) } }
    }

    private func found(_ room: Room) {
        room.isConnected = phase == .online
        rooms[room.id] = room
        turn(to: room.id)
        do throws(MLSError) {
            try room.found()
        } catch {
            rooms[room.id] = nil
            recent.removeAll { $0 == room.id }
            return show(.failure("\(room.title) was not founded: \(error)"))
        }
        // Other devices of this user come in as well.
        with(room.id) { $0.want(.addUser(host.me.user)) }
    }

    private func invite(_ user: UserName, to room: Room) {
        guard room.policy.admission != .direct else {
            return show(.failure("\(room.title) is a talk of two; found a room with /create, and invite there"))
        }
        with(room.id) { $0.want(.addUser(user)) }
    }

    private func kick(_ user: UserName, _ device: DeviceName?, from room: Room) {
        let intent: RoomIntent = device.map { .remove(PeerIdentity(user: user, device: $0)) } ?? .removeUser(user)
        guard user != host.me.user || device != nil else { return show(.failure("leave with /part")) }
        let isThere = device.map { room.isMember(PeerIdentity(user: user, device: $0)) } ?? room.isMember(user)
        guard isThere else { return show(.failure("\(user) is not in \(room.title)")) }
        with(room.id) { $0.want(intent) }
    }

    private func rename(_ room: Room, to name: RoomName) {
        guard room.policy.admission == .invite else {
            return show(.failure("only a room by invitation can have another name: people find others by theirs"))
        }
        with(room.id) { $0.rename(name) }
    }

    // MARK: Saying

    /// Says something to somebody, without turning to that room.
    package func say(_ body: MessageBody, to destination: Destination) {
        switch destination {
        case .room(let name):
            guard let room = room(named: name) else {
                return show(.failure("you are not in \(name); nothing was sent"))
            }
            say(body, in: room)
        case .user(let user):
            let id = RoomID(ofDirect: host.me.user, user)
            if let room = rooms[id], room.policy.admission != .direct, room.phase != .left, room.phase != .removed {
                return show(
                    .failure(
                        "\(room.title) was founded in the place of the talk with \(user), and is another kind of room; "
                            + "leave it with /part \(room.title), and ask who did that (nothing was sent)"))
            }
            say(body, in: talk(with: user))
        }
    }

    func say(_ body: MessageBody, in room: Room) {
        guard room.phase != .left, room.phase != .removed else {
            return show(.failure("you are not in \(room.title) any more; nothing was sent"))
        }
        with(room.id) { $0.say(body) }
    }

    /// The direct messages with a user: found, or founded.
    private func talk(with user: UserName) -> Room {
        if let room = room(with: user), room.phase != .left, room.phase != .removed { return room }
        let room = Room(
            id: RoomID(ofDirect: host.me.user, user), policy: RoomPolicy(.direct), phase: .founding, host: host)
        room.peer = user
        let current = recent.last
        found(room)
        if user != host.me.user { with(room.id) { $0.want(.addUser(user)) } }
        if let current { turn(to: current) }
        return room
    }

    /// Commands about a message.
    private func about(_ input: UserInput) {
        inRoom { room in
            let body: MessageBody?
            switch input {
            case .reply(let reference, let text):
                body = target(reference, in: room, isOwn: false).map { .reply(target: $0, text) }
            case .edit(let reference, let text):
                body = target(reference, in: room, isOwn: true).map { .edit(target: $0, text) }
            case .delete(let reference): body = target(reference, in: room, isOwn: true).map { .delete(target: $0) }
            case .react(let reference, let emoji, let isAdded):
                body = target(reference, in: room, isOwn: nil).map { .reaction(target: $0, emoji, isAdded: isAdded) }
            default: body = nil
            }
            guard let body else {
                return show(
                    .failure("there is no such message in \(room.title); numbers stand beside them (nothing was sent)"))
            }
            say(body, in: room)
        }
    }

    /// The place of the message that is meant.
    /// - Parameter isOwn: whether only one's own, or only others', are counted.
    private func target(_ reference: MessageReference, in room: Room, isOwn: Bool?) -> UInt64? {
        func fits(_ message: StoredMessage) -> Bool {
            guard case .body(let body) = message.content, body.text != nil, message.sequence > 0 else { return false }
            return isOwn == nil || (message.sender.user == host.me.user) == isOwn
        }
        switch reference {
        case .number(let number):
            guard let message = room.stored(at: number), case .body(let body) = message.content, body.text != nil,
                isOwn != true || message.sender.user == host.me.user
            else { return nil }
            return number
        case .back(let count):
            let page = (try? room.history(limit: 2_000)) ?? []
            let fitting = page.filter(fits)
            return count <= fitting.count ? fitting[fitting.count - count].sequence : nil
        }
    }

    // MARK: Looking

    private func listUsers() {
        guard phase == .online else { return show(.failure("there is no connection to ask")) }
        request(.online(so: [])) { .listOnline($0, after: nil) }
    }

    func listed(_ what: PendingRequest?, _ page: IdentityPage) {
        guard case .online(let before)? = what else { return }
        let all = before + page.identities
        // Also of a list that a server would never let end.
        guard page.more, let last = page.identities.last, all.count < 100_000, before.last.map({ $0 < last }) ?? true
        else { return show(.online(all)) }
        request(.online(so: all)) { .listOnline($0, after: last) }
    }

    package var summaries: [RoomSummary] {
        rooms.values.filter { $0.phase != .left }.sorted { $0.title < $1.title }.map { room in
            RoomSummary(
                label: room.label, phase: room.phase, topic: room.topic, memberCount: room.memberCount,
                epoch: room.epoch, shield: shield(of: room))
        }
    }

    private func history(of room: Room, _ count: Int) {
        do throws(StoreError) {
            show(.history(room.label, try room.history(limit: count)))
        } catch {
            show(.failure("\(error)"))
        }
    }

    /// So many pages are searched.
    private static let searchPages = 1_000

    private func search(_ query: HistoryQuery, in room: Room) {
        var search = HistorySearch(query)
        var hits: [HistorySearch.Hit] = []
        var before: UInt64?
        var isComplete = false
        do throws(StoreError) {
            for _ in 0..<Self.searchPages where hits.count < 50 && !isComplete {
                let page = try room.history(before: before, limit: 512)
                hits += search.look(in: page)
                before = page.first?.sequence
                isComplete = page.isEmpty
            }
            if isComplete { hits += search.finish() }
            show(.found(room.label, Array(hits.prefix(50)), isComplete: isComplete && hits.count <= 50))
        } catch {
            show(.failure("\(error)"))
        }
    }

    // MARK: Trust

    /// How well a room is protected.
    package func shield(of room: Room) -> Shield {
        var facts = Shield.Facts()
        facts.findings = room.findings
        facts.isForked = room.findings.contains { if case .twoHistories = $0 { true } else { false } }
        facts.isRejoining = room.phase == .rejoining
        facts.isRemoved = room.phase == .removed
        facts.auditor = room.policy.auditor
        let members = room.members
        facts.isAuditorPresent = members.contains { $0.identity.user == room.policy.auditor }
        var verified = 0
        for member in members where member.identity != host.me {
            switch host.trust(in: member) {
            case .verified: verified += 1
            case .newKey: facts.newKeys.append(member.identity)
            case .unverified: facts.newDevices.append(member.identity)
            }
        }
        // Where nobody was compared yet, nobody is new.
        if verified == 0 { facts.newDevices = [] }
        facts.isVerified = verified > 0 && facts.newDevices.isEmpty && facts.newKeys.isEmpty
        return Shield(facts)
    }

    private func verify(_ room: Room, isConfirmed: Bool) {
        guard let code = room.code else { return show(.failure("\(room.title) has no code now: you are not in it")) }
        guard isConfirmed else { return show(.code(room.label, code, shield(of: room))) }
        for member in room.members { host.setVerified(member) }
        with(room.id) { $0.forgetFindings() }
        show(.shield(room.label, shield(of: room)))
    }

    private func reports(of user: UserName) -> [DeviceReport] {
        host.devices.devices.values.filter { $0.identity.user == user }.sorted { $0.identity < $1.identity }.map {
            device in
            DeviceReport(
                device: device,
                rooms: rooms.values.filter { $0.phase == .active && $0.isMember(device.identity) }.map(\.title)
                    .sorted(),
                isThisOne: device.identity == host.me)
        }
    }

    /// Lets another device of this user into all rooms.
    private func approve(_ device: PeerIdentity) {
        guard device != host.me else { return show(.failure("this is \(device)")) }
        let missing = rooms.values.filter { $0.phase == .active && !$0.isMember(device) }
        guard !missing.isEmpty else { return show(.notice("\(device) is in all your rooms")) }
        for room in missing { with(room.id) { $0.want(.addDevice(device)) } }
    }

    /// Takes a device of this user out of all rooms.
    private func removeEverywhere(_ device: PeerIdentity) {
        guard device != host.me else { return show(.failure("this is \(device); do it on another device of yours")) }
        let present = rooms.values.filter { $0.phase == .active && $0.isMember(device) }
        guard !present.isEmpty else { return show(.failure("\(device) is in none of your rooms")) }
        for room in present { with(room.id) { $0.want(.remove(device)) } }
    }
}

/// Where a message goes.
package enum Destination: Hashable, Sendable, CustomStringConvertible {
    case room(RoomName)
    case user(UserName)

    package var description: String {
        switch self {
        case .room(let name): name.description
        case .user(let name): "@\(name)"
        }
    }
}
