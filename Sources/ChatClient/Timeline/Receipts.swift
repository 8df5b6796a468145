package import Chat

/// How far each member has got a room's messages, and has seen them.
package struct Receipts: Hashable, Sendable {
    package private(set) var delivered: [UserName: UInt64] = [:]
    package private(set) var read: [UserName: UInt64] = [:]

    package init() {}

    /// Takes in what an entry says, if it is a receipt.
    package mutating func note(_ message: StoredMessage) {
        switch message.content {
        case .body(.delivered(let place)): note(delivered: place, by: message.sender.user, own: message.sequence)
        case .body(.read(let place)): note(read: place, by: message.sender.user, own: message.sequence)
        default: break
        }
    }

    /// A device says that it has everything up to `place`; who says so at `own` cannot mean that place or a later one.
    private mutating func note(delivered place: UInt64, by user: UserName, own: UInt64) {
        delivered[user] = max(delivered[user] ?? 0, min(place, own - min(own, 1)))
    }

    /// What was seen was delivered.
    private mutating func note(read place: UInt64, by user: UserName, own: UInt64) {
        note(delivered: place, by: user, own: own)
        read[user] = max(read[user] ?? 0, min(place, own - min(own, 1)))
    }

    /// The mark of one's own message at `place`, by what the others have said.
    func mark(at place: UInt64, without me: UserName) -> TimelineItem.Mark {
        func users(_ table: [UserName: UInt64]) -> [UserName] {
            table.filter { $0.key != me && $0.value >= place }.map(\.key).sorted()
        }
        let readers = users(read)
        guard readers.isEmpty else { return .read(by: readers) }
        let receivers = users(delivered)
        return receivers.isEmpty ? .stored : .delivered(to: receivers)
    }
}
