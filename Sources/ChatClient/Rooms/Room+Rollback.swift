import Chat
import ChatWire
import MLSWire
import TLSSyntax

import struct Crypto.SymmetricKey

/// A server that was put back to an earlier state. The log goes back with it, the group does not: no epoch is entered twice and no key
/// used again. What was said is kept here, and whoever said it says it again under the same number, so that it counts once.
extension Room {
    /// The log is now the one that ended, or parted from the known one, at a place.
    /// - Parameters:
    ///   - chain: over the log up to there.
    ///   - epoch: that the server's log has come to there, if it said so.
    func goBack(to fork: UInt64, chain: Digest, epoch: UInt64?) {
        let (start, end) = (cursor.start, cursor.sequence)
        let lost = entries(after: fork, through: end)
        latest = nil
        cursor = LogCursor(after: fork, chain: chain, start: min(start, fork))
        lose(lost, since: start, after: fork, behind: fork)
        findEpoch(after: fork, epoch)
        finishGoingBack(lost, .rollback(from: end, to: fork))
    }

    /// All that this device has of the log is lost, from where it came in. It is in it again, at another place.
    func begin(anew base: Rollback.Base) {
        let (start, end) = (cursor.start, cursor.sequence)
        let lost = entries(after: start, through: end)
        // How it came in is told where it came in.
        if var first = stored(at: start) {
            write(.messages, key(start), nil)
            first.sequence = base.place
            latest = nil
            save(first)
        }
        latest = nil
        cursor = LogCursor(after: base.place, chain: base.chain)
        lose(lost, since: start, after: start, behind: base.place)
        findEpoch(after: start, base.epoch)
        finishGoingBack(lost, .rollback(from: end, to: start - min(start, 1)))
    }

    /// - Parameters:
    ///   - start: where this device had come in.
    ///   - end: the last place that is not lost.
    ///   - fork: where what is lost is shown.
    private func lose(_ lost: [FormerEntry], since start: UInt64, after end: UInt64, behind fork: UInt64) {
        rollback.count &+= 1
        rehome(after: end, to: fork)
        rollback.forks.removeAll { $0.generation == generation && ($0.place > end || $0.place == fork) }
        rollback.forks.append(Rollback.Fork(generation: generation, place: fork))
        let present = Set(members.map(\.identity))
        // What was lost before and is not said again yet is for those alone who were there then.
        let isOpen = outbox.tokens.contains { rollback.awaits(MessageOrigin(me, $0)) }
        rollback.audience = isOpen ? rollback.audience.intersection(present) : present
        rollback.strangers = nil
        rollback.heldBack = 0
        rollback.lastAdded = max(lastAddition(after: end), start)
        rollback.sameSince = epochOfPresentMembers
        let origins = setTargets(lost)
        outbox.putBack(lost.compactMap { keepLost($0, fork, origins) })
        for token in outbox.tokens { if let item = outbox[token] { store(item) } }
        loseRace()
        forgetProposals()
        receipts.goBack(to: fork)
        if epochBegan > fork { epochBegan = 0 }
        if let refused = refusedCommit, refused > fork { refusedCommit = nil }
    }

    private func finishGoingBack(_ lost: [FormerEntry], _ finding: Finding) {
        rollback.targetsUntil = host.now + Self.targetPatience
        storeRollback()
        dirtyRoom = true
        report(finding)
        tellWhatIsDone(lost)
    }

    /// So long, in milliseconds, a message that is about another one waits for that one to be sent again.
    static let targetPatience: UInt64 = 5_000

    private func tellWhatIsDone(_ lost: [FormerEntry]) {
        let isLasting = lost.map(\.message).filter { if case .body = $0.content { true } else { false } }
        let own = isLasting.count { $0.sender == me } - rollback.heldBack
        let others = isLasting.count { $0.sender != me }
        if rollback.heldBack > 0 { tellHeldBack(rollback.heldBack) }
        var parts: [String] = []
        if own > 0 {
            parts.append("\(own == 1 ? "a message" : "\(own) messages") of yours \(own == 1 ? "is" : "are") sent again")
        }
        if others > 0 {
            parts.append(
                "\(others == 1 ? "one" : "\(others)") of others stay\(others == 1 ? "s" : "") here until sent again")
        }
        if isBehind { parts.append("changes of who is in the room are submitted again") }
        guard !parts.isEmpty else { return }
        emit(.notice("\(title): of what the server has lost, \(parts.joined(separator: ", "))"))
    }

