package import Chat

/// Something that the server, or a member, did and that an honest one does not do: found by the client, and told in words.
package enum Finding: Hashable, Sendable {
    /// An entry came that was there before.
    case replay(of: PeerIdentity, at: UInt64)
    /// An entry came at another place than the next one.
    case reorder(expected: UInt64, got: UInt64)
    /// A sender's own numbers go back.
    case tokenWentBack(of: PeerIdentity, at: UInt64)
    /// An entry of another room came in this one.
    case splice(of: PeerIdentity, at: UInt64)
    /// A sender's own numbers jump: entries are not there.
    case dropped(of: PeerIdentity, count: UInt64)
    /// A member has seen more of the log than the server shows us.
    case withheld(seenBy: PeerIdentity, upTo: UInt64)
    /// The server's log ends before the place that we had.
    case rollback(from: UInt64, to: UInt64)
    /// The server's log is another one at a place that we know.
    case rewritten(at: UInt64)
    /// A member was shown another history than we were.
    case twoHistories(with: PeerIdentity, at: UInt64)
    /// What the server was told about who gets messages is not what the commit does.
    case misrouted(by: PeerIdentity, at: UInt64)
    /// The server names another sender or number than the message itself.
    case relabelled(claimed: PeerIdentity, at: UInt64)
    /// A member changed the room in a way that the rules forbid.
    case invalidCommit(by: PeerIdentity, at: UInt64)
    /// A member wanted to change or delete somebody else's message.
    case foreignChange(by: PeerIdentity, of: UInt64)
    /// The server has entries, by its own word, and does not give them.
    case concealed(from: UInt64, to: UInt64)
    /// The server no longer keeps what this device had not read. Only in stores of before: an honest server does that, see
    /// ``Notice/cut(after:first:head:)``.
    case expired(count: UInt64)
    /// A commit that this device had accepted was set aside.
    case undone(at: UInt64)
    /// The server asked for something other than the removal of a revoked device.
    case serverMeddles(at: UInt64)
    /// A change of the room came by another hand than its maker's.
    case broughtBack(of: PeerIdentity, at: UInt64)
}

extension Finding {
    /// Its name in one or two words, for a list or a log.
    package var name: String {
        switch self {
        case .replay: "replay"
        case .reorder, .tokenWentBack: "reorder"
        case .splice: "splice"
        case .dropped: "dropped"
        case .withheld: "withheld"
        case .rollback: "rollback"
        case .rewritten, .twoHistories: "two histories"
        case .misrouted: "misrouted"
        case .relabelled: "relabelled"
        case .invalidCommit: "invalid commit"
        case .foreignChange: "foreign change"
        case .concealed: "withheld"
        case .expired: "expired"
        case .undone: "undone"
        case .serverMeddles: "meddling"
        case .broughtBack: "brought back"
        }
    }

    /// What happened, for somebody who knows nothing of how it works.
    package var sentence: String {
        switch self {
        case .replay(let sender, let place):
            "The server delivered a message of \(sender) a second time, at \(place). It is not shown again."
        case .reorder(let expected, let got):
            "The server sent message \(got) where \(expected) was next. Messages are out of order, or some are held back."
        case .tokenWentBack(let sender, let place):
            "Messages of \(sender) came in another order than they were written, at \(place)."
        case .splice(let sender, let place):
            "The server put a message that \(sender) wrote in another room into this one, at \(place). It is not shown."
        case .dropped(let sender, 1): "A message of \(sender) is missing: the server did not deliver it."
        case .dropped(let sender, let count):
            "\(count) messages of \(sender) are missing: the server did not deliver them."
        case .withheld(let member, let place):
            "\(member) has seen messages up to \(place); the server does not show them to you."
        case .rollback(let from, let to):
            "The server has forgotten messages: its log was set back to \(to), and you had it up to \(from)."
        case .rewritten(let place):
            "The server shows another history than before: message \(place) is not the one you had."
        case .twoHistories(let member, let place):
            "You and \(member) are shown two different histories of this room, at or before message \(place)."
        case .misrouted(let member, let place):
            "\(member) told the server another list of members than the room has, at \(place): "
                + "somebody may get messages that are not for them, or get none."
        case .relabelled(let claimed, let place):
            "The server says that \(claimed) wrote message \(place), and the message itself says otherwise. It is not shown."
        case .invalidCommit(let member, let place):
            "\(member) tried to change the room in a way that is not allowed, at \(place). It was refused."
        case .foreignChange(let member, let place):
            "\(member) tried to change message \(place), which somebody else wrote. It was ignored."
        case .concealed(let from, let to):
            "The server has messages \(from) to \(to) of this room, and does not give them to you."
        case .expired(1): "The server kept a message only for a time, and this device did not fetch it before that."
        case .expired(let count):
            "The server kept \(count) messages only for a time, and this device did not fetch them before that."
        case .undone(let place): "The server has taken back a change of the room, \(place), that was in order."
        case .serverMeddles(let place):
            "The server tried to change who is in the room, at \(place), other than by asking for the removal of a revoked device. It was refused."
        case .broughtBack(let maker, let place):
            "Another member sent in a change of the room that \(maker) had made, at \(place): the server had lost it, or says so."
        }
    }

    /// What to do about it.
    package var advice: String {
        switch self {
        case .replay, .tokenWentBack, .splice, .relabelled:
            "Nothing was lost or changed. If it happens again, tell whoever runs the server."
        case .reorder, .withheld: "Connect again; if that does not bring them, tell whoever runs the server."
        case .dropped(let sender, _): "\(sender) is asked to send again what is missing; it appears here when it comes."
        case .rollback(_, 0):
            "What you have is kept. If the server was set up anew, /rejoin founds the room again; otherwise tell whoever runs it."
        case .rollback:
            "What you have is kept, and what you said is sent again by itself. Ask whoever runs the server whether it was restored from "
                + "a backup; if not, it was tampered with."
        case .rewritten, .twoHistories:
            "Do not trust this room for now. Compare /verify with the others by phone or in person, then /rejoin."
        case .misrouted(let member, _): "Ask \(member); when in doubt, remove that device with /kick \(member)."
        case .invalidCommit(let member, _):
            "Nothing changed. \(member) may run a faulty or a tampered program: ask, or remove it with /kick \(member)."
        case .foreignChange(let member, _): "The message stands as it was. Ask \(member) about it."
        case .concealed: "Connect again; if that does not bring them, tell whoever runs the server."
        case .expired: "They are lost to this device; other devices of yours may have them."
        case .undone: "Look at /names: somebody who was removed may be back. This device comes in anew by itself."
        case .serverMeddles: "Nothing changed. Tell whoever runs the server."
        case .broughtBack(let maker, _):
            "It counts as a change by \(maker), whose signature it has; nobody else could make it."
        }
    }

    /// Whether the room should not be trusted until somebody has looked into it.
    package var isGrave: Bool {
        switch self {
        case .reorder, .withheld, .rollback, .rewritten, .twoHistories, .misrouted, .dropped, .concealed, .undone: true
        case .replay, .tokenWentBack, .splice, .relabelled, .invalidCommit, .foreignChange, .expired, .serverMeddles,
            .broughtBack:
            false
        }
    }
}
