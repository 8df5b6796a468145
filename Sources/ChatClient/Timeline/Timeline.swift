package import Chat

/// A part of a room's history: entries of its log, put together to what is shown. Edits, deletions and reactions are found
/// in their own entries, and stand at the message they are about.
///
/// What is shown depends on which entries are there, and not on the order in which they came: an edit may come before
/// its message, as it does when older pages are loaded.
package struct Timeline: Sendable {
    /// A device's message, wherever it stands.
    struct Origin: Hashable, Sendable {
        var sender: PeerIdentity
        var token: UInt64
    }

    package let me: PeerIdentity
    package private(set) var receipts = Receipts()

    private(set) var entries: [UInt64: StoredMessage] = [:]
    /// The numbers of `entries`, ascending.
    private(set) var order: [UInt64] = []
    /// Where a device's message stands first.
    private(set) var places = FirstPlaces<Origin>()
    /// Where a device says a message again for the first time.
    private(set) var repeats = FirstPlaces<Origin>()
    /// By message: the entries that are about it.
    private(set) var changes: [UInt64: Set<UInt64>] = [:]
    /// What the server has lost, by the places behind which it stands.
    private(set) var lost: [UInt64: [StoredMessage]] = [:]
    /// One's own that are not in the log, by token.
    private(set) var pending: [UInt64: StoredMessage] = [:]

    /// - Parameter me: whose messages have marks.
    package init(me: PeerIdentity) {
        self.me = me
    }

    /// How many entries it holds.
    package var count: Int { order.count }
    /// The oldest and the newest place that is loaded.
    package var range: ClosedRange<UInt64>? {
        guard let first = order.first, let last = order.last else { return nil }
        return first...last
    }

    /// Takes an entry in. One that is there already changes nothing, unless it says more: a message that could not be read
    /// can be now, its author took it back, or something was found out about it.
    package mutating func apply(_ message: StoredMessage) {
        if case .lost(_, let fork) = message.state { return applyLost(message, behind: fork) }
        guard message.sequence > 0 else { return applyPending(message) }
        if message.sender == me { pending[message.token] = nil }
        dropLost(message)
        receipts.note(message)
        guard message.content.isKept || !message.notices.isEmpty else { return }
        guard let known = entries[message.sequence] else {
            order.insert(message.sequence, at: index(of: message.sequence))
            return insertEntry(message)
        }
        removeEntry(message.sequence)
        insertEntry(known.joined(with: message))
    }

    /// Forgets the oldest entries, and keeps `limit`.
    package mutating func keepNewest(_ limit: Int) {
        let gone = order.prefix(max(0, order.count - max(0, limit)))
        for sequence in gone { removeEntry(sequence) }
        order.removeFirst(gone.count)
    }

    /// One's own message is not to be sent any more.
    package mutating func dropPending(token: UInt64) {
        pending[token] = nil
    }

    /// It has no place, so nothing can be about it. One that came again is not lost.
    private mutating func applyLost(_ message: StoredMessage, behind fork: UInt64) {
        guard message.token == 0 || places[Origin(message)] == nil, lost[fork]?.contains(message) != true else {
            return
        }
        lost[fork, default: []].append(message)
    }

    private mutating func dropLost(_ message: StoredMessage) {
        guard !lost.isEmpty, message.token > 0 else { return }
        for fork in lost.keys { lost[fork]?.removeAll { Origin($0) == Origin(message) } }
    }

    private mutating func applyPending(_ message: StoredMessage) {
        guard message.sender == me, message.state != .stored, places[Origin(message)] == nil else { return }
        pending[message.token] = message
    }

    private mutating func insertEntry(_ message: StoredMessage) {
        let sequence = message.sequence
        entries[sequence] = message
        guard message.token > 0 else { return }
        places.insert(sequence, of: Origin(message))
        if case .body(.again(let token, _, _)) = message.content {
            repeats.insert(sequence, of: Origin(sender: message.sender, token: token))
        }
        if let target = message.changedMessage { changes[target, default: []].insert(sequence) }
    }

    private mutating func removeEntry(_ sequence: UInt64) {
        guard let message = entries.removeValue(forKey: sequence) else { return }
        places.remove(sequence, of: Origin(message))
        if case .body(.again(let token, _, _)) = message.content {
            repeats.remove(sequence, of: Origin(sender: message.sender, token: token))
        }
        if let target = message.changedMessage {
            changes[target]?.remove(sequence)
            if changes[target]?.isEmpty == true { changes[target] = nil }
        }
    }

    /// Where a number stands in `order`, or would.
    private func index(of sequence: UInt64) -> Int {
        if let last = order.last, last < sequence { return order.count }
        var low = 0, high = order.count
        while low < high {
            let middle = (low + high) / 2
            if order[middle] < sequence { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension Timeline.Origin {
    init(_ message: StoredMessage) {
        self.init(sender: message.sender, token: message.token)
    }
}

extension StoredMessage {
    /// The message that this entry edits, deletes or reacts to, itself or by saying it again.
    var changedMessage: UInt64? {
        guard case .body(let body) = content else { return nil }
        let said = if case .again(_, _, let inner) = body { inner } else { body }
        switch said {
        case .edit(let target, _), .delete(let target), .reaction(let target, _, _): return target
        default: return nil
        }
    }
}

extension StoredMessage {
    /// What every member is told: the entry's notices, and what it says of the room's name and topic.
    package var shownNotices: [Notice] {
        guard case .body(.info(let info)) = content else { return notices }
        return notices + (info.hasNewName ? [.renamed(info.name, by: sender)] : [])
            + (info.hasNewTopic ? [.topic(info.topic, by: sender)] : [])
    }
}

extension StoredMessage {
    /// Of two records of the same place: the one that says more, with the notices of both.
    fileprivate func joined(with other: StoredMessage) -> StoredMessage {
        var (joined, rest) = content.weight < other.content.weight ? (other, self) : (self, other)
        rest.notices.removeAll(where: joined.notices.contains)
        joined.notices += rest.notices
        return joined
    }
}

extension StoredMessage.Content {
    /// Whether there is something to show for it, or to look up, beside the receipts.
    fileprivate var isKept: Bool {
        switch self {
        case .nothing, .body(.delivered), .body(.read), .body(.typing), .body(.missing): false
        case .body, .unreadable, .deleted: true
        }
    }

    /// Of two contents of the same place the heavier one stays.
    fileprivate var weight: Int {
        switch self {
        case .nothing: 0
        case .unreadable(.missing(asking: nil)): 1
        case .unreadable: 2
        case .body: 3
        case .deleted: 4
        }
    }
}
