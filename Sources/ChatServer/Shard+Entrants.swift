import Chat
import NIOCore

/// A loop's part in the rooms that its sessions have entered, whoever owns them.
extension Shard {
    mutating func publish(_ frame: ByteBuffer, in id: RoomID, except: SessionID?) {
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

    mutating func drainRooms() {
        for id in dirtyRooms {
            guard let place = local.index(forKey: id), local.values[place].isDirty else { continue }
            drain(at: place)
            if local.values[place].isEmpty { local.remove(at: place) }
        }
        dirtyRooms.removeAll(keepingCapacity: true)
    }

    /// Hands those who have entered a room what it has to tell them.
    private mutating func drain(at place: Dictionary<RoomID, LocalRoom>.Index) {
        let log = local.values[place].drain { slot, bytes in actions.append(.send(slot, bytes)) }
        if log.capacity <= Self.spareLogCapacity, spareLogs.count < Self.spareLogCount { spareLogs.append(log) }
    }

    mutating func enter(_ id: RoomID, _ session: SessionID, _ identity: PeerIdentity, _ answer: ByteBuffer) {
        guard sessions.contains(session) else {
            // It went while the owner let it in, and could not know that it had to say so.
            return post(.gone(id, session, identity), to: owner(of: id))
        }
        sessions[session.slot]?.rooms[id]?.asked -= 1
        sessions[session.slot]?.rooms[id]?.isInside = true
        local[id, default: LocalRoom()].insert(session.slot)
        self.answer(session, answer, about: id)
    }

    mutating func answer(_ session: SessionID, _ frame: ByteBuffer, about room: RoomID) {
        guard sessions.contains(session) else { return }
        if let before = local[room]?.catchUp(session.slot) { actions.append(.send(session.slot, before)) }
        actions.append(.send(session.slot, frame))
        sessions[session.slot]?.unanswered -= 1
        sendAwayIfAnswered(session.slot)
        guard let state = sessions[session.slot], state.isHeld, state.unanswered <= limits.unanswered / 4 else {
            return
        }
        sessions[session.slot]?.isHeld = false
        actions.append(.resume(session.slot))
    }

    mutating func exit(_ id: RoomID, _ session: SessionID) {
        guard sessions.contains(session) else { return }
        sessions[session.slot]?.rooms[id]?.isInside = false
        forgetIfOutside(id, session)
        if let rest = local[id]?.remove(session.slot) { actions.append(.send(session.slot, rest)) }
        if local[id]?.isEmpty == true { local[id] = nil }
    }

    mutating func keepOut(_ id: RoomID, _ session: SessionID, _ answer: ByteBuffer) {
        guard sessions.contains(session) else { return }
        sessions[session.slot]?.rooms[id]?.asked -= 1
        forgetIfOutside(id, session)
        self.answer(session, answer, about: id)
    }

    private mutating func forgetIfOutside(_ id: RoomID, _ session: SessionID) {
        guard let stay = sessions[session.slot]?.rooms[id], !stay.isInside, stay.asked == 0 else { return }
        sessions[session.slot]?.rooms[id] = nil
    }
}