    /// What is kept of a part of the log, entry by entry.
    private func entries(after fork: UInt64, through end: UInt64) -> [FormerEntry] {
        guard end > fork else { return [] }
        var senders: [UInt64: KeptOrigin] = [:]
        var kept: [UInt64: StoredMessage] = [:]
        func take(_ table: RecordTable, _ key: [UInt8], _ value: SymmetricKey?) {
            guard key.starts(with: self.key(0).prefix(20)), key.count == 28, let value else { return }
            let place = key.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            guard place > fork, place <= end else { return }
            if table == .chain {
                senders[place] = Self.origin(in: value)
            } else {
                kept[place] = StoredMessage(value)
            }
        }
        for table in [RecordTable.chain, .messages] {
            let records = try? store.records(
                in: table, prefix: Array(key(0).prefix(20)), after: key(fork), before: key(end + 1), limit: .max)
            for record in records ?? [] { take(table, record.key, record.value) }
            for write in output.writes where write.table == table { take(table, write.key, write.value) }
        }
        return Set(senders.keys).union(kept.keys).sorted().compactMap { place in
            let found =
                kept[place]
                ?? senders[place].map {
                    blank(at: place, Timestamp(milliseconds: host.clockMilliseconds), $0.origin.sender)
                }
            guard var message = found else { return nil }
            message.sequence = place
            if let kept = senders[place], message.token == 0 {
                message.sender = kept.origin.sender
                message.token = kept.origin.token
            }
            return FormerEntry(message: message, digest: senders[place]?.digest)
        }
    }

    /// Moves an entry from the log to what is lost.
    /// - Returns: what is to be said again of it, if this device said it.
    private func keepLost(
        _ former: FormerEntry, _ fork: UInt64, _ origins: [UInt64: MessageOrigin]
    ) -> Outbox.Item? {
        let message = former.message
        write(.messages, key(message.sequence), nil)
        write(.chain, key(message.sequence), nil)
        var entry = LostEntry(fork: fork, number: rollback.count, message, former.digest)
        if let origin = entry.origin {
            if let old = rollback.messages[origin] {
                entry.join(old)
                write(.lost, key(of: old), nil)
            }
            rollback.messages[origin] = entry
        } else {
            rollback.changes[entry.place] = entry
        }
        store(entry)
        guard entry.origin?.sender == me else { return nil }
        var item = Outbox.Item(token: message.token, body: .typing, time: message.time).emptied
        // What served delivery only keeps its number, so that nothing seems to be missing.
        guard case .body(let said) = message.content, said.isLasting else { return item }
        item.body = said
        item.target = said.target.flatMap { origins[$0] }
        if let target = said.target, target > fork, item.target == nil { item.body = said.withoutTarget(upTo: fork) }
        guard !isForAll(message) else { return item }
        guard let original = original(of: message.token) else {
            rollback.heldBack += 1
            return item.emptied
        }
        item.sealed = original
        item.isOriginal = true
        return item
    }

    /// What waited to be said may be about something that is lost.
    /// - Returns: whose message was at which place.
    private func setTargets(_ lost: [FormerEntry]) -> [UInt64: MessageOrigin] {
        var origins: [UInt64: MessageOrigin] = [:]
        for message in lost.map(\.message) where message.token > 0 {
            origins[message.sequence] = MessageOrigin(message.sender, message.token)
        }
        for token in outbox.tokens {
            guard let item = outbox[token], item.target == nil, let target = item.body.target,
                let origin = origins[target]
            else { continue }
            outbox.setTarget(origin, of: token)
        }
        return origins
    }

    /// What was lost before hangs on the new end, if its own is gone.
    private func rehome(after end: UInt64, to fork: UInt64) {
        func moved(_ entry: LostEntry) -> LostEntry {
            guard entry.fork > end else { return entry }
            write(.lost, key(of: entry), nil)
            var entry = entry
            entry.fork = fork
            store(entry)
            return entry
        }
        rollback.messages = rollback.messages.mapValues(moved)
        rollback.changes = rollback.changes.mapValues(moved)
    }

    private func forgetProposals() {
        isBeingRemoved = false
        for device in leaving.sorted() where isMember(device) { want(.remove(device)) }
        guard let live, live.group.pendingProposalCount > 0 else { return }
        live.group.discardProposals()
        dirtyRatchets = true
    }

    // MARK: What comes again

    /// What was said in a lost log is said again: it is not new, and has its place here now.
    /// - Returns: whether it is what this device has of it.
    func cameAgain(_ body: MessageBody, of origin: MessageOrigin, at place: UInt64) -> Bool {
        guard var entry = rollback.messages[origin], entry.newPlace == 0 else { return false }
        entry.newPlace = place
        self.place?.notices += entry.message.notices
        entry.message.notices = []
        let isSame: Bool
        switch entry.message.content {
        case .body(let known):
            isSame = known.says(body)
            // What its sender does not say again stays as what it was.
            if isSame { entry.message.content = .nothing }
        case .deleted:
            isSame = true
            entry.message.content = .nothing
        case .unreadable:
            isSame = false
            entry.message.content = .nothing
        case .nothing: isSame = !body.isLasting
        }
        rollback.messages[origin] = entry
        store(entry)
        return isSame
    }

