import Chat
import ChatWire
import Crypto
import MLS
import MLSWire
import NIOCore
import TLSSyntax

/// Rooms that this device begins.
extension Room {
    /// Makes the group, with this device alone in it.
    func found() throws(MLSError) {
        var extensions = Extensions()
        extensions[.roomPolicy] = policy.encoded
        if let sender = host.externalSender { extensions[.externalSenders] = ExternalSenders([sender]).encoded }
        let group = try MLSGroup(GroupID(bytes: id.bytes), suite: host.suite, client: host.mls, extensions: extensions)
        live = LiveGroup(group)
        refreshed = host.clock
        phase = .founding
        saveGroup()
        resume()
    }

    /// The room has its place; the first entry is this device's.
    func settleFounding() -> Bool {
        phase = .active
        dirtyRoom = true
        note(.created(by: me))
        emit(.phase(.active))
        return true
    }

    /// Somebody has founded it before.
    func foundingFailed(_ failure: Failure) {
        guard phase == .founding else { return }
        forgetGroup()
        phase = .joining
        dirtyRoom = true
        switch failure.code {
        case .roomExists where policy.admission == .open: resume()
        case .roomExists where policy.admission == .direct: emit(.waitingToBeAdded)
        default:
            phase = .left
            emit(.failure("\(title) was not founded: \(SafeText.line(failure.words))"))
            emit(.phase(.left))
        }
    }
}
