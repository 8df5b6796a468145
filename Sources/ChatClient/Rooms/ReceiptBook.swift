package import Chat

/// How far the others have a room's messages, and what they are to be told of us.
package struct ReceiptBook: Hashable, Sendable {
    /// Up to which place each user's devices have them, by the furthest of each user.
    package internal(set) var delivered: [UserName: UInt64] = [:]
    package internal(set) var read: [UserName: UInt64] = [:]
    /// What we have, and what we have said of it.
    var own: (have: UInt64, said: UInt64) = (0, 0)
    var ownRead: (have: UInt64, said: UInt64) = (0, 0)

    package static func == (left: ReceiptBook, right: ReceiptBook) -> Bool {
        left.delivered == right.delivered && left.read == right.read && left.own == right.own
            && left.ownRead == right.ownRead
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(delivered)
        hasher.combine(read)
    }

    /// - Returns: whether that is news.
    mutating func noteDelivered(_ place: UInt64, by user: UserName) -> Bool {
        guard place > delivered[user] ?? 0 else { return false }
        delivered[user] = place
        return true
    }

    mutating func noteRead(_ place: UInt64, by user: UserName) -> Bool {
        guard place > read[user] ?? 0 else { return false }
        read[user] = place
        return true
    }
}
