import Chat
import ChatWire
import MLS
import NIOCore
import TLSSyntax

import struct Crypto.SymmetricKey

/// To whom a message that the server has lost is said again. It is sealed anew only for those who were there when it was said; where others
/// came in since then, the same bytes go out that went out before, which these cannot read. So a server gains nothing by going back.
extension Room {
    /// So many of one's own messages are kept as they went out.
    static let keptMessages: UInt64 = 1_024

    /// Whether somebody would read it who was not there when it was said first.
    func isForStrangers(_ item: Outbox.Item) -> Bool {
        guard item.body.isLasting, rollback.awaits(MessageOrigin(me, item.token)) else { return false }
        guard let epoch = epoch else { return true }
        if let known = rollback.strangers, known.epoch == epoch { return known.areThere }
        let areThere = !members.allSatisfy { rollback.audience.contains($0.identity) }
        rollback.strangers = (epoch, areThere)
        return areThere
    }

    /// Whether all who are there now were there when this device said something: by the epoch in which it was sealed, or, if that is not
    /// known any more and the log was never set back before, by its place.
    func isForAll(_ message: StoredMessage) -> Bool {
        if let sealed = sent(message.token) { return sealed.epoch >= rollback.sameSince }
        return rollback.count == 1 && message.sequence > rollback.lastAdded
    }

    /// Whether all who are there now could read it when it was sent: whoever came later may not ask for it.
    func wasSaidToAll(_ message: StoredMessage) -> Bool {
        sent(message.token).map { $0.epoch >= epochOfPresentMembers } ?? false
    }

    /// It goes out as it did, or not at all.
    func holdBack(_ item: Outbox.Item) {
        if let original = original(of: item.token) {
            if let item = outbox.sendFirstWaiting(as: original) { store(item) }
            return
        }
        outbox.changeFirstWaiting(to: item.emptied.body)
        tellHeldBack(1)
    }

    func tellHeldBack(_ count: Int) {
        let messages =
            count == 1
            ? "a message of yours that the server has lost was"
            : "\(count) messages of yours that the server has lost were"
        emit(
            .failure(
                "\(title): \(messages) not sent again, since somebody has come in who was not there when you said it; "
                    + "it stays here. Say it again if it is for them, too"))
    }

    /// A message of this device as it went out, if the group of now can read it.
    func original(of token: UInt64) -> Outbox.Sealed? {
        sent(token).flatMap { $0.epoch >= joinedEpoch ? $0 : nil }
    }

    private func sent(_ token: UInt64) -> Outbox.Sealed? {
        guard let record = try? store.value(in: .sent, at: outboxKey(token)) else { return nil }
        return try? record.read { (reader) throws(SyntaxError) in
            Outbox.Sealed(
                epoch: try reader.uint64(), payload: ByteBuffer(bytes: try reader.opaque(reader.remaining)))
        }
    }

    /// Keeps what went out, for some time.
    func keepSent(_ item: Outbox.Item) {
        if item.token > Self.keptMessages { write(.sent, outboxKey(item.token - Self.keptMessages), nil) }
        guard let sealed = item.sealed, item.body.isLasting else { return }
        var bytes: [UInt8] = []
        bytes.write(sealed.epoch)
        bytes.append(contentsOf: sealed.payload.readableBytesView)
        write(.sent, outboxKey(item.token), SymmetricKey(wiping: &bytes))
    }

    /// The very bytes of a message that the server had lost: they were read before, and cannot be again.
    /// - Returns: whether it is one.
    func isSameAgain(_ entry: LogEntry) -> Bool {
        let origin = MessageOrigin(entry.sender, entry.token)
        guard rollback.awaits(origin), let lost = rollback.messages[origin], lost.digests.contains(entry.payload.digest)
        else {
            return false
        }
        place?.token = entry.token
        switch lost.message.content {
        case .body(let body):
            _ = cameAgain(body, of: origin, at: entry.sequence)
            keep(moved(body, in: lost), of: entry.sender, token: entry.token)
            if entry.sender.user != me.user { receipts.own.have = max(receipts.own.have, entry.sequence) }
        case let content:
            _ = cameAgain(.delivered(upTo: 1), of: origin, at: entry.sequence)
            place?.content = content
        }
        isShown = true
        return true
    }

    /// What it is about has another place now.
    private func moved(_ body: MessageBody, in lost: LostEntry) -> MessageBody {
        guard let target = body.target, target > lost.fork else { return body }
        let known = rollback.messages.values.first { $0.place == target && $0.number == lost.number }
        guard let place = known?.newPlace, place > 0 else { return body.withoutTarget(upTo: cursor.sequence) }
        return body.about(place)
    }

    /// Whether a message is in the history here.
    func has(_ origin: MessageOrigin) -> Bool {
        if latest?.sender == origin.sender, latest?.token == origin.token { return true }
        var before: UInt64?
        for _ in 0..<64 {
            guard let page = try? history(before: before, limit: 256), let first = page.first else { return false }
            if page.contains(where: { $0.sender == origin.sender && $0.token == origin.token && $0.sequence > 0 }) {
                return true
            }
            before = first.sequence
        }
        return true
    }
}
