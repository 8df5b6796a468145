package import Chat
package import ChatWire

/// A change of a room that every member is told of. Nobody can switch these off.
package enum Notice: Hashable, Sendable {
    case created(by: PeerIdentity)
    /// - Parameter by: `nil` if the device came by itself, as anyone may in an open room.
    case joined(PeerIdentity, by: PeerIdentity?)
    case left(PeerIdentity)
    /// - Parameter by: `nil` if the server asked for it, since the device's certificate was revoked.
    case removed(PeerIdentity, by: PeerIdentity?)
    /// Of a user who is in the room already.
    case newDevice(PeerIdentity, by: PeerIdentity?)
    /// A device that was known has another key than before.
    case newKey(PeerIdentity)
    case renamed(RoomName?, by: PeerIdentity)
    case topic(RoomTopic, by: PeerIdentity)
    case policy(RoomPolicy, by: PeerIdentity)
    /// A change that most members could not accept was set aside.
    case setAside(by: PeerIdentity, at: UInt64)
    case finding(Finding)
    /// The server has dropped entries behind a place, up to which this device had read the log: it began at `first` when this device came
    /// back, and ended at `head`. What is between cannot be read without what was dropped.
    case cut(after: UInt64, first: UInt64, head: UInt64)
    /// As this device came in, the server's log began here.
    case keptSince(UInt64)
}

extension Notice {
    /// In words, safe for a terminal.
    package var sentence: String {
        switch self {
        case .created(let member): "\(member) founded the room"
        case .joined(let device, by: let member?): "\(device) joined, added by \(member)"
        case .joined(let device, by: nil): "\(device) joined"
        case .left(let device): "\(device) left"
        case .removed(let device, by: let member?): "\(device) was removed by \(member)"
        case .removed(let device, by: nil): "\(device) was removed: its certificate is revoked"
        case .newDevice(let device, by: let member?):
            "\(device.user) has a new device here: \(device), added by \(member)"
        case .newDevice(let device, by: nil): "\(device.user) has a new device here: \(device)"
        case .newKey(let device):
            "\(device) has a new key. That is so after a new certificate; ask \(device.user), or compare /verify"
        case .renamed(let name?, let member): "\(member) named the room \(SafeText.line(name.description))"
        case .renamed(nil, let member): "\(member) took the room's name away"
        case .topic(let topic, let member) where topic.isEmpty: "\(member) took the topic away"
        case .topic(let topic, let member): "\(member) set the topic: \(SafeText.line(topic.description))"
        case .policy(let policy, let member): "\(member) set the room's rule: \(policy.words)"
        case .setAside(let member, let place):
            "a change of the room by \(member) (\(place)) was set aside: most members could not accept it"
        case .finding(let finding): "\(finding.sentence) \(finding.advice)"
        case .cut(let place, let first, let head):
            "entries \(place + 1) to \(head) are missing here: the server keeps what is said for a time only, and has dropped what was "
                + "before entry \(first); without that, what followed cannot be read. Other members may have it"
        case .keptSince(let first):
            "the server has this room from entry \(first) on: what is older was kept for a time only"
        }
    }
}

extension RoomPolicy {
    /// The rule, in words.
    package var words: String {
        let who =
            switch admission {
            case .open: "open to everybody here"
            case .invite: "by invitation of a member"
            case .direct: "between two users"
            }
        guard let auditor else { return who }
        return "\(who); \(auditor) is its auditor, a member who reads along"
    }
}
