import Chat
import ChatWire
import NIOCore

/// Commits that the server takes, since it cannot read them, and that members cannot accept.
extension Room {
    /// The device cannot accept the commit with this number. When most of those who are here say so, it is set aside.
    /// - Throws: ``Failure/Code/staleEpoch`` if another commit made the present epoch; ``Failure/Code/notAllowed`` if the device
    ///   has no say.
    mutating func reject(_ sequence: UInt64, by device: PeerIdentity, at now: Timestamp) throws(Failure) {
        try requireRoute(of: device)
        guard let undo, undo.sequence == sequence else {
            throw Failure(.staleEpoch, "entry \(sequence) is not the commit that made the present epoch")
        }
        guard isEligible(device, undo) else {
            throw Failure(.notAllowed, "only members that are here and that the commit did not add can reject it")
        }
        self.undo?.rejectedBy.insert(device)
        let voters = routing.devices.count { isEligible($0, undo) }
        let rejections = self.undo?.rejectedBy.count { isEligible($0, undo) } ?? 0
        if rejections * 2 > voters { setAside(undo, at: now) }
    }

    private func isEligible(_ device: PeerIdentity, _ undo: CommitUndo) -> Bool {
        device != undo.committer && !undo.added.keys.contains(device) && routing[device] != nil
            && attendance.contains(device)
    }

    private mutating func setAside(_ undo: CommitUndo, at now: Timestamp) {
        voided[undo.committer, default: 0] += 1
        let frame = log.append(
            .voided, by: undo.committer, token: 0, before: TokenSender(), payload: ByteBuffer(integer: undo.sequence),
            at: now)
        effects.append(.publish(frame, exceptAsker: false))
        effects.append(.event(.voided(id, committer: undo.committer, sequence: undo.sequence)))
        for (device, before) in undo.added {
            if let before {
                // It may have left since.
                if routing[device] != nil { routing.add(device, before) }
            } else if routing[device] != nil {
                remove(device)
            }
        }
        for (device, before) in undo.removed {
            routing.add(device, before)
            effects.append(.tell(device, frame))
        }
        effects.append(.dropWelcomesOf(commit: undo.sequence))
        epoch -= 1
        removalsAsked = []
        groupInfo = undo.groupInfo
        self.undo = nil
    }
}
