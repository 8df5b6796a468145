import Chat

/// A room as its owner keeps it: who is in it, and how many messages it has had. It exists while somebody is in it.
struct Room: Sendable {
    /// The number of the latest message; the first is 1.
    private(set) var sequence: UInt64 = 0
    private(set) var members = SessionIndex()
    private var sessions: Set<SessionID> = []
    /// How many sessions each event loop has in this room.
    private var sessionsOnLoop: [Int]

    init(loopCount: Int) {
        sessionsOnLoop = Array(repeating: 0, count: loopCount)
    }

    var isEmpty: Bool { sessions.isEmpty }

    /// The event loops on which somebody is to be told.
    var loops: some Sequence<Int> {
        sessionsOnLoop.indices.lazy.filter { [sessionsOnLoop] in sessionsOnLoop[$0] > 0 }
    }

    func contains(_ session: SessionID) -> Bool {
        sessions.contains(session)
    }

    /// - Returns: whether the device was not in the room before.
    mutating func insert(_ session: SessionID, of identity: PeerIdentity) -> Bool {
        guard sessions.insert(session).inserted else { return false }
        sessionsOnLoop[session.loop] += 1
        return members.insert(session, of: identity)
    }

    /// - Returns: whether the device has left the room by that.
    mutating func remove(_ session: SessionID, of identity: PeerIdentity) -> Bool {
        guard sessions.remove(session) != nil else { return false }
        sessionsOnLoop[session.loop] -= 1
        return members.remove(session, of: identity)
    }

    /// The place of the next message.
    mutating func nextSequence() -> UInt64 {
        sequence += 1
        return sequence
    }
}
