import Chat
import ChatWire
import MLS
import MLSWire
import NIOCore
import TLSSyntax

import struct Crypto.SymmetricKey

/// Commits that a server which was put back has lost. Each member keeps the latest ones, as they stood in the log: the same bytes bring the
/// server to the epoch where the group is. A group never goes back.
extension Room {
    /// A commit that was adopted here: `uint64 place; uint8 is_own; opaque submission<1..2^28>;`
    struct KeptCommit {
        var place: UInt64
        var isOwn: Bool
        var submission: Submission

        /// Only the device that joined by it can submit it.
        var isExternal: Bool {
            guard case .publicMessage? = try? MLSMessage(decoding: Array(submission.commit.readableBytesView)) else {
                return false
            }
            return true
        }
    }

    /// So many of the latest epochs; what is larger is not kept.
    static let keptCommits: UInt64 = 256
    private static let commitBytes = 256 << 10
    private static let welcomeBytes = 1 << 20
    /// So long the committer is waited for, in milliseconds, then any member submits its commit; and after so long without any progress
    /// members come in anew where they can.
    static let carryPatience: UInt64 = 2_000
    static let commitPatience: UInt64 = 20_000

    /// Whether the server's log is in an earlier epoch than the group.
    var isBehind: Bool {
        guard let logEpoch = rollback.logEpoch, let epoch = live?.group.state.epoch else { return false }
        return logEpoch < epoch
    }

    // MARK: Keeping

    private func commitKey(_ epoch: UInt64) -> [UInt8] {
        var key = id.bytes
        key.write(epoch)
        return key
    }

    /// Remembers a commit that is about to be adopted.
    func keepCommit(_ submission: Submission, isOwn: Bool, at place: UInt64) {
        if submission.epoch >= Self.keptCommits {
            write(.commits, commitKey(submission.epoch - Self.keptCommits), nil)
        }
        guard submission.commit.readableBytes <= Self.commitBytes else { return }
        var submission = submission
        // A description of the group is made anew; a welcome that is too large is left out: whom it was for asks to be added anew.
        submission.groupInfo = ByteBuffer()
        if submission.welcome.readableBytes > Self.welcomeBytes {
            submission.welcome = ByteBuffer()
            submission.recipients = []
        }
        store(KeptCommit(place: place, isOwn: isOwn, submission: submission))
    }

    private func store(_ commit: KeptCommit) {
        var bytes: [UInt8] = []
        bytes.write(commit.place)
        bytes.write(commit.isOwn ? 1 : 0 as UInt8)
        guard let submission = try? commit.submission.encoded(),
            (try? bytes.write(opaque: submission, lengthBytes: 4, 1...1 << 28)) != nil
        else { return }
        write(.commits, commitKey(commit.submission.epoch), SymmetricKey(wiping: &bytes))
    }

    private func keptCommit(_ value: SymmetricKey) -> KeptCommit? {
        try? value.read { (reader) throws(SyntaxError) in
            KeptCommit(
                place: try reader.uint64(), isOwn: try reader.uint8() == 1,
                submission: try Submission(decoding: try reader.opaque(lengthBytes: 4, 1...1 << 28)))
        }
    }

    func keptCommit(_ epoch: UInt64) -> KeptCommit? {
        (try? store.value(in: .commits, at: commitKey(epoch))).flatMap { $0.flatMap(keptCommit) }
    }

    private var allKeptCommits: [KeptCommit] {
        ((try? store.records(in: .commits, prefix: id.bytes)) ?? []).compactMap { keptCommit($0.value) }
    }

    /// They are of a group that is not this device's any more.
    func forgetCommits() {
        for record in (try? store.records(in: .commits, prefix: id.bytes)) ?? [] { write(.commits, record.key, nil) }
        rollback.carried = nil
        guard rollback.logEpoch != nil else { return }
        rollback.logEpoch = nil
        storeRollback()
    }

    /// The first epoch since which nobody came in who is there, as far back as the commits are kept.
    var epochOfPresentMembers: UInt64 {
        guard let live else { return .max }
        let present = Set(members.map(\.identity))
        let kept = Dictionary(allKeptCommits.map { ($0.submission.epoch, $0.submission.roster) }) { $1 }
        var epoch = live.group.state.epoch
        while epoch > 0, let roster = kept[epoch - 1], !roster.added.contains(where: { present.contains($0.device) }) {
            epoch -= 1
        }
        return epoch
    }

