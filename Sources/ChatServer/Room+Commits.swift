import Chat
import ChatWire
import MLSWire
import NIOCore

/// The order of epochs: of all commits that end one, the first that comes is taken.
extension Room {
    /// A commit with all that belongs to it.
    mutating func submit(
        _ submission: Submission, from device: ConnectedDevice, at now: Timestamp
    ) throws(Failure) -> TokenBook.Place {
        if let place = try place(of: submission.token, from: device.identity) { return place }
        let isExternal = MessageHeader.begins(submission.commit, as: .publicMessage)
        if isExternal {
            try checkExternal(submission, device)
        } else {
            try checkMember(submission, device.identity)
        }
        try checkEpoch(submission.epoch)
        guard voided[device.identity, default: 0] < limits.voidedCommits else {
            let words =
                "\(limits.voidedCommits) commits of this device were set aside here as others could not accept them; "
            throw Failure(.notAllowed, words + "it may commit no more in this room")
        }
        try checkRoster(submission.roster, of: device.identity, isExternal: isExternal)
        let notices = try checkedWelcome(submission, device.identity)
        let info = try Self.checked(submission.groupInfo, policy)
        return apply(submission, info, notices, by: device.identity, at: now)
    }

    private func checkEpoch(_ ended: UInt64) throws(Failure) {
        if ended < epoch {
            let words = "another commit ended epoch \(ended) first; the room is at \(epoch). Read on and try again"
            throw Failure(.epochTaken, canRetry: true, words)
        }
        guard ended == epoch else {
            throw Failure(.staleEpoch, "the commit ends epoch \(ended), and the room is at \(epoch)")
        }
    }

    private func checkMember(_ submission: Submission, _ device: PeerIdentity) throws(Failure) {
        try requireRoute(of: device)
        let header = try MessageHeader(of: submission.commit)
        guard header.group == id else { throw .otherRoom }
        guard header.content == .commit, header.epoch == submission.epoch else {
            throw Failure(.malformedMessage, "the message is not a commit that ends epoch \(submission.epoch)")
        }
    }

    /// A newcomer's own commit, or that of a member which comes in anew.
    private func checkExternal(_ submission: Submission, _ device: ConnectedDevice) throws(Failure) {
        guard policy.admission == .open else {
            throw routing[device.identity] == nil
                ? .notRouted : Failure(.notAllowed, "nobody joins this room alone; ask to be added anew")
        }
        guard submission.commit.readableBytes <= limits.openCommitBytes else {
            throw Failure(.tooLarge, "a commit to join by oneself has \(limits.openCommitBytes) bytes at most")
        }
        guard case .publicMessage(let message) = try MLSMessage(submission.commit, as: "an MLS commit"),
            case .newMemberCommit = message.content.sender, case .commit(let commit) = message.content.content,
            let path = commit.path
        else { throw Failure(.malformedMessage, "an open commit is only that of a device which joins by itself") }
        guard message.content.groupID.bytes == id.bytes else { throw .otherRoom }
        guard message.content.epoch == submission.epoch else {
            throw Failure(.malformedMessage, "the message is not a commit that ends epoch \(submission.epoch)")
        }
        try device.requireOwn(path.leafNode.credential)
        guard submission.roster.added.map(\.device) == [device.identity], submission.roster.removed.isEmpty else {
            throw Failure(
                .notAllowed, "a device that joins by itself adds itself to the roster, and changes nothing else")
        }
        guard submission.recipients.isEmpty, submission.welcome.readableBytes == 0 else {
            throw Failure(.notAllowed, "a device that joins by itself welcomes nobody")
        }
    }

