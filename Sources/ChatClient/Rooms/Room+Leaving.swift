import Chat
import ChatWire
import MLS
import NIOCore

/// The ways out of a room.
extension Room {
    /// Leaves the room for good. The others are told when there is a connection.
    package func leave() {
        guard phase != .left, phase != .removed else { return }
        let payload: ByteBuffer
        if let live, phase == .active, memberCount > 1, let own = try? live.group.propose(.remove(live.group.leaf)) {
            payload = ByteBuffer(bytes: own.encoded)
        } else {
            payload = ByteBuffer()
        }
        let token = takeControlToken()
        leaveToken = token
        ask(.leave(token: token, payload: payload))
        phase = .left
        isEntered = false
        intents = []
        for token in outbox.tokens { write(.outbox, outboxKey(token), nil) }
        outbox = Outbox()
        commit = nil
        join = nil
        forgetGroup()
        note(.left(me))
        emit(.phase(.left))
    }

    /// The server knows that this device has left, or never knew that it was there.
    func leaveAnswered(canRetry: Bool) {
        guard !canRetry, leaveToken != nil else { return }
        leaveToken = nil
        dirtyRoom = true
    }

    /// Once this device is out of the room, what was said and is not sent stays unsaid.
    func giveUpSending() {
        for token in outbox.tokens {
            write(.outbox, outboxKey(token), nil)
            guard let item = outbox.remove(token), item.body.isLasting else { continue }
            emit(.notSent(token: token, item.body, "you are not in the room any more", isRetried: false))
        }
        outbox = Outbox()
    }
}