    /// Where in a log, after a place, somebody came in who is in the room: whom what was said before does not concern. What is not known
    /// for certain counts as such.
    func lastAddition(after place: UInt64) -> UInt64 {
        guard let live else { return 0 }
        let lost = allKeptCommits.filter { $0.place > place }.sorted { $0.place < $1.place }
        let epochs = lost.map(\.submission.epoch)
        let end = live.group.state.epoch
        guard let first = epochs.first, first <= end, epochs == Array(first..<end) else {
            return epochs.isEmpty && epochBegan <= place ? 0 : .max
        }
        let present = Set(members.map(\.identity))
        return lost.last { !$0.submission.roster.added.map(\.device).filter(present.contains).isEmpty }?.place ?? 0
    }

    // MARK: Bringing them back

    /// Finds out which commits are behind a place from which the server has lost the log.
    func findEpoch(after fork: UInt64, _ told: UInt64?) {
        guard let live else { return }
        let epoch = told ?? allKeptCommits.filter { $0.place > fork }.map(\.submission.epoch).min()
        rollback.logEpoch = epoch.flatMap { $0 < live.group.state.epoch ? $0 : nil }
        beginWaiting()
    }

    private func beginWaiting() {
        rollback.tries = 0
        rollback.wantedSince = host.now
        rollback.carryAfter = host.now + Self.carryPatience + host.jitter(below: Self.carryPatience)
    }

    /// Submits the next commit that the server has lost: one's own at once, another's if its maker does not come.
    func bringBackCommits() {
        guard phase == .active, isBehind, isCaughtUp, rollback.carried == nil, let live, let epoch = rollback.logEpoch
        else { return }
        if rollback.wantedSince == 0 { beginWaiting() }
        guard let kept = keptCommit(epoch), rollback.tries < 5, kept.isOwn || !kept.isExternal,
            !kept.submission.roster.removed.contains(me)
        else { return cannotBringBack() }
        guard host.now >= rollback.carryAfter || (kept.isOwn && rollback.tries == 0) else { return }
        var submission = kept.submission
        if !kept.isOwn { submission.token = takeControlToken() }
        if policy.admission == .open, epoch + 1 == live.group.state.epoch, let info = try? live.group.groupInfo() {
            submission.groupInfo = ByteBuffer(bytes: MLSMessage.groupInfo(info).encoded)
        }
        rollback.carried = submission
        ask(.submit(submission))
    }

    func broughtBack(_ submission: Submission, at place: UInt64, _ time: Timestamp) {
        rollback.carried = nil
        guard rollback.unknownSince == nil else {
            // It was the commit by which this device had come in.
            rollback.unknownSince = nil
            return ask(.enter)
        }
        rollback.tries += 1
        rollback.carryAfter = host.now + 1_000
        accepted(
            .commit, token: submission.token, payload: submission.commit, roster: submission.roster, at: place, time)
    }

    func bringingBackFailed(_ failure: Failure) {
        rollback.carried = nil
        rollback.carryAfter = host.now + 500 + host.jitter(below: 1_000)
        if failure.code == .epochTaken {
            if head > cursor.sequence, !isCatchingUp { startReading() }
        } else {
            rollback.tries += 1
        }
    }

    /// Nobody who is here can bring the server to the group's epoch.
    private func cannotBringBack() {
        guard host.now >= rollback.wantedSince + Self.commitPatience else { return }
        if policy.admission == .open {
            return part(
                because: "the server has lost a change of who is in the room, and nobody here can make it again")
        }
        guard !rollback.isStuckTold else { return }
        rollback.isStuckTold = true
        emit(
            .failure(
                "\(title): the server has lost a change of who is in the room, and this device cannot make it again. "
                    + "What you say waits until somebody comes who can; if nobody does, found a new room with /create"))
    }

    /// An entry of the log that goes on from an earlier place: a commit that this device has adopted before.
    /// - Returns: whether it is one.
    func passAlong(_ entry: LogEntry, _ payload: ByteBuffer) -> Bool {
        guard phase == .active, let live, isBehind, let logEpoch = rollback.logEpoch,
            let epoch = Self.epoch(of: payload), epoch == logEpoch
        else { return false }
        let kept = keptCommit(epoch)
        guard kept == nil ? epoch < joinedEpoch : kept?.submission.commit == payload else {
            part(because: "the server has another change in the place of one that it had lost")
            return true
        }
        if var kept {
            isShown = true
            if let lost = rollback.changes.removeValue(forKey: kept.place) {
                place?.notices += lost.message.notices
                write(.lost, key(of: lost), nil)
            }
            kept.place = entry.sequence
            store(kept)
        }
        let next = epoch + 1
        rollback.logEpoch = next < live.group.state.epoch ? next : nil
        if rollback.logEpoch == nil { epochBegan = entry.sequence }
        beginWaiting()
        storeRollback()
        return true
    }

