import Chat
import ChatWire
import NIOCore

/// Marks wait for a batch that is stored anyway, and only if there is none they make one: however many devices say how far they have
/// come, it costs hardly an fsync. Their answers wait with them, as what was answered must outlive the server.
extension Shard {
    /// A mark whose time to be stored has not come.
    struct HeldMark {
        var room: RoomID
        var session: SessionID
        var device: PeerIdentity
        var request: RequestID
        var place: UInt64
    }

    /// In how many milliseconds a tick is to end for the marks that wait, if none does before; `nil` if none wait.
    package var marksDue: UInt64? {
        guard !heldMarks.isEmpty else { return nil }
        let waited = now.milliseconds - min(marksHeldSince.milliseconds, now.milliseconds)
        return limits.markDelay - min(waited, limits.markDelay)
    }

    mutating func hold(_ mark: HeldMark) throws(Failure) {
        try requireDisk()
        guard let room = owned[mark.room] else { throw .unknownRoom }
        try room.checkMark(mark.place, by: mark.device)
        if heldMarks.isEmpty { marksHeldSince = now }
        heldMarks.append(mark)
    }

    /// At the end of a tick: carries the marks out if the tick has something else to store, or if they have waited long enough.
    mutating func releaseMarks() {
        guard !heldMarks.isEmpty else { return }
        // A clock that was set back says nothing about how long.
        let isDue = now < marksHeldSince || now.milliseconds - marksHeldSince.milliseconds >= limits.markDelay
        guard hasWrites || isDue else { return }
        let marks = heldMarks
        heldMarks = []
        for mark in marks { carryOut(mark) }
    }

    private mutating func carryOut(_ mark: HeldMark) {
        do throws(Failure) {
            try requireDisk()
            try change(mark.room) { (room) throws(Failure) in room.mark(mark.place, by: mark.device) }
            post(.answer(mark.room, mark.session, frame: Self.encode(.done(mark.request))), to: mark.session.loop)
        } catch {
            let answer = Self.encode(.failed(mark.request, error))
            post(.answer(mark.room, mark.session, frame: answer), to: mark.session.loop)
        }
    }
}