    /// What an item says now that is about a message whose place was lost.
    /// - Returns: `nil` while that may still get a new place.
    func body(of item: Outbox.Item) -> MessageBody? {
        guard let target = item.target else { return item.body }
        if let place = rollback.messages[target]?.newPlace, place > 0 { return item.body.about(place) }
        if host.now < rollback.targetsUntil { return nil }
        return item.body.withoutTarget(upTo: cursor.sequence)
    }

    // MARK: Keeping

    func key(of entry: LostEntry) -> [UInt8] {
        var bytes = key(entry.fork)
        bytes.write(entry.number)
        bytes.write(entry.place)
        return bytes
    }

    func store(_ entry: LostEntry) {
        guard var bytes = try? entry.encoded() else { return }
        write(.lost, key(of: entry), SymmetricKey(wiping: &bytes))
    }

    func storeRollback() {
        var bytes: [UInt8] = []
        guard (try? rollback.write(to: &bytes)) != nil else { return }
        write(.lost, id.bytes, SymmetricKey(wiping: &bytes))
    }

    func restoreRollback() throws(StoreError) {
        guard let header = try store.value(in: .lost, at: id.bytes) else { return }
        do throws(SyntaxError) {
            rollback = try header.read { (reader) throws(SyntaxError) in try Rollback(from: &reader) }
        } catch {
            throw .damaged("what was lost of room \(id): \(error)")
        }
        for record in try store.records(in: .lost, prefix: Array(key(0).prefix(20)))
        where record.key.count == LostEntry.keyLength {
            let entry = try LostEntry(record)
            if let origin = entry.origin {
                rollback.messages[origin] = entry
            } else {
                rollback.changes[entry.place] = entry
            }
        }
    }

    /// What is kept of a lost log behind a place, in its order.
    func lostMessages(after key: [UInt8]) throws(StoreError) -> [StoredMessage] {
        guard key.count == 28 else { return [] }
        let generation = key[16..<20].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let place = key[20..<28].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard rollback.forks.contains(Rollback.Fork(generation: generation, place: place)) else { return [] }
        var messages: [StoredMessage] = []
        for record in try store.records(in: .lost, prefix: key) {
            if let message = try LostEntry(record).shown { messages.append(message) }
        }
        return messages
    }

    /// Whose message an entry was, as it stands beside the chain.
    static func origin(in record: SymmetricKey) -> KeptOrigin? {
        let origin = try? record.read { (reader) throws(SyntaxError) -> KeptOrigin? in
            _ = try Digest(from: &reader)
            return reader.isAtEnd
                ? nil : KeptOrigin(origin: try MessageOrigin(from: &reader), digest: try Digest(from: &reader))
        }
        return origin ?? nil
    }
}

/// What stands beside the chain where an entry was a message: `MessageOrigin origin; opaque digest[32];`, the hash of its payload.
struct KeptOrigin {
    var origin: MessageOrigin
    var digest: Digest
}

/// An entry of a log that is lost.
struct FormerEntry {
    var message: StoredMessage
    var digest: Digest?
}

extension ReceiptBook {
    /// The places after this one mean something else now.
    mutating func goBack(to place: UInt64) {
        delivered = delivered.mapValues { min($0, place) }
        read = read.mapValues { min($0, place) }
        own = (min(own.have, place), min(own.said, place))
        ownRead = (min(ownRead.have, place), min(ownRead.said, place))
    }
}

extension MessageBody {
    /// The same about another place.
    func about(_ place: UInt64) -> MessageBody {
        switch self {
        case .reply(_, let text): .reply(target: place, text)
        case .edit(_, let text): .edit(target: place, text)
        case .delete: .delete(target: place)
        case .reaction(_, let emoji, let isAdded): .reaction(target: place, emoji, isAdded: isAdded)
        default: self
        }
    }

    /// What of it can be said when the message that it is about is not there: its words.
    func withoutTarget(upTo place: UInt64) -> MessageBody {
        switch self {
        case .reply(_, let text), .edit(_, let text): .text(text)
        case .delete, .reaction: .delivered(upTo: Swift.max(place, 1))
        default: self
        }
    }

    /// Whether it says the same, whatever the place of the message that it is about.
    func says(_ other: MessageBody) -> Bool {
        if about(1) == other.about(1) { return true }
        // Its sender could not name the message that it is about.
        guard target != nil, case .text(let text) = other else { return false }
        switch self {
        case .reply(_, let own), .edit(_, let own): return own == text
        default: return false
        }
    }
}
