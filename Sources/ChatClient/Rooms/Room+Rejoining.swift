import Chat
import ChatWire
import Crypto
import MLS
import MLSWire
import NIOCore
import TLSSyntax

/// Back into a room, when the thread is lost.
extension Room {
    /// This device's group is not the others' any more: the only proof of that is a message of an epoch it has not seen begin,
    /// or a server that says it is no member.
    func desynchronised(because reason: String) {
        guard phase == .active else { return }
        phase = .rejoining
        rollback.unknownSince = nil
        commit = nil
        write(.staged, id.bytes, nil)
        rejoinAfter = host.now + host.jitter(below: 500)
        dirtyRoom = true
        lostThread = reason
        emit(.phase(.rejoining))
        useHeldWelcome()
    }

    /// Tries to come back, as often as the settings allow.
    func rejoinIfDue() {
        guard phase == .rejoining, isConnected, join == nil, host.now >= rejoinAfter else { return }
        guard rejoinAttempts < host.settings.rejoinLimit else { return }
        rejoinAttempts += 1
        rejoinAfter = host.now + (UInt64(15_000) << UInt64(rejoinAttempts))
        if policy.admission == .open {
            join = PendingJoin(.describing)
            ask(.describe)
        } else {
            emit(.needsPackage)
        }
        if rejoinAttempts == host.settings.rejoinLimit { emit(.rejoinGivenUp(lostThread)) }
    }

    /// A fresh key package to be added anew by.
    func askToBeReadded(with package: KeyPackage) {
        guard phase == .rejoining else { return }
        let payload = ByteBuffer(bytes: MLSMessage.keyPackage(package).encoded)
        let token = takeControlToken()
        readdRequest = (token, payload)
        ask(.readd(token: token, package: payload))
    }

    /// Somebody asks to try again.
    package func rejoin() {
        if isLost { return beginAnew() }
        trustsInviter = true
        if phase == .active { desynchronised(because: "you asked for it") }
        rejoinAttempts = 0
        rejoinAfter = host.now
        rejoinIfDue()
    }

    /// The server has lost the room: it is founded anew, with those who were in it, under the same id. What was said stays here.
    func beginAnew() {
        let others = Set(members.map(\.identity.user)).subtracting([me.user])
        isLost = false
        forgetGroup()
        generation += 1
        rollback.forgetLog()
        latest = nil
        cursor = LogCursor(atStartOf: id)
        head = 0
        commit = nil
        refusedCommit = nil
        senders = [:]
        epochTags = [:]
        for token in outbox.tokens where outbox[token]?.sealed != nil { outbox.unseal(token) }
        phase = .joining
        dirtyRoom = true
        guard policy.admission != .open else { return resume() }
        do throws(MLSError) {
            try found()
            for user in [me.user] + others.sorted() { want(.addUser(user)) }
        } catch {
            emit(.failure("\(title) was not founded anew: \(error)"))
        }
    }

    func joinFailed(_ reason: String, canRetry: Bool) {
        join = nil
        if phase == .rejoining {
            // Whoever was faster is no reason to give up.
            guard canRetry, lostRaces < 50 else { return }
            lostRaces += 1
            rejoinAttempts -= min(rejoinAttempts, 1)
            rejoinAfter = host.now + 200 + host.jitter(below: 400)
            return
        }
        guard canRetry else {
            phase = .left
            dirtyRoom = true
            emit(.failure("\(title) was not joined: \(reason)"))
            return emit(.phase(.left))
        }
        joinAfter = host.now + 200 + host.jitter(below: 400)
    }
}
