import Chat
import ChatWire
import NIOCore

/// What was said and has no place in the room's log yet, in the order in which it was said.
struct Outbox {
    struct Item {
        var token: UInt64
        var body: MessageContent.Body
        /// When it was said.
        var time: Timestamp
        /// What goes over the wire, once it is sealed; the same bytes are sent again after a break.
        var sealed: Sealed?
        /// Whether it is under way on this connection.
        var isSent = false
        /// Its place, that is known before the log up to there was processed.
        var place: UInt64?
        /// The message that it is about, whose place the server has lost: it is sealed once that has a place again.
        var target: MessageOrigin?
        /// Whether it was sent before, and goes out as the same bytes or not at all: not everybody who is there now was there then.
        var isOriginal = false
    }

    struct Sealed {
        var epoch: UInt64
        var payload: ByteBuffer
    }

    /// So many are under way at once.
    static let window = 512

    private var items: [UInt64: Item] = [:]
    /// To be sealed, and sealed and to be sent, the earliest first.
    private var waiting = TokenQueue()
    private var ready = TokenQueue()
    private var underWay = 0

    var isEmpty: Bool { items.isEmpty }
    var count: Int { items.count }
    var tokens: [UInt64] { items.keys.sorted() }

    subscript(token: UInt64) -> Item? { items[token] }

    mutating func append(_ item: Item) {
        items[item.token] = item
        if item.sealed == nil { waiting.append(item.token) } else { ready.append(item.token) }
    }

    /// The next one to be sealed.
    var firstWaiting: Item? { waiting.first.flatMap { items[$0] } }

    /// The first that waited says this now.
    mutating func changeFirstWaiting(to body: MessageBody) {
        guard let token = waiting.first else { return }
        items[token]?.body = body
        items[token]?.target = nil
    }

    /// Takes in what the server has lost. All is sealed anew, in the order of its numbers: what was sealed speaks of a log that is gone.
    mutating func putBack(_ lost: [Item]) {
        for item in lost where items[item.token] == nil { items[item.token] = item }
        underWay = 0
        ready = TokenQueue()
        waiting = TokenQueue()
        for token in tokens {
            items[token]?.isSent = false
            items[token]?.place = nil
            if items[token]?.isOriginal == true {
                ready.append(token)
            } else {
                items[token]?.sealed = nil
                waiting.append(token)
            }
        }
    }

    /// The first that waited goes out as it did before.
    mutating func sendFirstWaiting(as original: Sealed) -> Item? {
        guard let item = seal(original) else { return nil }
        items[item.token]?.isOriginal = true
        return items[item.token]
    }

    /// Says which message an item is about whose place is lost.
    mutating func setTarget(_ target: MessageOrigin, of token: UInt64) {
        items[token]?.target = target
    }

    /// The first that waited is sealed now.
    mutating func seal(_ sealed: Sealed) -> Item? {
        guard let token = waiting.removeFirst() else { return nil }
        items[token]?.sealed = sealed
        ready.append(token)
        return items[token]
    }

    /// Takes the next one to be sent, if not too many are under way.
    /// - Parameter limit: nothing of a later epoch goes out yet.
    mutating func takeReady(upTo limit: UInt64) -> (token: UInt64, payload: ByteBuffer)? {
        while underWay < Self.window, let token = ready.first {
            guard let sealed = items[token]?.sealed else {
                _ = ready.removeFirst()
                continue
            }
            guard sealed.epoch <= limit else { return nil }
            _ = ready.removeFirst()
            items[token]?.isSent = true
            underWay += 1
            return (token, sealed.payload)
        }
        return nil
    }

    /// It has a place, which will be processed in its turn.
    mutating func place(_ token: UInt64, at place: UInt64?) {
        items[token]?.place = place
    }

    mutating func remove(_ token: UInt64) -> Item? {
        guard let item = items.removeValue(forKey: token) else { return nil }
        if item.isSent { underWay -= 1 }
        return item
    }

    /// It was refused for its epoch, and is to be sealed anew.
    mutating func unseal(_ token: UInt64) {
        guard let item = items[token] else { return }
        if item.isSent { underWay -= 1 }
        items[token]?.isSent = false
        items[token]?.sealed = nil
        if item.isOriginal { items[token] = item.emptied }
        waiting.append(token)
    }

    /// The connection is gone, and nobody knows what arrived: all that is sealed is sent again.
    mutating func forgetSending() {
        underWay = 0
        ready = TokenQueue()
        for token in tokens where items[token]?.sealed != nil {
            items[token]?.isSent = false
            ready.append(token)
        }
    }
}

extension Outbox.Item {
    /// What takes the number of a message that cannot be sent again, so that nobody misses it: a receipt that says nothing new.
    var emptied: Outbox.Item { Outbox.Item(token: token, body: .delivered(upTo: 1), time: time) }
}

/// Tokens in the order in which they came.
private struct TokenQueue {
    private var tokens: [UInt64] = []
    private var front = 0

    var first: UInt64? { front < tokens.count ? tokens[front] : nil }

    mutating func append(_ token: UInt64) { tokens.append(token) }

    mutating func removeFirst() -> UInt64? {
        guard let token = first else { return nil }
        front += 1
        if front == tokens.count || front > 4_096 {
            tokens.removeFirst(front)
            front = 0
        }
        return token
    }
}
