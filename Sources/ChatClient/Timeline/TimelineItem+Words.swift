import Chat

/// An item as a line for a terminal, without time and number: nothing of others' texts acts on the terminal.
extension TimelineItem {
    package var words: String {
        let who = sender.user
        return switch kind {
        case .text(let text): "<\(who)> \(SafeText.line(text.description))\(suffix)"
        case .action(let text): "* \(who) \(SafeText.line(text.description))\(suffix)"
        case .reply(let quote, let text): "<\(who)> [\(quote.words)] \(SafeText.line(text.description))\(suffix)"
        case .deleted: "<\(who)> [deleted]"
        case .unreadable(let reason): "<\(who)> [\(reason.words)]"
        case .notice(let notice): "-- \(notice.sentence)"
        case .change(let target, let change): "-- \(who) \(change.words(of: target))\(markWords)"
        }
    }

    /// What stands behind a text: (edited), reactions, and how far it got.
    private var suffix: String {
        var parts = isEdited ? " (edited)" : ""
        if isSaidAgain { parts += " (said again)" }
        for reaction in reactions {
            parts += " \(reaction.emoji)" + (reaction.users.count > 1 ? "\(reaction.users.count)" : "")
        }
        return parts + markWords
    }

    private var markWords: String {
        switch mark {
        case .pending: " (sending)"
        case .failed(let reason): " (not sent: \(SafeText.line(reason)); /resend tries again)"
        default: ""
        }
    }
}

extension TimelineItem.Quote {
    package var words: String {
        let about =
            switch excerpt {
            case .text(let text): "“\(SafeText.line(text))”"
            case .deleted: "deleted"
            case .unreadable: "cannot be read here"
            case .notLoaded: "further back"
            }
        return "to \(sender.map { "\($0.user) " } ?? "")\(target): \(about)"
    }
}

extension TimelineItem.Change {
    package func words(of target: UInt64) -> String {
        switch self {
        case .edit(let text): "changed message \(target), which is further back, to: \(SafeText.line(text.description))"
        case .delete: "deleted message \(target), which is further back"
        case .reaction(let emoji, isAdded: true): "reacted with \(emoji) to message \(target), which is further back"
        case .reaction(let emoji, isAdded: false): "took \(emoji) back from message \(target), which is further back"
        case .refused: "tried to change message \(target), which somebody else wrote; ignored"
        }
    }
}
