package import Chat

/// Devices in ascending order, each with its sessions: who is online, or who is in a room.
package struct SessionIndex: Sendable {
    private var entries: [Entry] = []

    private struct Entry {
        var identity: PeerIdentity
        var sessions: [SessionID]
    }

    package init() {}

    /// How many devices there are.
    package var count: Int { entries.count }
    package var isEmpty: Bool { entries.isEmpty }

    package func sessionCount(of identity: PeerIdentity) -> Int {
        let place = place(of: identity)
        return isEntry(identity, at: place) ? entries[place].sessions.count : 0
    }

    /// - Returns: whether the device was not there before.
    package mutating func insert(_ session: SessionID, of identity: PeerIdentity) -> Bool {
        let place = place(of: identity)
        if isEntry(identity, at: place) {
            entries[place].sessions.append(session)
            return false
        }
        entries.insert(Entry(identity: identity, sessions: [session]), at: place)
        return true
    }

    /// - Returns: whether the device is gone now.
    package mutating func remove(_ session: SessionID, of identity: PeerIdentity) -> Bool {
        let place = place(of: identity)
        guard isEntry(identity, at: place) else { return false }
        entries[place].sessions.removeAll { $0 == session }
        guard entries[place].sessions.isEmpty else { return false }
        entries.remove(at: place)
        return true
    }

    /// All sessions of all devices of `user`.
    package func sessions(of user: UserName) -> [SessionID] {
        let first = place { $0.user >= user }
        return entries[first...].prefix { $0.identity.user == user }.flatMap(\.sessions)
    }

    /// All sessions of a device.
    package func sessions(of identity: PeerIdentity) -> [SessionID] {
        let place = place(of: identity)
        return isEntry(identity, at: place) ? entries[place].sessions : []
    }

    /// Up to `limit` devices that follow `identity`, and whether there are more.
    package func page(after identity: PeerIdentity?, limit: Int) -> (identities: [PeerIdentity], more: Bool) {
        let first = identity.map { identity in place { $0 > identity } } ?? 0
        let rest = entries[first...]
        return (rest.prefix(limit).map(\.identity), rest.count > limit)
    }

    private func isEntry(_ identity: PeerIdentity, at place: Int) -> Bool {
        place < entries.count && entries[place].identity == identity
    }

    private func place(of identity: PeerIdentity) -> Int {
        place { $0 >= identity }
    }

    /// The first place whose device fulfils `condition`, which holds for all devices after the first that fulfils it.
    private func place(where condition: (PeerIdentity) -> Bool) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if condition(entries[middle].identity) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
