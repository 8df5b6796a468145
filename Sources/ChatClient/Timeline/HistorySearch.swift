package import Chat

/// A search through a room's history, from the newest entry back, page by page. Texts are found as they stand now: what was
/// edited away or deleted is not found. Beside the page it holds the changes whose message it has not come to yet, up to
/// ``maximumHeld`` bytes; what does not fit is not heeded.
package struct HistorySearch: Sendable {
    /// A message that was found.
    package struct Hit: Hashable, Sendable {
        /// The number in the room's log.
        package var sequence: UInt64
        package var time: Timestamp
        package var sender: PeerIdentity
        package var text: MessageText
    }

    package let query: HistoryQuery
    private var changes: [UInt64: [UserName: Change]] = [:]
    private var repeats: [Timeline.Origin: Hit] = [:]

    /// Bytes, about.
    package static let maximumHeld = 16 << 20
    private var held = 0

    private enum Change {
        case deleted
        /// `nil`: the new text does not match.
        case edited(MessageText?)

        var cost: Int {
            guard case .edited(let text?) = self else { return 128 }
            return HistorySearch.cost(of: text)
        }
    }

    package init(_ query: HistoryQuery) {
        self.query = query
    }

    /// - Parameter page: older entries than those given before, in the log's order.
    /// - Returns: what is found in it, the newest first.
    package mutating func look(in page: [StoredMessage]) -> [Hit] {
        page.reversed().compactMap { look(at: $0) }
    }

    /// At the beginning of the history: what was said again and stands nowhere else.
    package mutating func finish() -> [Hit] {
        defer { repeats = [:] }
        return repeats.values.filter { query.matches($0.text) }.sorted { $0.sequence > $1.sequence }
    }

    private mutating func look(at message: StoredMessage) -> Hit? {
        if case .lost = message.state { return look(atLost: message) }
        let origin = Timeline.Origin(message)
        let again = message.token > 0 ? repeats.removeValue(forKey: origin) : nil
        let about = changes.removeValue(forKey: message.sequence)
        held -= (again?.text).map(Self.cost) ?? 0
        held -= about?.values.reduce(0) { $0 + $1.cost } ?? 0
        let change = about?[message.sender.user]
        guard query.matches(message.sender.user) else { return nil }
        switch message.content {
        case .unreadable:
            return again.flatMap { hit(message, $0.text, change) }
        case .body(.again(let token, _, let body)):
            return holdRepeat(of: body, token, in: message)
        case .body(let body):
            if let text = body.text { return hit(message, text, change) }
            hold(body, by: message.sender.user)
            return nil
        case .nothing, .deleted: return nil
        }
    }

    /// What the server has lost has no number, and nothing that came later is about it.
    private func look(atLost message: StoredMessage) -> Hit? {
        guard query.matches(message.sender.user), case .body(let body) = message.content, let text = body.text else {
            return nil
        }
        return hit(message, text, nil)
    }

    private func hit(_ message: StoredMessage, _ text: MessageText, _ change: Change?) -> Hit? {
        let now: MessageText? =
            switch change {
            case .deleted: nil
            case .edited(let text): text
            case nil: query.matches(text) ? text : nil
            }
        return now.map { Hit(sequence: message.sequence, time: message.time, sender: message.sender, text: $0) }
    }

    /// The newest change of a user counts; a deletion counts always.
    private mutating func hold(_ body: MessageBody, by user: UserName) {
        let target: UInt64
        let change: Change
        switch body {
        case .delete(let of): (target, change) = (of, .deleted)
        case .edit(let of, let text):
            guard changes[of]?[user] == nil else { return }
            (target, change) = (of, .edited(query.matches(text) ? text : nil))
        default: return
        }
        guard held + change.cost <= Self.maximumHeld else { return }
        held += change.cost - (changes[target]?[user]?.cost ?? 0)
        changes[target, default: [:]][user] = change
    }

    private static func cost(of text: MessageText) -> Int { 128 + text.description.utf8.count }

    private mutating func holdRepeat(of body: MessageBody, _ token: UInt64, in message: StoredMessage) -> Hit? {
        let origin = Timeline.Origin(sender: message.sender, token: token)
        guard let text = body.text else {
            hold(body, by: message.sender.user)
            return nil
        }
        guard held + Self.cost(of: text) <= Self.maximumHeld else { return nil }
        held += Self.cost(of: text) - ((repeats[origin]?.text).map(Self.cost) ?? 0)
        repeats[origin] = Hit(sequence: message.sequence, time: message.time, sender: message.sender, text: text)
        return nil
    }
}