    private static func epoch(of commit: ByteBuffer) -> UInt64? {
        switch try? MLSMessage(decoding: Array(commit.readableBytesView)) {
        case .privateMessage(let message)?: message.epoch
        case .publicMessage(let message)?: message.content.epoch
        default: nil
        }
    }

    // MARK: When they do not come back

    /// The others go on without the lost commits. This device comes in anew; what the commits did is wanted once more.
    private func part(because reason: String) {
        let from = rollback.logEpoch ?? 0
        for kept in allKeptCommits where kept.submission.epoch >= from {
            let added = Set(kept.submission.roster.added.map(\.device))
            rollback.expelled.formUnion(kept.submission.roster.removed)
            if kept.isOwn { rollback.invited.formUnion(added) }
        }
        let present = Set(members.map(\.identity))
        rollback.expelled.subtract(present)
        rollback.invited.formIntersection(present)
        rollback.invited.remove(me)
        rollback.logEpoch = nil
        storeRollback()
        desynchronised(because: reason)
    }

    /// This device is in the room again, where lost commits were never made.
    func wantWhatIsLost() {
        guard !rollback.expelled.isEmpty || !rollback.invited.isEmpty else { return }
        for device in rollback.expelled.sorted() where isMember(device) {
            emit(
                .notice(
                    "\(device) was removed from \(title), and is back since the server has lost that: removing it again"
                ))
            want(.remove(device))
        }
        for device in rollback.invited.sorted() where !isMember(device) { want(.addDevice(device)) }
        rollback.expelled = rollback.expelled.filter(isMember)
        rollback.invited = []
        storeRollback()
    }

    /// A commit came by another hand than its maker's.
    func reportOtherHand(_ effects: Effects, in live: LiveGroup, _ entry: LogEntry) {
        if let maker = committer(of: effects, in: live), isMember(entry.sender), !effects.isExternalJoin {
            report(.broughtBack(of: maker, at: entry.sequence))
        } else {
            report(.relabelled(claimed: entry.sender, at: entry.sequence))
        }
    }

    // MARK: A server that does not know this device

    /// The server does not let this device in, and its log does not say why: perhaps it has lost the commit that added it.
    func notCounted() {
        guard phase == .active, live != nil, rollback.unknownSince == nil else { return }
        rollback.unknownSince = host.now
        rollback.askAfter = host.now + 1_000
        isEntered = false
        emit(
            .failure(
                "\(title): the server does not count this device among the members. "
                    + "If it was restored from a backup, this heals by itself when a member connects who was there before"
            ))
        askWhetherCounted(isFirst: true)
    }

    func askWhetherCounted(isFirst: Bool = false) {
        guard let since = rollback.unknownSince, isFirst || host.now >= rollback.askAfter else { return }
        rollback.askAfter = host.now + min(max(host.now - since, 1_000), 15_000)
        if !isFirst { ask(.enter) }
        guard policy.admission == .open, rollback.carried == nil, join == nil else { return }
        guard host.now < since + Self.commitPatience else {
            rollback.unknownSince = nil
            return desynchronised(because: "the server does not count this device among the members")
        }
        ask(.describe)
    }

    /// Where an open room is that this device had come into by itself, as the server has lost.
    func describedToUnknown(_ status: RoomStatus) {
        guard let live, rollback.carried == nil else { return }
        guard let kept = keptCommit(status.epoch), kept.isOwn, kept.isExternal else {
            let isAhead = status.epoch >= live.group.state.epoch
            if isAhead {
                rollback.unknownSince = nil
                desynchronised(because: "the server does not count this device among the members")
            }
            return
        }
        var submission = kept.submission
        if status.epoch + 1 == live.group.state.epoch, let info = try? live.group.groupInfo() {
            submission.groupInfo = ByteBuffer(bytes: MLSMessage.groupInfo(info).encoded)
        }
        rollback.base = Rollback.Base(place: status.head, chain: status.chain, epoch: status.epoch)
        rollback.carried = submission
        ask(.submit(submission))
    }
}
