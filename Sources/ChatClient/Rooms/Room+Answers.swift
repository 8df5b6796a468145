import Chat
import ChatWire
import NIOCore

/// Answers of the server that give a place to what this device did.
extension Room {
    func created(at place: UInt64, _ time: Timestamp) {
        guard phase == .founding else { return }
        accepted(.created, token: 0, payload: ByteBuffer(bytes: policy.encoded), at: place, time)
        ask(.enter)
    }

    func messageAccepted(_ token: UInt64, at place: UInt64, _ time: Timestamp) {
        guard let payload = outbox[token]?.sealed?.payload else { return }
        accepted(.message, token: token, payload: payload, at: place, time)
    }

    func submitAccepted(_ token: UInt64, at place: UInt64, _ time: Timestamp) {
        if case .submitted(let submission)? = join?.stage, submission.token == token {
            return joinAccepted(at: place, time)
        }
        if let carried = rollback.carried, carried.token == token { return broughtBack(carried, at: place, time) }
        guard let submission = commit?.submission, submission.token == token else { return }
        accepted(
            .commit, token: submission.token, payload: submission.commit, roster: submission.roster, at: place, time)
    }

    func readdAccepted(_ token: UInt64, at place: UInt64, _ time: Timestamp) {
        // What comes next is a welcome. The request is a part of the log that is followed until then.
        guard let request = readdRequest, request.token == token else { return }
        readdRequest = nil
        accepted(.readdRequest, token: token, payload: request.payload, at: place, time)
    }

    func readdFailed(_ failure: Failure) {
        guard failure.code == .notAMember, phase == .rejoining else {
            return emit(.failure("\(title) could not be rejoined: \(SafeText.line(failure.words))"))
        }
        // It was removed, and the server does not show it where.
        phase = .removed
        forgetGroup()
        giveUpSending()
        emit(
            .failure("\(title): the server does not count this device among the members; a member can invite it again"))
        emit(.phase(.removed))
    }

    func readFailed(_ failure: Failure) {
        isCatchingUp = false
        if let failed = search { return searchFailed(failed) }
        if failure.code == .notAMember {
            notCounted()
        } else {
            emit(.failure("\(title) cannot be read on: \(SafeText.line(failure.words))"))
        }
    }

    func claimFailed(_ user: UserName, _ device: DeviceName?, _ failure: Failure) {
        let intent: RoomIntent = device.map { .addDevice(PeerIdentity(user: user, device: $0)) } ?? .addUser(user)
        if failure.canRetry {
            claimAfter[intent] = host.now + 2_000
        } else {
            claimsAsked.remove(intent)
            intents.removeAll { $0 == intent }
            emit(.failure("\(user) was not added: \(SafeText.line(failure.words))"))
        }
    }

    /// As people know it.
    package var label: RoomLabel { RoomLabel(id: id, title: title, policy: policy) }

    /// Messages that have no place yet.
    package var unsentCount: Int { outbox.tokens.reduce(0) { $0 + (outbox[$1]?.body.isLasting == true ? 1 : 0) } }

    /// Why a message is not sent yet.
    var whyItWaits: String {
        switch phase {
        case .founding, .joining: "the room is being entered"
        case .rejoining: "the room is being rejoined"
        case .left, .removed: "you are not in the room"
        case .active where !isConnected: "there is no connection"
        case .active where isBehind: "the server has lost a change of the room, which a member must submit again"
        case .active where rollback.unknownSince != nil: "the server does not count this device among the members"
        case .active: isCaughtUp ? "a member is coming in, or going" : "the room's latest entries are being read"
        }
    }
}
