import Chat
import ChatWire
import Crypto
import MLS
import MLSWire
import NIOCore

/// What becomes of commits: one's own, and those of others.
extension Room {
    /// The server took another commit for this epoch; it is in the log.
    func submitFailed(_ token: UInt64, _ failure: Failure) {
        if case .submitted(let submission)? = join?.stage, submission.token == token {
            return joinSubmitFailed(failure)
        }
        if rollback.carried?.token == token { return bringingBackFailed(failure) }
        // The winner may have come before, and the next try be under way.
        guard let commit, commit.submission.token == token else { return }
        switch failure.code {
        case .epochTaken:
            loseRace()
            if head > cursor.sequence, !isCatchingUp { startReading() }
        case .notAMember:
            loseRace()
            notCounted()
        default:
            if failure.canRetry {
                commit.isSent = false
                commitAfter = host.now + 1_000
                return
            }
            intents.removeAll { commit.intents.contains($0) }
            loseRace()
            emit(.failure("the change was not made: \(SafeText.line(failure.words))"))
        }
    }

    /// The commit is void; what it was to bring about is still wanted.
    func loseRace() {
        guard commit != nil else { return }
        commit = nil
        write(.staged, id.bytes, nil)
        lostRaces += 1
        commitAfter = host.now + 20 + host.jitter(below: min(100 << min(UInt64(lostRaces), 6), 5_000))
        dirtyRoom = true
    }

    /// The server took ours.
    func settleCommit(_ entry: LogEntry) -> Bool {
        if let join, case .submitted(let submission) = join.stage, submission.token == entry.token {
            return settleJoin(entry)
        }
        guard let own = commit, own.submission.token == entry.token, let live else { return false }
        guard let staged = own.staged.take() else { return false }
        intents.removeAll { own.intents.contains($0) }
        for intent in own.intents { claims[intent] = nil }
        write(.staged, id.bytes, nil)
        commit = nil
        lostRaces = 0
        if intents.isEmpty { isCautious = false }
        refreshed = host.clock
        let adds = !staged.effects.added.isEmpty
        keepCommit(own.submission, isOwn: true, at: entry.sequence)
        adopt(staged, in: live, entry)
        if adds { announce() }
        return true
    }

    /// A commit of another member.
    func receiveCommit(_ entry: LogEntry, _ payload: ByteBuffer) {
        guard let live else { return }
        do {
            let message = try MLSMessage(decoding: Array(payload.readableBytesView))
            try checkOrigin(of: message, entry)
            let received = try live.group.receive(message)
            switch consume received {
            case .commit(let staged):
                if let breach = breach(of: staged.effects) { throw breach }
                let effects = staged.effects
                let isHis = committer(of: effects, in: live).map { $0 == entry.sender } ?? true
                if !isHis { reportOtherHand(effects, in: live, entry) }
                if roster(of: effects) != entry.roster { report(.misrouted(by: entry.sender, at: entry.sequence)) }
                loseRace()
                let submission = Submission(
                    room: id, token: entry.token, epoch: live.group.state.epoch, commit: payload, roster: entry.roster)
                keepCommit(submission, isOwn: false, at: entry.sequence)
                adopt(staged, in: live, entry)
            case .application: throw RefusedCommit("it is a message")
            case .proposal: throw RefusedCommit("it is a proposal")
            case .own: throw RefusedCommit("it is a commit of this device that it does not remember")
            }
        } catch let error as MLSError {
            if case .futureEpoch = error { return desynchronised(because: "\(error)") }
            refuse(entry, because: "\(error)")
        } catch {
            refuse(entry, because: "\(error)")
        }
    }

    /// Who made a commit that is not adopted yet.
    func committer(of effects: Effects, in live: LiveGroup) -> PeerIdentity? {
        let member =
            effects.isExternalJoin
            ? effects.added.first { $0.leaf == effects.committer } : live.group.state.member(effects.committer)
        return member.flatMap(host.identity(of:))
    }