    private func checkRoster(
        _ roster: Roster, of committer: PeerIdentity, isExternal: Bool
    ) throws(Failure) {
        guard roster.encodedSize <= limits.rosterBytes else {
            throw Failure(.tooLarge, "a commit may change a roster of \(limits.rosterBytes) bytes; add fewer at once")
        }
        let removed = Set(roster.removed)
        guard removed.count == roster.removed.count else {
            throw Failure(.notAllowed, "the roster removes a device twice")
        }
        guard !removed.contains(committer) else {
            throw Failure(.notAllowed, "a device cannot remove itself by a commit; it leaves")
        }
        guard !roster.added.isEmpty else { return }
        let added = Set(roster.added.map(\.device))
        var leaves = Set(
            routing.routes.lazy.filter { !removed.contains($0.key) && !added.contains($0.key) }.map(\.value.leaf))
        guard added.count == roster.added.count else {
            throw Failure(.notAllowed, "the roster adds a device twice")
        }
        for addition in roster.added {
            guard isExternal || removed.contains(addition.device) || routing[addition.device] == nil else {
                throw Failure(.notAllowed, "\(addition.device) is in the room already")
            }
            guard leaves.insert(addition.leaf).inserted else {
                throw Failure(.notAllowed, "the roster puts \(addition.device) where another device is")
            }
        }
        guard leaves.count <= limits.devicesPerRoom else {
            throw Failure(.roomIsFull, canRetry: true, "the room has \(limits.devicesPerRoom) devices and is full")
        }
    }

    /// - Returns: who is to be told of the welcome; the place in the log is still that of the entry before.
    private func checkedWelcome(
        _ submission: Submission, _ committer: PeerIdentity
    ) throws(Failure) -> [WelcomeNotice] {
        let added = Set(submission.roster.added.map(\.device))
        let recipients = Set(submission.recipients.map(\.device))
        guard recipients.count == submission.recipients.count, recipients.isSubset(of: added) else {
            throw Failure(.notAllowed, "a welcome is for those whom the roster adds, once each")
        }
        guard recipients.isEmpty == (submission.welcome.readableBytes == 0) else {
            throw Failure(.malformedMessage, "a welcome and its recipients go together")
        }
        guard !recipients.isEmpty else { return [] }
        guard submission.welcome.readableBytes <= BlobRef.maximumSize,
            MessageHeader.begins(submission.welcome, as: .welcome)
        else { throw Failure(.malformedMessage, "the welcome is not an MLS Welcome") }
        let blob = BlobRef(of: submission.welcome)
        return submission.recipients.map { recipient in
            WelcomeNotice(
                id: 0, room: id, sequence: 0, chain: log.chain, sender: committer, package: recipient.package,
                welcome: blob)
        }
    }

    private mutating func apply(
        _ submission: Submission, _ info: StoredBlob?, _ notices: [WelcomeNotice], by committer: PeerIdentity,
        at now: Timestamp
    ) -> TokenBook.Place {
        let roster = submission.roster
        let place = append(
            .commit, by: committer, token: submission.token, roster: roster, payload: submission.commit, at: now)
        var undo = CommitUndo(
            sequence: place.sequence, committer: committer, groupInfo: groupInfo, added: [:], removed: [:])
        let added = Set(roster.added.map(\.device))
        for device in roster.removed {
            guard let route = routing[device] else { continue }
            // Whom the same commit adds again stays.
            if added.contains(device) {
                effects.append(.dropWelcomes([device]))
            } else {
                undo.removed[device] = route
                remove(device)
            }
        }
        for addition in roster.added {
            undo.added.updateValue(routing[addition.device], forKey: addition.device)
            routing.add(addition.device, Routing.Route(since: place.sequence, leaf: addition.leaf))
        }
        effects.append(
            .event(
                .committed(
                    id, by: committer, sequence: place.sequence, added: roster.added.map(\.device),
                    removed: roster.removed)))
        epoch += 1
        removalsAsked = []
        groupInfo = info
        self.undo = undo
        if !notices.isEmpty {
            var notices = notices
            for index in notices.indices {
                notices[index].sequence = place.sequence
                notices[index].chain = log.chain
            }
            let devices = submission.recipients.map(\.device)
            effects.append(
                .welcome(Array(zip(devices, notices)), ByteBuffer(bytes: submission.welcome.readableBytesView)))
        }
        return place
    }
}
