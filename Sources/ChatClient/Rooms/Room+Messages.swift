import Chat
import ChatWire
import Crypto
import MLS
import MLSWire
import NIOCore
import TLSSyntax

/// What is said in the room.
extension Room {
    // MARK: Saying

    /// Says something: at once, or when the room allows it.
    /// - Returns: the message's own number.
    @discardableResult
    package func say(_ body: MessageBody) -> UInt64 {
        let item = Outbox.Item(token: takeToken(), body: body, time: Timestamp(milliseconds: host.clockMilliseconds))
        outbox.append(item)
        flushOutbox()
        // What was sealed at once is stored as it was sealed.
        if outbox[item.token]?.sealed == nil { store(item) }
        if body.isLasting, outbox[item.token]?.isSent != true { emit(.waiting(token: item.token, body)) }
        return item.token
    }

    /// Seals what waits, and sends what is sealed.
    ///
    /// Nothing is sealed for an epoch that may be over: whoever came in since could not read it.
    func flushOutbox() {
        while isCaughtUp, canSeal, staleRefusals == 0 || host.now >= sealAfter, let item = outbox.firstWaiting {
            if isForStrangers(item) {
                holdBack(item)
                continue
            }
            guard let body = body(of: item) else { break }
            if body != item.body { outbox.changeFirstWaiting(to: body) }
            guard let item = outbox.firstWaiting, let sealed = seal(item) else { break }
            if let item = outbox.seal(sealed) { store(item) }
        }
        guard isEntered, phase == .active, search == nil else { return }
        while let (token, payload) = outbox.takeReady(upTo: rollback.logEpoch ?? .max) {
            ask(.send(token: token, payload: payload))
        }
    }

    func seal(_ item: Outbox.Item) -> Outbox.Sealed? {
        guard let live else { return nil }
        let content = MessageContent(
            token: item.token, seen: cursor.sequence, seenChain: cursor.chain, time: item.time, item.body)
        do {
            let bytes = try content.encoded()
            let tag = epochTag(of: live)
            let message = try live.group.seal(
                bytes, authenticatedData: tag.authenticatedData, padding: Padding.length(for: bytes.count))
            dirtyRatchets = true
            return Outbox.Sealed(epoch: live.group.state.epoch, payload: ByteBuffer(bytes: message.encoded))
        } catch let error as MLSError {
            // An epoch has its last message: a new one begins.
            if error == .misuse(.sendLimit) { want(.refresh) }
        } catch {
            // What is too long was refused when it was typed.
        }
        return nil
    }

    /// All who can send have that much of it; what fails with an old epoch is sealed again.
    func sendFailed(_ token: UInt64, _ failure: Failure) {
        guard let item = outbox[token] else { return }
        switch failure.code {
        case .staleEpoch:
            outbox.unseal(token)
            if let unsealed = outbox[token] { store(unsealed) }
            guard isCaughtUp else { return }
            guard item.sealed?.epoch == live?.group.state.epoch else { return flushOutbox() }
            // It is of the latest epoch that this device knows of: to say it again at once would be in vain.
            staleRefusals += 1
            sealAfter = host.now + 1_000
            if staleRefusals > 3 { desynchronised(because: "the server says that the room is in another epoch") }
        case .notAMember: notCounted()
        default:
            if failure.canRetry {
                outbox.forgetSending()
            } else {
                _ = outbox.remove(token)
                write(.outbox, outboxKey(token), nil)
            }
            if item.body.isLasting {
                emit(.notSent(token: token, item.body, failure.words, isRetried: failure.canRetry))
            }
        }
    }

    /// A message of this device has its place.
    func settleMessage(_ entry: LogEntry) -> Bool {
        guard let item = outbox.remove(entry.token) else { return false }
        if let place = item.place, place != entry.sequence { report(.relabelled(claimed: me, at: place)) }
        write(.outbox, outboxKey(entry.token), nil)
        let body = body(of: item) ?? item.body.withoutTarget(upTo: entry.sequence)
        keepSent(item)
        isShown = cameAgain(body, of: MessageOrigin(me, entry.token), at: entry.sequence)
        keep(body, of: me, token: item.token)
        if case .delete(let target) = body { delete(target, by: me) }
        flushOutbox()
        return true
    }

    /// It had its place before this device came in anew, and the answer was lost.
    func settleLate(_ token: UInt64, at place: UInt64, _ time: Timestamp) {
        guard place <= cursor.start else {
            // This device has processed that place, and it was not its own. The message waits for the next connection.
            return report(.relabelled(claimed: me, at: place))
        }
        guard let item = outbox.remove(token) else { return }
        write(.outbox, outboxKey(token), nil)
        guard item.body.isLasting else { return }
        var message = StoredMessage(sequence: place, time: time, sender: me, token: token, .body(item.body))
        message.notices = stored(at: place)?.notices ?? []
        save(message)
        emit(.sent(message))
    }