    func checkOrigin(of message: MLSMessage, _ entry: LogEntry) throws(RefusedCommit) {
        switch message {
        case .privateMessage(let envelope):
            guard envelope.groupID.bytes == id.bytes else {
                report(.splice(of: entry.sender, at: entry.sequence))
                throw RefusedCommit("it belongs to another room")
            }
        case .publicMessage(let content):
            guard case .newMemberCommit = content.content.sender else {
                throw RefusedCommit("a member's commit was sent in the clear")
            }
            guard policy.admission == .open else {
                throw RefusedCommit("nobody comes into this room without being added")
            }
        default: throw RefusedCommit("it is no commit")
        }
    }

    /// What the room's own rules forbid, though MLS allows it.
    func breach(of effects: Effects) -> RefusedCommit? {
        if let extensions = effects.extensions, extensions[.roomPolicy] != policy.encoded {
            return RefusedCommit("it changes the room's policy, which is fixed")
        }
        if effects.reInit != nil { return RefusedCommit("it closes the group, which nobody may") }
        if policy.admission == .direct {
            let users = Set([me.user] + [peer].compactMap { $0 })
            let strangers = effects.added.compactMap(host.identity(of:)).filter { !users.contains($0.user) }
            if let stranger = strangers.first { return RefusedCommit("it adds \(stranger) to a talk of two") }
        }
        return nil
    }

    /// Members say of a commit that they cannot accept it; if most do, the server sets it aside.
    func refuse(_ entry: LogEntry, because reason: String) {
        // Whose group is not the others' any more has no say in what they do.
        guard phase == .active else { return }
        report(.invalidCommit(by: entry.sender, at: entry.sequence))
        emit(.failure("a change by \(entry.sender) was refused: \(reason)"))
        refusedCommit = entry.sequence
        loseRace()
        ask(.reject(entry.sequence))
        dirtyRoom = true
    }

    /// The server set a commit aside.
    func receiveVoided(_ entry: LogEntry, _ payload: ByteBuffer) {
        guard let place = payload.getInteger(at: payload.readerIndex, as: UInt64.self) else { return }
        if refusedCommit == place {
            refusedCommit = nil
            dirtyRoom = true
            note(.setAside(by: entry.sender, at: place))
            return commitIfNeeded()
        }
        guard place == epochBegan else { return }
        report(.undone(at: place))
        desynchronised(because: "the server has set aside a commit that this device had accepted")
    }

    /// Enters the epoch that a commit begins.
    func adopt(_ staged: consuming StagedEpoch, in live: LiveGroup, _ entry: LogEntry) {
        let effects = staged.effects
        let snapshot = live.group.snapshot(adopting: staged)
        let before = effects.committer
        live.group.adopt(staged)
        write(.epochs, id.bytes, snapshot.epoch)
        write(.ratchets, id.bytes, snapshot.ratchets)
        dirtyRatchets = false
        dirtyRoom = true
        epochBegan = entry.sequence
        commitAfter = host.now
        staleRefusals = 0
        isBeingRemoved = false
        let added = Set(effects.added.compactMap(host.identity(of:)))
        intents.removeAll { if case .readd(let device, _) = $0 { added.contains(device) } else { false } }
        if !rollback.expelled.isEmpty {
            rollback.expelled = rollback.expelled.filter(isMember)
            storeRollback()
        }
        for device in added {
            senders[device] = nil
            leaving.remove(device)
        }
        if effects.removesSelf { return added.contains(me) ? replaced() : removed(by: entry) }
        _ = epochTag(of: live)
        tell(effects, committer: live.group.state.member(before).flatMap(host.identity(of:)), entry)
        // A commit that was made before they said so has left them in, and their proposals are of an epoch that is over.
        for device in leaving.sorted() where isMember(device) {
            commitSoon()
            want(.remove(device))
        }
        flushOutbox()
        if live.group.pendingProposalCount == 0 { commitIfNeeded() }
    }

    /// This device is taken out and added anew, by one commit: a welcome is for it.
    func replaced() {
        if phase == .active {
            lostThread = "it was added anew"
            rejoinAfter = host.now + 2_000
            emit(.phase(.rejoining))
        }
        phase = .rejoining
        forgetGroup()
        useHeldWelcome()
    }

    func removed(by entry: LogEntry) {
        phase = .removed
        live = nil
        intents = []
        write(.epochs, id.bytes, nil)
        write(.ratchets, id.bytes, nil)
        giveUpSending()
        note(.removed(me, by: revoked.contains(me) ? nil : entry.sender))
        emit(.phase(.removed))
        useHeldWelcome()
    }
}
