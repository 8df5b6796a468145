import Chat
import ChatWire
import Crypto
import MLS
import MLSWire
import NIOCore
import TLSSyntax

/// What comes and goes with the connection, and with time.
extension Room {
    /// The server has greeted: what had begun goes on.
    func connected() {
        isConnected = true
        resume()
    }

    func disconnected() {
        isConnected = false
        isEntered = false
        isCatchingUp = false
        awaited = nil
        lastRead = 0
        search = nil
        rollback.carried = nil
        outbox.forgetSending()
        commit?.isSent = false
        claimsAsked = claimsAsked.filter { claimAfter[$0] != nil }
        // Also one whose commit has its place: the next one takes the leaf over.
        join = nil
    }

    func resume() {
        guard isConnected else { return }
        switch phase {
        case .founding:
            guard let live else { return }
            let info = policy.admission == .open ? try? live.group.groupInfo() : nil
            ask(
                .create(
                    policy, groupInfo: info.map { ByteBuffer(bytes: MLSMessage.groupInfo($0).encoded) } ?? ByteBuffer())
            )
        case .joining:
            guard policy.admission == .open, join == nil else { return }
            join = PendingJoin(.describing)
            ask(.describe)
        case .active: ask(.enter)
        case .rejoining: rejoinIfDue()
        case .left:
            // What was proposed then may be of an epoch that is over: the others see to it.
            if let leaveToken { ask(.leave(token: leaveToken, payload: ByteBuffer())) }
        case .removed: break
        }
    }

    /// What waited for the log to be read.
    func resumeSending() {
        flushOutbox()
        bringBackCommits()
        submit()
        commitIfNeeded()
        flushOutbox()
    }

    /// The server does not let this device in where it was a member.
    func enterFailed(_ failure: Failure) {
        switch failure.code {
        case .notAMember:
            // It may have been removed while it was away: the log up to there says so.
            guard phase == .active, live != nil, !isCatchingUp, rollback.unknownSince == nil else { return }
            isCatchingUp = true
            ask(.read(after: cursor.sequence))
        case .unknownRoom:
            isLost = true
            report(.rollback(from: cursor.sequence, to: 0))
        default: emit(.failure("\(title): \(SafeText.line(failure.words))"))
        }
    }

    /// A blob has come whole.
    func fetched(_ reference: BlobRef, _ bytes: ByteBuffer) {
        if let entry = awaited, case .blob(reference) = entry.payload { return fetched(entry, bytes) }
        guard let join, case .fetching(reference) = join.stage else { return }
        if let notice = join.welcome { joinByWelcome(bytes, notice) } else { joinExternally(bytes) }
    }

    func fetchFailed(_ reference: BlobRef, _ failure: Failure) {
        if let entry = awaited, case .blob(reference) = entry.payload {
            awaited = nil
            isCatchingUp = false
            report(.concealed(from: entry.sequence, to: entry.sequence))
            return
        }
        guard let join, case .fetching(reference) = join.stage else { return }
        if let notice = join.welcome {
            welcomeFailed(notice, SafeText.line(failure.words))
        } else {
            // The group went on meanwhile.
            joinFailed(SafeText.line(failure.words), canRetry: true)
        }
    }

    /// Time passes.
    func tick() {
        guard isConnected else { return }
        retryClaims()
        if let due = joinAfter, host.now >= due, phase == .joining {
            joinAfter = nil
            resume()
        }
        rejoinIfDue()
        guard phase == .active else { return }
        askWhetherCounted()
        bringBackCommits()
        if isCaughtUp, refreshed + host.settings.refreshAfter <= host.clock, memberCount > 1 { want(.refresh) }
        submit()
        commitIfNeeded()
        if let due = announceAfter, host.now >= due {
            announceAfter = nil
            announce()
        }
        askForGaps()
        sendReceipts()
        flushOutbox()
        markIfDue()
    }
}
