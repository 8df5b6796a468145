import Chat
import ChatWire
import MLS
import MLSWire
import NIOCore

/// Between the rooms and the server: requests go out, answers find their room.
extension ClientSession {
    func ask(_ wish: RoomRequest, for room: Room) {
        let id = room.id
        switch wish {
        case .enter: request(.enter(id)) { .enter($0, id) }
        case .read(let after): request(.read(id)) { .read($0, id, after: after) }
        case .create(let policy, let info): request(.create(id)) { .create($0, id, policy, groupInfo: info) }
        case .send(let token, let payload):
            request(.send(id, token: token)) { .send($0, id, token: token, payload: payload) }
        case .submit(let submission): request(.submit(id, token: submission.token)) { .submit($0, submission) }
        case .describe: request(.describe(id)) { .describe($0, id) }
        case .fetch(let reference):
            fetches[id] = BlobFetch(reference: reference)
            request(.fetch(id)) { .fetch($0, id, reference.hash, offset: 0) }
        case .claim(let user, let device): request(.claim(id, user, device)) { .claim($0, user, device) }
        case .leave(let token, let payload): request(.leave(id)) { .leave($0, id, token: token, payload: payload) }
        case .readd(let token, let package):
            request(.readd(id, token: token)) { .readd($0, id, token: token, package: package) }
        case .reject(let place): request(.reject) { .reject($0, id, sequence: place) }
        case .mark(let place): request(.mark(id, place)) { .mark($0, id, sequence: place) }
        }
    }

    /// An answer of the server.
    func answered(_ frame: ServerFrame) {
        switch frame {
        case .entered(let id, let status):
            guard case .enter(let room)? = take(id), status.room == room else { return }
            with(room) { $0.entered(status) }
        case .accepted(let id, let place, let time): accepted(take(id), at: place, time)
        case .described(let id, let status):
            guard case .describe(let room)? = take(id), status.room == room else { return }
            with(room) { $0.described(status) }
        case .packages(let id, let offers):
            guard case .claim(let room, let user, let device)? = take(id) else { return }
            with(room) { $0.claimed(user, device, offers) }
        case .stocked(let id, let count, let hasLastResort):
            if take(id) == .stock { refill(has: Int(count), hasLastResort: hasLastResort) }
        case .part(let id, let total, let bytes):
            guard case .fetch(let room)? = take(id) else { return }
            fetched(total, bytes, for: room)
        case .online(let id, let page): listed(take(id), page)
        case .readEnd(let id, _, let head):
            guard case .read(let room)? = take(id) else { return }
            with(room) { $0.readEnd(head: head) }
        case .done(let id):
            guard case .mark(let room, let place)? = take(id) else { return }
            with(room) { $0.marked(place) }
        case .pong(let id): _ = take(id)
        case .failed(let id, let failure): failed(take(id), failure)
        case .greeting, .entry, .welcome, .stockLow, .newDevice, .closing: break
        }
    }

    private func take(_ id: RequestID) -> PendingRequest? { pending.removeValue(forKey: id) }

    private func accepted(_ what: PendingRequest?, at place: UInt64, _ time: Timestamp) {
        switch what {
        case .create(let room): with(room) { $0.created(at: place, time) }
        case .send(let room, let token): with(room) { $0.messageAccepted(token, at: place, time) }
        case .submit(let room, let token): with(room) { $0.submitAccepted(token, at: place, time) }
        case .leave(let room): with(room) { $0.leaveAnswered(canRetry: false) }
        case .readd(let room, let token): with(room) { $0.readdAccepted(token, at: place, time) }
        default: break
        }
    }

    private func failed(_ what: PendingRequest?, _ failure: Failure) {
        switch what {
        case .enter(let room): with(room) { $0.enterFailed(failure) }
        case .read(let room): with(room) { $0.readFailed(failure) }
        case .create(let room): with(room) { $0.foundingFailed(failure) }
        case .send(let room, let token): with(room) { $0.sendFailed(token, failure) }
        case .submit(let room, let token): with(room) { $0.submitFailed(token, failure) }
        case .describe(let room): with(room) { $0.describeFailed(failure) }
        case .fetch(let room):
            guard let fetch = fetches.removeValue(forKey: room) else { return }
            with(room) { $0.fetchFailed(fetch.reference, failure) }
        case .claim(let room, let user, let device): with(room) { $0.claimFailed(user, device, failure) }
        case .readd(let room, _): with(room) { $0.readdFailed(failure) }
        case .publish, .stock:
            if failure.canRetry { return }
            show(.failure("nobody can add this device to a room: \(SafeText.line(failure.words))"))
        case .online, nil: show(.failure(SafeText.line(failure.words)))
        case .leave(let room): with(room) { $0.leaveAnswered(canRetry: failure.canRetry) }
        case .mark(let room, _): with(room) { $0.markFailed(failure) }
        case .ping, .takeWelcome, .reject: break
        }
    }

