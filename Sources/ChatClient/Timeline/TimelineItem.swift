package import Chat

/// One thing of a room's history as it is shown. Texts are as their author wrote them: ``TimelineItem/words`` and ``SafeText``
/// make them harmless for a terminal.
package struct TimelineItem: Hashable, Sendable {
    package enum Place: Hashable, Sendable {
        /// A message in the log.
        case message(UInt64)
        /// A notice of an entry, by its place in the list.
        case notice(UInt64, Int)
        /// Not in the log; the token.
        case pending(UInt64)
        /// Lost by the server: the place behind which it stands, the one that it had, and 0 for what was said, above it a notice.
        case lost(behind: UInt64, UInt64, Int)
    }

    package enum Kind: Hashable, Sendable {
        case text(MessageText)
        case action(MessageText)
        case reply(to: Quote, MessageText)
        case deleted
        case unreadable(Unreadable)
        case notice(Notice)
        /// A change of a message that is not loaded, or that waits to be sent.
        case change(of: UInt64, Change)
    }

    package enum Change: Hashable, Sendable {
        case edit(MessageText)
        case delete
        case reaction(Emoji, isAdded: Bool)
        /// Somebody else's message: ignored.
        case refused
    }

    /// What is answered to.
    package struct Quote: Hashable, Sendable {
        package var target: UInt64
        /// `nil` if the message is not loaded.
        package var sender: PeerIdentity?
        package var excerpt: Excerpt

        package enum Excerpt: Hashable, Sendable {
            /// The beginning of the text as it stands now.
            case text(String)
            case deleted
            case unreadable
            case notLoaded
        }

        /// Characters of an excerpt.
        static let maximumLength = 80
    }

    /// Who reacted with the same emoji.
    package struct Reaction: Hashable, Sendable {
        package var emoji: Emoji
        package var users: [UserName]

        package init(_ emoji: Emoji, by users: [UserName]) {
            self.emoji = emoji
            self.users = users
        }
    }

    /// How far one's own message got.
    package enum Mark: Hashable, Sendable {
        case pending
        case failed(String)
        case stored
        case delivered(to: [UserName])
        case read(by: [UserName])
    }

    package var place: Place
    package var time: Timestamp
    package var sender: PeerIdentity
    package var kind: Kind
    package var isEdited = false
    /// It was lost on its way, and said again by its sender.
    package var isSaidAgain = false
    package var reactions: [Reaction] = []
    /// Only on one's own messages.
    package var mark: Mark?

    /// The number that commands such as `/reply 17` take.
    package var number: UInt64? {
        guard case .message(let number) = place else { return nil }
        return number
    }
}
