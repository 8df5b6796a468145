import Chat
import ChatWire
import Crypto
import MLS
import MLSWire
import NIOCore
import TLSSyntax

/// The ways into a room that is there: coming in by oneself, and being added.
extension Room {
    // MARK: Coming in by oneself

    /// The server says where the room is, as it was asked.
    func described(_ status: RoomStatus) {
        if join == nil, rollback.unknownSince != nil { return describedToUnknown(status) }
        guard let join, case .describing = join.stage else { return }
        guard let info = status.groupInfo else {
            return joinFailed("the server has no way in to offer", canRetry: true)
        }
        join.status = status
        join.stage = .fetching(info)
        policy = phase == .joining ? status.policy : policy
        ask(.fetch(info))
    }

    /// There is no such room: whoever asks for an open one founds it.
    func describeFailed(_ failure: Failure) {
        guard let pending = join, case .describing = pending.stage else { return }
        join = nil
        if failure.code == .unknownRoom, phase == .joining, policy.admission == .open {
            do { try found() } catch { emit(.failure("\(title) was not founded: \(error)")) }
        } else {
            joinFailed(SafeText.line(failure.words), canRetry: failure.canRetry)
        }
    }

    /// The group info is here.
    func joinExternally(_ bytes: ByteBuffer) {
        guard let join, let status = join.status else { return }
        guard case .groupInfo(let info)? = try? MLSMessage(decoding: Array(bytes.readableBytesView)),
            info.context.groupID.bytes == id.bytes
        else { return joinFailed("the server's description of the group is damaged", canRetry: false) }
        guard let told = try? RoomPolicy(decoding: info.context.extensions[.roomPolicy]), told.admission == .open,
            phase == .joining || told == policy
        else { return joinFailed("the group's policy is not what the server says", canRetry: false) }
        policy = told
        do throws(MLSError) {
            let old = try ownLeaf(in: info)
            let joining = try MLSGroup.joinExternally(info, replacing: old, client: host.mls)
            let message = joining.message
            let newInfo = joining.groupInfo
            let group = joining.take()
            let live = LiveGroup(group)
            let submission = Submission(
                room: id, token: takeControlToken(), epoch: info.context.epoch,
                commit: ByteBuffer(bytes: message.encoded),
                roster: Roster(added: [Roster.Addition(me, leaf: live.group.leaf.rawValue)]),
                groupInfo: ByteBuffer(bytes: MLSMessage.groupInfo(newInfo).encoded))
            join.group = live
            join.stage = .submitted(submission)
            // A device that comes in anew may have gone on meanwhile.
            if chain(at: status.head) != status.chain {
                cursor = LogCursor(after: status.head, chain: status.chain)
            }
            ask(.submit(submission))
        } catch {
            joinFailed("\(error)", canRetry: false)
        }
    }

    /// The leaf that this device left behind, if it was here before.
    func ownLeaf(in info: GroupInfo) throws(MLSError) -> LeafIndex? {
        let tree: TreeNodes?
        do throws(SyntaxError) {
            tree = try info.extensions.value(.ratchetTree, as: TreeNodes.self)
        } catch {
            throw .malformed(error)
        }
        for (place, node) in (tree?.nodes ?? []).enumerated() {
            if case .leaf(let leaf)? = node, host.device(of: leaf.credential, key: leaf.signatureKey) == me {
                return LeafIndex(place / 2)
            }
        }
        return nil
    }

    /// The way in was taken by another commit, or refused.
    func joinSubmitFailed(_ failure: Failure) {
        guard join != nil else { return }
        joinFailed(SafeText.line(failure.words), canRetry: failure.canRetry || failure.code == .epochTaken)
    }