    // MARK: Hearing

    func receiveMessage(_ entry: LogEntry, _ payload: ByteBuffer) {
        guard let live, !isSameAgain(entry) else { return }
        let message: MLSMessage
        do throws(SyntaxError) {
            message = try MLSMessage(decoding: Array(payload.readableBytesView))
        } catch {
            return unreadable(.damaged, entry)
        }
        guard case .privateMessage(let envelope) = message, envelope.contentType == .application else {
            return unreadable(.damaged, entry)
        }
        guard envelope.groupID.bytes == id.bytes else {
            report(.splice(of: entry.sender, at: entry.sequence))
            return unreadable(.damaged, entry)
        }
        do throws(MLSError) {
            let received = try live.group.receive(message)
            dirtyRatchets = true
            // A switch, since the compiler takes no pattern over a noncopyable value elsewhere.
            switch consume received {
            case .application(let said): heard(said, entry)
            case .proposal: break
            case .commit: break
            case .own: entry.sender == me ? forgotten(entry) : unreadable(.damaged, entry)
            }
        } catch {
            if entry.sender == me, case .futureEpoch = error { return forgotten(entry) }
            refused(error, envelope, entry)
        }
    }

    func heard(_ said: ApplicationMessage, _ entry: LogEntry) {
        guard let sender = host.identity(of: said.sender) else { return }
        guard sender == entry.sender else {
            return report(.relabelled(claimed: entry.sender, at: entry.sequence))
        }
        var content: MessageContent
        do throws(ContentError) {
            content = try MessageContent(bytes: said.data)
        } catch {
            if case .unknownVersion = error { return unreadable(.newerClient, entry) }
            return unreadable(.damaged, entry)
        }
        guard content.token & Self.controlBit == 0, content.token < SenderCounter.maximum else {
            return unreadable(.damaged, entry)
        }
        guard content.token == entry.token else {
            return report(.relabelled(claimed: entry.sender, at: entry.sequence))
        }
        if !check(content, from: sender, entry) {
            // Its places are of another log: what it is about is not known here.
            content.body = content.body.withoutTarget(upTo: entry.sequence)
        }
        let origin = MessageOrigin(sender, content.token)
        if rollback.awaits(origin) {
            _ = count(content.token, of: sender)
            isShown = cameAgain(content.body, of: origin, at: entry.sequence)
            return act(on: content, of: sender, entry)
        }
        switch count(content.token, of: sender) {
        case .replay:
            // What was said before this device came in may be said again after it.
            guard rollback.count > 0, !has(origin) else { return report(.replay(of: sender, at: entry.sequence)) }
        // What was sealed again for a new epoch comes late; only what stays away is missed.
        case .gap(let missing):
            if missing.count >= Int(SenderCounter.window) {
                report(.dropped(of: sender, count: UInt64(missing.count)))
            }
            gaps[sender] = gaps[sender] ?? host.now
        case .next, .late: break
        }
        if senders[sender]?.ahead.isEmpty == true { gaps[sender] = nil }
        act(on: content, of: sender, entry)
    }

    func count(_ token: UInt64, of sender: PeerIdentity) -> SenderCounter.Verdict {
        guard senders[sender] != nil else {
            senders[sender] = SenderCounter(first: token)
            return .next
        }
        return senders[sender]?.take(token) ?? .next
    }

    /// Compares what the sender had seen of the log with what was shown here.
    /// - Returns: whether they agree, as far as that is known.
    func check(_ content: MessageContent, from sender: PeerIdentity, _ entry: LogEntry) -> Bool {
        guard content.seen < entry.sequence else {
            report(.withheld(seenBy: sender, upTo: content.seen))
            return false
        }
        guard let own = chain(at: content.seen), own != content.seenChain else { return true }
        report(.twoHistories(with: sender, at: content.seen))
        return false
    }

    func act(on content: MessageContent, of sender: PeerIdentity, _ entry: LogEntry) {
        switch content.body {
        case .delivered(let place):
            if receipts.noteDelivered(min(place, entry.sequence), by: sender.user) {
                emit(.receipt(sender.user, upTo: place, isRead: false))
            }
        case .read(let place):
            if receipts.noteRead(min(place, entry.sequence), by: sender.user) {
                emit(.receipt(sender.user, upTo: place, isRead: true))
            }
        case .typing: emit(.typing(sender.user))
        case .missing(let request): if request.device == me { sayAgain(request.tokens) }
        case .again(let token, let time, let body):
            heardAgain(body, token: token, saidAt: time, of: sender, as: content.token)
        case .info(let info):
            announced(info)
            keep(content.body, of: sender, token: content.token)
        default:
            keep(content.body, of: sender, token: content.token)
            if case .delete(let target) = content.body { delete(target, by: sender) }
            if sender.user != me.user { receipts.own.have = max(receipts.own.have, entry.sequence) }
        }
    }

