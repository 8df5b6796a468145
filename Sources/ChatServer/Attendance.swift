import Chat

/// The sessions that are told of a room's new entries.
struct Attendance: Sendable {
    private var index = SessionIndex()
    private var sessions: Set<SessionID> = []
    /// How many sessions each event loop has.
    private var sessionsOnLoop: [Int]

    init(loopCount: Int) {
        sessionsOnLoop = Array(repeating: 0, count: loopCount)
    }

    /// The event loops on which somebody is to be told.
    var loops: some Sequence<Int> {
        sessionsOnLoop.indices.lazy.filter { [sessionsOnLoop] in sessionsOnLoop[$0] > 0 }
    }

    func contains(_ device: PeerIdentity) -> Bool { index.sessionCount(of: device) > 0 }

    mutating func insert(_ session: SessionID, of device: PeerIdentity) {
        guard sessions.insert(session).inserted else { return }
        sessionsOnLoop[session.loop] += 1
        _ = index.insert(session, of: device)
    }

    mutating func remove(_ session: SessionID, of device: PeerIdentity) {
        guard sessions.remove(session) != nil else { return }
        sessionsOnLoop[session.loop] -= 1
        _ = index.remove(session, of: device)
    }

    /// - Returns: the device's sessions, which are told no more.
    mutating func removeAll(of device: PeerIdentity) -> [SessionID] {
        let gone = index.sessions(of: device)
        for session in gone { remove(session, of: device) }
        return gone
    }
}
