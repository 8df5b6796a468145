import Chat
import ChatWire
import MLS
import MLSWire
import NIOCore
import TLSSyntax

import struct Crypto.SymmetricKey

/// Following the room's log: each entry in its turn, none twice, none left out.
extension Room {
    /// The server tells from now on what is new.
    func entered(_ status: RoomStatus) {
        isEntered = true
        head = status.head
        rollback.unknownSince = nil
        rollback.targetsUntil = host.now + Self.targetPatience
        let forgotten = compareCursor(status)
        tellWhereLogBegins(status)
        if isStale { want(.refresh) }
        if hasOtherServer { want(.trustServer) }
        compare(status, forgotten: forgotten)
    }

    /// Whether this device's leaf shows a certificate that was renewed since.
    private var isStale: Bool {
        live.map { $0.group.state.member($0.group.leaf)?.credential != host.mls.credential } ?? false
    }

    /// The server keeps the log for a time only, and has dropped entries that this device had not read. What is left behind them cannot be
    /// read without them: the log is followed from its end, until this device has come in anew.
    func skipDropped(_ status: RoomStatus) {
        note(.cut(after: cursor.sequence, first: status.first, head: status.head))
        cursor = LogCursor(after: status.head, chain: status.chain)
        dirtyRoom = true
        desynchronised(because: "the server has dropped entries that this device had not read")
    }

    /// A newcomer is told from where on the server has the log, if that is not from the beginning.
    private func tellWhereLogBegins(_ status: RoomStatus) {
        guard isNewcomer else { return }
        isNewcomer = false
        if status.first > 1 { note(.keptSince(status.first)) }
    }

    func startReading() {
        guard isEntered, !isCatchingUp else { return }
        isCatchingUp = true
        ask(.read(after: cursor.sequence))
    }

    /// An answer to a request to read has ended.
    func readEnd(head told: UInt64) {
        head = max(head, told)
        guard isCatchingUp, awaited == nil else { return }
        guard search == nil else { return pageCompared() }
        // Also what was new while it was being read, or what the server has spoken of.
        let head = self.head
        if cursor.sequence < head {
            // A server that sends nothing must not be asked for ever.
            guard cursor.sequence > lastRead else {
                if heldWelcome != nil {
                    isCatchingUp = false
                    return desynchronised(because: "it was removed while it was away, and added anew")
                }
                isCatchingUp = false
                guard isEntered else { return notCounted() }
                report(.concealed(from: cursor.sequence + 1, to: head))
                // What was concealed is not waited for; what comes next shows the gap.
                self.head = told
                return told == cursor.sequence ? caughtUp() : ()
            }
            lastRead = cursor.sequence
            return ask(.read(after: cursor.sequence))
        }
        isCatchingUp = false
        if isEntered { return caughtUp() }
        // The server does not let it in, and the log does not say that it was removed.
        notCounted()
    }

    /// Nothing is ahead: what waited for that goes on.
    func caughtUp() {
        lastRead = 0
        dropHeldWelcome()
        checkPlaces()
        emit(.caughtUp)
        resumeSending()
    }

    /// The server has given places to messages that are not there.
    func checkPlaces() {
        for token in outbox.tokens {
            guard let place = outbox[token]?.place, place <= cursor.sequence else { continue }
            outbox.place(token, at: nil)
            report(.concealed(from: place, to: place))
        }
    }

    /// An entry of the log, as it is new or as it was asked for.
    func receive(_ entry: LogEntry) {
        guard awaited == nil, phase == .active || phase == .rejoining || join?.place != nil else { return }
        head = max(head, entry.sequence)
        guard search == nil else { return compare(entry) }
        if entry.sequence == cursor.sequence + 1 { return take(entry) }
        if entry.sequence > cursor.sequence {
            // While it is being read, what is new comes with the rest.
            guard !isCatchingUp else { return }
            report(.reorder(expected: cursor.sequence + 1, got: entry.sequence))
            return startReading()
        }
        guard let before = chain(at: entry.sequence - 1), let after = chain(at: entry.sequence) else { return }
        if LogChain.next(before, entry) != after {
            report(.rewritten(at: entry.sequence))
        } else if !isCatchingUp {
            report(.replay(of: entry.sender, at: entry.sequence))
        }
    }