    /// Our own commit has its place. What came before it is not for this device, but belongs to the chain.
    func joinAccepted(at place: UInt64, _ time: Timestamp) {
        guard let join, case .submitted(let submission) = join.stage else { return }
        guard place > cursor.sequence else {
            // The log was said to be longer than it is: nothing that follows would count as new.
            let told = cursor.sequence
            cursor = LogCursor(after: place, chain: cursor.chain)
            report(.rollback(from: told, to: place))
            return joinFailed("the server said that the room's log is longer than it is", canRetry: true)
        }
        join.place = place
        head = place
        guard place > cursor.sequence + 1 else {
            let entry = LogEntry(
                room: id, sequence: place, time: time, sender: me, token: submission.token, kind: .commit,
                roster: submission.roster, payload: .inline(submission.commit))
            return process(entry, submission.commit)
        }
        isCatchingUp = true
        ask(.read(after: cursor.sequence))
    }

    /// The group begins for this device.
    func settleJoin(_ entry: LogEntry) -> Bool {
        guard let pending = join, let group = pending.group else { return false }
        guard case .submitted(let submission) = pending.stage else { return false }
        join = nil
        live = group
        begin(at: entry.sequence)
        keepCommit(submission, isOwn: true, at: entry.sequence)
        note(.joined(me, by: nil))
        emit(.phase(.active))
        return true
    }

    // MARK: Being added

    /// A welcome waits at the server.
    func welcomed(_ notice: WelcomeNotice) {
        if phase == .active, live != nil, !isLost, !isUnused(notice.package) {
            rollback.base = Rollback.Base(place: notice.sequence, chain: notice.chain, epoch: joinedEpoch)
        }
        if phase == .active, live != nil, !isLost, rollback.unknownSince != nil {
            // A commit that the server had lost is there again, and with it this device; or it is invited anew.
            guard isUnused(notice.package) else {
                emit(.welcomeTaken(notice.id))
                return ask(.enter)
            }
            rollback.unknownSince = nil
            heldWelcome = notice
            return useHeldWelcome(isCertain: true)
        }
        if phase == .active, live != nil, !isLost, notice.sequence <= cursor.sequence {
            return emit(.welcomeTaken(notice.id))
        }
        if phase == .active, live != nil, !isLost {
            heldWelcome = notice
            return
        }
        if let join, let old = join.welcome, old.id == notice.id { return }
        follow(notice)
    }

    private func follow(_ notice: WelcomeNotice) {
        let pending = PendingJoin(.fetching(notice.welcome))
        pending.welcome = notice
        join = pending
        ask(.fetch(notice.welcome))
    }

    /// Whether a key package was never used to come in.
    private func isUnused(_ package: [UInt8]) -> Bool {
        guard let record = try? store.value(in: .keyPackages, at: package),
            let secrets = try? KeyPackageSecrets(restoring: record)
        else { return false }
        return secrets.keyPackage.extensions[.lastResort] == nil
    }

    /// This device is out of the group that it knew.
    func useHeldWelcome(isCertain: Bool = false) {
        guard let notice = heldWelcome else { return }
        heldWelcome = nil
        if isCertain { follow(notice) } else { welcomed(notice) }
    }

    /// The log has come to where a welcome would have begun, and this device is still in its group.
    func dropHeldWelcome() {
        guard let notice = heldWelcome, notice.sequence <= cursor.sequence, phase == .active else { return }
        heldWelcome = nil
        emit(.welcomeTaken(notice.id))
    }

