import Chat
import ChatClient

/// What the status line says of the room in the foreground.
struct StatusLine {
    private let me: PeerIdentity
    private var typing: [RoomID: [UserName: UInt64]] = [:]
    private var receipts: [RoomID: [UserName: (delivered: UInt64, read: UInt64)]] = [:]
    /// The place of our own latest message.
    private var latest: [RoomID: UInt64] = [:]

    /// Milliseconds after which somebody who typed no longer does.
    static let typingTime: UInt64 = 10_000

    init(me: PeerIdentity) {
        self.me = me
    }

    mutating func note(_ event: ClientEvent, now: UInt64) {
        switch event {
        case .typing(let room, let user) where user != me.user: typing[room.id, default: [:]][user] = now
        case .message(let room, let message): typing[room.id]?[message.sender.user] = nil
        case .sent(let room, let message):
            guard case .body(let body) = message.content, body.text != nil else { return }
            latest[room.id] = max(latest[room.id] ?? 0, message.sequence)
        case .receipt(let room, let user, let place, let isRead) where user != me.user:
            var known = receipts[room.id, default: [:]][user] ?? (0, 0)
            known.delivered = max(known.delivered, place)
            if isRead { known.read = max(known.read, place) }
            receipts[room.id, default: [:]][user] = known
        default: break
        }
    }

    /// - Parameters:
    ///   - days: for which the certificate is good.
    func text(_ session: ClientSession, days: Int64?, now: UInt64) -> String {
        var parts = session.isOnline ? [] : ["offline"]
        if let room = session.currentRoom {
            parts.append(SafeText.line(room.title))
            if room.phase == .active {
                if let epoch = room.epoch { parts.append("epoch \(epoch)") }
                parts.append("\(room.memberCount) \(room.memberCount == 1 ? "member" : "members")")
                parts.append(session.shield(of: room).word)
            } else {
                parts.append(Transcript.words(for: room.phase))
            }
            if let auditor = room.policy.auditor {
                let isThere = room.members.contains { $0.identity.user == auditor }
                parts.append("audited by \(auditor)" + (isThere ? "" : " (not there)"))
            }
            parts += ticks(room.id) + typists(room.id, now)
        } else {
            parts.append("no room")
        }
        if let days { parts.append("certificate \(days) \(days == 1 ? "day" : "days")") }
        return parts.joined(separator: " · ")
    }

    /// How far our latest message got.
    private func ticks(_ room: RoomID) -> [String] {
        guard let latest = latest[room] else { return [] }
        func users(_ isThere: ((delivered: UInt64, read: UInt64)) -> Bool) -> [UserName] {
            (receipts[room] ?? [:]).filter { isThere($0.value) }.map(\.key).sorted()
        }
        let readers = users { $0.read >= latest }
        if !readers.isEmpty { return ["✓✓ read by \(Self.list(readers))"] }
        let receivers = users { $0.delivered >= latest }
        return [receivers.isEmpty ? "✓ sent" : "✓✓ delivered to \(Self.list(receivers))"]
    }

    private func typists(_ room: RoomID, _ now: UInt64) -> [String] {
        let users = (typing[room] ?? [:]).filter { $0.value + Self.typingTime > now }.map(\.key).sorted()
        guard !users.isEmpty else { return [] }
        return ["\(Self.list(users)) \(users.count == 1 ? "is" : "are") typing…"]
    }

    private static func list(_ users: [UserName]) -> String {
        let named = users.prefix(3).map(\.description).joined(separator: ", ")
        return users.count > 3 ? "\(named) and \(users.count - 3) more" : named
    }
}