    /// The next entry.
    func take(_ entry: LogEntry) {
        switch entry.payload {
        case .inline(let bytes): process(entry, bytes)
        case .blob(let reference):
            awaited = entry
            ask(.fetch(reference))
        }
    }

    /// The payload of the awaited entry has come; its hash was checked.
    func fetched(_ entry: LogEntry, _ payload: ByteBuffer) {
        awaited = nil
        process(entry, payload)
        if isCatchingUp || head > cursor.sequence {
            isCatchingUp = false
            if head > cursor.sequence { startReading() } else { caughtUp() }
        }
    }

    func process(_ entry: LogEntry, _ payload: ByteBuffer) {
        cursor.advance(over: entry)
        keepChain(of: entry)
        dirtyRoom = true
        open(entry)
        defer { close() }
        host.look(at: entry.time)
        defer { host.look(at: nil) }
        if entry.kind == .commit, passAlong(entry, payload) { return }
        if entry.sender == me {
            if settle(entry) { return }
            if entry.kind == .commit || entry.kind == .proposal { return forgotten(entry) }
        }
        guard live != nil, phase == .active || phase == .rejoining else { return }
        switch entry.kind {
        case .created: break
        case .message: receiveMessage(entry, payload)
        case .proposal, .removalRequest: receiveProposal(entry, payload)
        case .leave: receiveLeave(entry, payload)
        case .commit: receiveCommit(entry, payload)
        case .readdRequest: receiveReadd(entry, payload)
        case .voided: receiveVoided(entry, payload)
        }
    }

    /// The chain at the latest place, and beside it whose message stands there.
    private func keepChain(of entry: LogEntry) {
        var bytes = cursor.chain.bytes
        if entry.kind == .message {
            try? MessageOrigin(entry.sender, entry.token).write(to: &bytes)
            entry.payload.digest.write(to: &bytes)
        }
        write(.chain, key(entry.sequence), SymmetricKey(wiping: &bytes))
    }

    /// This device did it, and does not know: its store was set back, and keys that it holds may have been used. It comes in anew.
    func forgotten(_ entry: LogEntry) {
        if entry.token & Self.controlBit == 0 {
            nextToken = max(nextToken, entry.token + 1)
        } else {
            nextControlToken = max(nextControlToken, entry.token &+ 1)
        }
        if entry.kind == .message { unreadable(.rejoining, entry) }
        desynchronised(because: "this device has done things that it does not remember: its store is an earlier copy")
    }

    /// What of this device's own doing has its place now.
    /// - Returns: `false` if the entry is of no doing that is remembered here.
    func settle(_ entry: LogEntry) -> Bool {
        switch entry.kind {
        case .created: return phase == .founding ? settleFounding() : true
        case .message: return settleMessage(entry)
        case .commit: return settleCommit(entry)
        case .leave, .readdRequest: return true
        case .proposal, .removalRequest, .voided: return false
        }
    }

    /// The server says what place a request of ours has. It does so after all that came before.
    func accepted(
        _ kind: EntryKind, token: UInt64, payload: ByteBuffer, roster: Roster = Roster(), at place: UInt64,
        _ time: Timestamp
    ) {
        if kind == .message, place <= cursor.sequence { return settleLate(token, at: place, time) }
        guard place == cursor.sequence + 1, !isCatchingUp, awaited == nil else {
            outbox.place(token, at: place)
            head = max(head, place)
            if place > cursor.sequence, isEntered, !isCatchingUp, awaited == nil { startReading() }
            return
        }
        // The chain holds the payload's hash: whether it came with the entry makes no difference.
        let entry = LogEntry(
            room: id, sequence: place, time: time, sender: me, token: token, kind: kind, roster: roster,
            payload: .inline(payload))
        head = max(head, place)
        process(entry, payload)
    }

    /// The chain at a place, if this device was there.
    func chain(at place: UInt64) -> Digest? {
        if let recent = cursor.chain(at: place) { return recent }
        guard place >= cursor.start, place <= cursor.sequence,
            let record = try? store.value(in: .chain, at: key(place))
        else { return nil }
        return try? record.read { (reader) throws(SyntaxError) in
            let chain = try Digest(from: &reader)
            _ = try reader.opaque(reader.remaining)
            return chain
        }
    }
}
