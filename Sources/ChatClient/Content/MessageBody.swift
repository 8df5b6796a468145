package import Chat

/// What a message does. `target` is the number, in the room's log, of the message that it is about.
package indirect enum MessageBody: Hashable, Sendable {
    case text(MessageText)
    /// "/me waves": told in the third person.
    case action(MessageText)
    case reply(target: UInt64, MessageText)
    case edit(target: UInt64, MessageText)
    case delete(target: UInt64)
    case reaction(target: UInt64, Emoji, isAdded: Bool)
    /// The device has everything up to there.
    case delivered(upTo: UInt64)
    /// The user has seen everything up to there.
    case read(upTo: UInt64)
    case typing
    case info(RoomInfo)
    case missing(MissingRequest)
    /// Said again for those who missed it.
    case again(token: UInt64, time: Timestamp, MessageBody)
    /// Of a newer program.
    case unknown(kind: UInt16, bytes: [UInt8])
}

/// A room's name and topic, as a member tells them: when they change, and to those who are new.
package struct RoomInfo: Hashable, Sendable {
    /// `nil`: it has none.
    package var name: RoomName?
    package var topic: RoomTopic
    package var hasNewName: Bool
    package var hasNewTopic: Bool

    package init(name: RoomName?, topic: RoomTopic = .none, hasNewName: Bool = false, hasNewTopic: Bool = false) {
        self.name = name
        self.topic = topic
        self.hasNewName = hasNewName
        self.hasNewTopic = hasNewTopic
    }
}

/// Asks a device to say some messages again.
package struct MissingRequest: Hashable, Sendable {
    package let device: PeerIdentity
    /// The device's own numbers of what is missing.
    package let tokens: [UInt64]

    package static let counts = 1...64

    /// `nil` unless there are 1 to 64 tokens, none of them 0.
    package init?(_ device: PeerIdentity, tokens: [UInt64]) {
        guard Self.counts.contains(tokens.count), !tokens.contains(0) else { return nil }
        self.device = device
        self.tokens = tokens
    }
}

extension MessageBody {
    /// Its number in a content.
    package var kind: UInt16 {
        switch self {
        case .text: Kind.text
        case .action: Kind.action
        case .reply: Kind.reply
        case .edit: Kind.edit
        case .delete: Kind.delete
        case .reaction: Kind.reaction
        case .delivered: Kind.delivered
        case .read: Kind.read
        case .typing: Kind.typing
        case .info: Kind.info
        case .missing: Kind.missing
        case .again: Kind.again
        case .unknown(let kind, _): kind
        }
    }

    enum Kind {
        static let text: UInt16 = 1
        static let action: UInt16 = 2
        static let reply: UInt16 = 3
        static let edit: UInt16 = 4
        static let delete: UInt16 = 5
        static let reaction: UInt16 = 6
        static let delivered: UInt16 = 7
        static let read: UInt16 = 8
        static let typing: UInt16 = 9
        static let info: UInt16 = 10
        static let missing: UInt16 = 11
        static let again: UInt16 = 12
    }

    /// Whether it belongs to what was said in the room; the others serve delivery, and are over when they were read.
    package var isLasting: Bool {
        switch self {
        case .text, .action, .reply, .edit, .delete, .reaction, .info, .unknown: true
        case .delivered, .read, .typing, .missing, .again: false
        }
    }

    /// What was said, if it is a message of its own.
    package var text: MessageText? {
        switch self {
        case .text(let text), .action(let text), .reply(_, let text): text
        default: nil
        }
    }

    /// The number of the message that this one is about.
    package var target: UInt64? {
        switch self {
        case .reply(let target, _), .edit(let target, _), .delete(let target), .reaction(let target, _, _): target
        default: nil
        }
    }
}