    /// A part of a blob has come: the next one is asked for, or the whole is checked.
    private func fetched(_ total: UInt32, _ bytes: ByteBuffer, for room: RoomID) {
        guard var fetch = fetches.removeValue(forKey: room) else { return }
        let reference = fetch.reference
        fetch.bytes.writeImmutableBuffer(bytes)
        guard total == reference.size, bytes.readableBytes > 0, fetch.bytes.readableBytes <= Int(total) else {
            return with(room) { $0.fetchFailed(reference, Failure(.unknownBlob, "the server sent something else")) }
        }
        if fetch.bytes.readableBytes < Int(total) {
            let offset = UInt32(fetch.bytes.readableBytes)
            fetches[room] = fetch
            return request(.fetch(room)) { .fetch($0, room, reference.hash, offset: offset) }
        }
        guard Digest(of: fetch.bytes) == reference.hash else {
            return with(room) { $0.fetchFailed(reference, Failure(.unknownBlob, "the server sent something else")) }
        }
        with(room) { $0.fetched(reference, fetch.bytes) }
    }

    // MARK: Being added

    /// Rooms that this device may be on its way into at once.
    private static let mostInvitations = 1_024

    func welcomed(_ notice: WelcomeNotice) {
        if rooms[notice.room] == nil {
            // Whatever a server makes up, it does not fill the store.
            let waiting = rooms.values.count { $0.phase == .joining || $0.phase == .rejoining }
            guard waiting < Self.mostInvitations else {
                return request(.takeWelcome) { .takeWelcome($0, notice.id) }
            }
            let room = Room(id: notice.room, policy: RoomPolicy(.invite), phase: .joining, host: host)
            room.isConnected = true
            room.dirtyRoom = true
            rooms[notice.room] = room
            recent.insert(notice.room, at: 0)
        }
        with(notice.room) { $0.welcomed(notice) }
    }

    /// Keeps as many key packages at the server as the settings say.
    func refill(has count: Int, hasLastResort: Bool) {
        // One answer at a time decides how many are made.
        guard !pending.values.contains(.stock), !pending.values.contains(.publish) else { return }
        output.writes += packages.purge(now: host.clock)
        // With a new one of last resort the server's stock begins anew: what it has of a store that is lost cannot be opened here.
        let needsLastResort = !hasLastResort || !packages.hasLastResort
        let wanted = host.settings.packagePool - (needsLastResort ? 0 : count)
        guard wanted > 0 || needsLastResort else { return }
        do throws(MLSError) {
            var made: [ByteBuffer] = []
            for _ in 0..<max(wanted, 0) { made.append(try make(isLastResort: false)) }
            let last = needsLastResort ? try make(isLastResort: true) : ByteBuffer()
            request(.publish) { .publish($0, packages: made, lastResort: last) }
        } catch {
            show(.failure("nobody can add this device to a room: \(error)"))
        }
    }

    private func make(isLastResort: Bool) throws(MLSError) -> ByteBuffer {
        let package = try packages.make(
            for: host.suite, client: host.mls, isLastResort: isLastResort, writes: &output.writes)
        return ByteBuffer(bytes: MLSMessage.keyPackage(package).encoded)
    }

    // MARK: What rooms tell

    func tell(_ event: RoomEvent, of room: Room) {
        let label = room.label
        switch event {
        case .phase(.active):
            // Whoever was let in again after leaving finds the room, too.
            if !recent.contains(room.id) { recent.insert(room.id, at: 0) }
            show(.opened(label))
        case .phase(.rejoining): show(.rejoining(label, room.lostThread))
        case .phase(let phase) where phase == .left || phase == .removed:
            recent.removeAll { $0 == room.id }
            show(.closed(label, phase))
        case .phase: break
        case .message(let message): show(.message(label, message))
        case .waiting(let token, let body): show(.waiting(label, token: token, body, room.whyItWaits))
        case .sent(let message): show(.sent(label, message))
        case .notSent(_, let body, let reason, _): show(.notSent(label, body, SafeText.line(reason)))
        case .receipt(let user, let place, let isRead): show(.receipt(label, user, upTo: place, isRead: isRead))
        case .named(let name, let before): show(.notice("\(before) is called \(name)"))
        case .typing(let user): show(.typing(label, user))
        case .caughtUp: show(.caughtUp(label))
        case .finding(let finding): show(.finding(label, finding))
        case .nobodyToAdd(let user, let waits):
            show(
                .failure(
                    waits
                        ? "\(user) has no device here yet; what you said is kept, and goes out when one comes"
                        : "\(user) has no device that could be added now; it must connect once first"))
        case .waitingToBeAdded:
            show(.notice("\(label.title): the other side has founded this talk and is letting this device in"))
        case .rejoinGivenUp(let reason):
            show(.failure("\(label.title) could not be rejoined (\(reason)); try again with /rejoin"))
        case .failure(let words): show(.failure(words))
        case .notice(let words): show(.notice(words))
        case .needsPackage:
            do throws(MLSError) {
                let package = try packages.make(
                    for: host.suite, client: host.mls, isLastResort: false, writes: &output.writes)
                room.askToBeReadded(with: package)
            } catch {
                show(.failure("\(label.title) could not be rejoined: \(error)"))
            }
        case .lastResortUsed: refill(has: 0, hasLastResort: false)
        case .welcomeTaken(let id): request(.takeWelcome) { .takeWelcome($0, id) }
        }
    }
}