    /// Why a message cannot be read has a name.
    func refused(_ error: MLSError, _ envelope: PrivateMessage, _ entry: LogEntry) {
        switch error {
        case .futureEpoch:
            unreadable(.rejoining, entry)
            desynchronised(because: "\(error)")
        case .pastEpoch(let epoch) where epoch < joinedEpoch:
            unreadable(.beforeYouJoined, entry)
        case .invalid(.generationIsUnused):
            report(.replay(of: entry.sender, at: entry.sequence))
        default:
            if let own = epochTags[envelope.epoch],
                let told = try? EpochTag(authenticatedData: envelope.authenticatedData), own != told
            {
                report(.twoHistories(with: entry.sender, at: entry.sequence))
                return unreadable(.forked, entry)
            }
            unreadable(.damaged, entry)
            // Whoever said it can say it again. Its number is only the server's word, so it does not count; and nobody is asked
            // without end.
            guard damaged[entry.sender, default: []].count < 64,
                damaged[entry.sender, default: []].insert(entry.token).inserted
            else { return }
            guard entry.sender != me, isMember(entry.sender) else { return }
            askAgain(entry.sender, [entry.token])
            unreadable(.missing(asking: entry.sender), entry)
        }
    }

    // MARK: Missing

    /// Asks a device to say messages again.
    func askAgain(_ device: PeerIdentity, _ tokens: [UInt64]) {
        guard device != me, isMember(device), let request = MissingRequest(device, tokens: Array(tokens.prefix(64)))
        else { return }
        say(.missing(request))
    }

    /// What was waited for long enough is asked for.
    func askForGaps() {
        for (device, since) in gaps where host.now >= since + host.settings.gapPatience {
            gaps[device] = nil
            guard let missing = senders[device]?.missing, !missing.isEmpty else { continue }
            report(.dropped(of: device, count: UInt64(missing.count)))
            askAgain(device, missing)
        }
    }

    func sayAgain(_ tokens: [UInt64]) {
        for message in ownMessages(tokens) where wasSaidToAll(message) {
            if case .body(let body) = message.content { say(.again(token: message.token, time: message.time, body)) }
        }
    }

    func heardAgain(
        _ body: MessageBody, token: UInt64, saidAt time: Timestamp, of sender: PeerIdentity, as content: UInt64
    ) {
        // It may have come meanwhile; and only what is missing is let in by this way.
        guard senders[sender]?.ahead.isEmpty == false || damaged[sender]?.contains(token) == true else { return }
        let verdict = senders[sender]?.take(token)
        let wasDamaged = damaged[sender]?.remove(token) != nil
        guard verdict == .late || verdict == .next || wasDamaged else { return }
        if senders[sender]?.ahead.isEmpty == true {
            gaps[sender] = nil
            findings.removeAll { if case .dropped(sender, _) = $0 { true } else { false } }
        }
        place?.token = content
        place?.content = .body(.again(token: token, time: time, body))
    }

    /// Sends what waits for an answer once more.
    package func resend() {
        outbox.forgetSending()
        if isCaughtUp { resumeSending() }
    }

    // MARK: By itself

    /// Tells the others what has come, and what was seen.
    func sendReceipts() {
        guard receipts.own.have > receipts.own.said || receipts.ownRead.have > receipts.ownRead.said, canSeal,
            isCaughtUp, tellsReceipts
        else { return }
        if receipts.own.have > receipts.own.said {
            receipts.own.said = receipts.own.have
            say(.delivered(upTo: receipts.own.have))
        }
        if receipts.ownRead.have > receipts.ownRead.said {
            receipts.ownRead.said = receipts.ownRead.have
            say(.read(upTo: receipts.ownRead.have))
        }
    }

    /// In large rooms receipts would outnumber what is said.
    private var tellsReceipts: Bool {
        memberCount <= 4 * host.settings.receiptsUpTo
            && Set(members.map(\.identity.user)).count <= host.settings.receiptsUpTo
    }

    /// The user has seen the room up to its end.
    package func markRead() {
        receipts.ownRead.have = max(receipts.ownRead.have, receipts.own.have)
        dirtyRoom = true
    }

    /// The user is typing.
    package func typing() {
        guard canSeal, isCaughtUp, tellsReceipts, host.now >= typingSent + 8_000 || typingSent == 0 else { return }
        typingSent = max(host.now, 1)
        say(.typing)
    }

    func epochTag(of live: LiveGroup) -> EpochTag {
        let epoch = live.group.state.epoch
        if let known = epochTags[epoch] { return known }
        let tag = EpochTag(authenticator: live.group.epochAuthenticator)
        epochTags[epoch] = tag
        if epochTags.count > 8, let oldest = epochTags.keys.min() { epochTags[oldest] = nil }
        return tag
    }
}