    func joinByWelcome(_ bytes: ByteBuffer, _ notice: WelcomeNotice) {
        let secrets: SymmetricKey?
        do {
            secrets = try store.value(in: .keyPackages, at: notice.package)
        } catch {
            return welcomeFailed(notice, "the key package's keys cannot be read: \(error)")
        }
        guard let secrets, case .welcome(let welcome)? = try? MLSMessage(decoding: Array(bytes.readableBytesView))
        else {
            return welcomeFailed(notice, "the keys for this invitation are gone")
        }
        do throws(MLSError) {
            let package = try KeyPackageSecrets(restoring: secrets)
            let isLastResort = package.keyPackage.extensions[.lastResort] != nil
            let group = try MLSGroup.join(welcome, with: package, client: host.mls)
            let joined = LiveGroup(group)
            guard joined.group.id.bytes == id.bytes,
                let told = try? RoomPolicy(decoding: joined.group.state.context.extensions[.roomPolicy])
            else { return welcomeFailed(notice, "the invitation is for another room than the server says") }
            let inviter = joined.group.state.member(
                try MLSGroup.inviter(in: welcome, with: package, client: host.mls)
            ).flatMap(host.identity(of:))
            guard let inviter else { return welcomeFailed(notice, "nobody in the group has made it") }
            // A group that this device knows goes on only with those who are in it: a server may have friends.
            guard live == nil || (told == policy && (isMember(inviter) || trustsInviter)) else {
                return welcomeFailed(
                    notice,
                    "\(inviter) was not in the room, as this device knows it; ask who that is, and if all is well: /rejoin"
                )
            }
            if told.admission == .direct {
                let users = Set(joined.group.state.members.compactMap { host.identity(of: $0)?.user })
                guard users.count <= 2, let other = peer(among: joined.group.state.members) else {
                    return welcomeFailed(notice, "it is called a talk of two, and is none of this user's")
                }
                peer = other
            } else if policy.admission == .direct || peer(among: joined.group.state.members) != nil {
                return welcomeFailed(notice, "somebody has founded another kind of room in the place of a talk of two")
            }
            if isLastResort { emit(.lastResortUsed) } else { write(.keyPackages, notice.package, nil) }
            live = joined
            policy = told
            if isLost {
                // Somebody has founded it anew: its log is another one.
                generation += 1
                rollback.forgetLog()
                latest = nil
                isLost = false
            }
            cursor = LogCursor(after: notice.sequence, chain: notice.chain)
            join = nil
            begin(at: notice.sequence)
            emit(.welcomeTaken(notice.id))
            note(.joined(me, by: inviter))
            emit(.phase(.active))
            if isConnected { ask(.enter) }
        } catch {
            welcomeFailed(notice, "\(error)")
        }
    }

    /// Whose talk with this user has the room's id.
    func peer(among members: [GroupMember]) -> UserName? {
        let users = Set(members.compactMap { host.identity(of: $0)?.user })
        return users.first { RoomID(ofDirect: me.user, $0) == id && ($0 != me.user || users.count == 1) }
    }

    /// An invitation that leads nowhere is put away; the members believe that this device is in, so it asks to be added anew.
    func welcomeFailed(_ notice: WelcomeNotice, _ reason: String) {
        join = nil
        emit(.welcomeTaken(notice.id))
        guard live == nil || phase == .rejoining else { return }
        emit(.failure("an invitation by \(notice.sender) could not be opened: \(reason)"))
        phase = .rejoining
        rejoinAfter = host.now + 1_000
        dirtyRoom = true
    }

    /// From here on this device reads along.
    func begin(at place: UInt64) {
        isNewcomer = phase == .joining
        phase = .active
        isEntered = false
        forgetMarks()
        isCatchingUp = false
        awaited = nil
        head = max(cursor.sequence, place)
        commit = nil
        leaveToken = nil
        trustsInviter = false
        refusedCommit = nil
        staleRefusals = 0
        isBeingRemoved = false
        rejoinAttempts = 0
        senders = [:]
        gaps = [:]
        damaged = [:]
        epochTags = [:]
        if let live {
            joinedEpoch = live.group.state.epoch
            _ = epochTag(of: live)
            meetMembers()
        }
        epochBegan = place
        refreshed = host.clock
        write(.staged, id.bytes, nil)
        forgetCommits()
        rollback.strangers = nil
        if var start = chain(at: cursor.start)?.bytes {
            write(.chain, key(cursor.start), SymmetricKey(wiping: &start))
        }
        saveGroup()
        // What was sealed in the group of before nobody could read now.
        for token in outbox.tokens where outbox[token]?.sealed != nil {
            outbox.unseal(token)
            if let item = outbox[token] { store(item) }
        }
        wantWhatIsLost()
        if isConnected, join == nil { ask(.enter) }
    }

}
