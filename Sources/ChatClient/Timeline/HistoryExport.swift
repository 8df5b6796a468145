import Chat

/// A room's history as lines, one for each entry and in the log's order: edits, deletions and reactions are lines of their own.
package struct HistoryExport: Sendable {
    package enum Format: String, CaseIterable, Sendable {
        /// An object per line (JSON Lines).
        case json
        /// For people.
        case text
    }

    package let format: Format
    /// The room's name, or what stands for it.
    package let room: String

    package init(_ format: Format, room: String) {
        self.format = format
        self.room = room
    }

    /// Nothing for what serves delivery only: receipts, typing and the like.
    package func lines(of message: StoredMessage) -> [String] {
        switch format {
        case .json: jsonLines(of: message)
        case .text: textLines(of: message)
        }
    }

    // MARK: JSON

    private func jsonLines(of message: StoredMessage) -> [String] {
        var objects = message.shownNotices.map { notice in
            head(of: message) + [("kind", .text("notice")), ("text", .text(notice.sentence))]
        }
        if let fields = fields(of: message.content) { objects.append(head(of: message) + fields) }
        return objects.map { fields in
            "{" + fields.map { JSONText.quoted($0.0) + ":" + $0.1.json }.joined(separator: ",") + "}"
        }
    }

    private typealias Field = (String, JSONText)

    private func head(of message: StoredMessage) -> [Field] {
        let head: [Field] = [
            ("room", .text(room)), ("seq", .number(message.sequence)), ("time", .text(message.time.iso8601)),
            ("from", .text(message.sender.description)),
        ]
        guard case .lost(let place, _) = message.state else { return head }
        return head + [("lost", .number(place))]
    }

    private func fields(of content: StoredMessage.Content) -> [Field]? {
        switch content {
        case .nothing: nil
        case .deleted: [("kind", .text("deleted"))]
        case .unreadable(let reason): [("kind", .text("unreadable")), ("reason", .text(reason.words))]
        case .body(let body): fields(of: body)
        }
    }

    private func fields(of body: MessageBody) -> [Field]? {
        switch body {
        case .text(let text): [("kind", .text("text")), ("text", .text(text.description))]
        case .action(let text): [("kind", .text("action")), ("text", .text(text.description))]
        case .reply(let target, let text):
            [("kind", .text("reply")), ("to", .number(target)), ("text", .text(text.description))]
        case .edit(let target, let text):
            [("kind", .text("edit")), ("of", .number(target)), ("text", .text(text.description))]
        case .delete(let target): [("kind", .text("delete")), ("of", .number(target))]
        case .reaction(let target, let emoji, let isAdded):
            [
                ("kind", .text(isAdded ? "react" : "unreact")), ("to", .number(target)),
                ("emoji", .text(emoji.description)),
            ]
        case .again(let token, _, let said):
            self.fields(of: said).map { $0 + [("again", .number(token))] }
        case .unknown(let kind, _):
            [
                ("kind", .text("unreadable")), ("reason", .text(Unreadable.newerClient.words)),
                ("number", .number(UInt64(kind))),
            ]
        case .info, .delivered, .read, .typing, .missing: nil
        }
    }

    // MARK: Text

    private func textLines(of message: StoredMessage) -> [String] {
        let number =
            if case .lost(let place, _) = message.state { "(\(place), lost by the server)" } else {
                message.sequence > 0 ? "\(message.sequence)" : "-"
            }
        let head = "\(message.time.iso8601) \(number) "
        var lines = message.shownNotices.map { "\(head)-- \($0.sentence)" }
        if let words = words(of: message.content, by: message.sender.user) { lines.append(head + words) }
        return lines
    }

    private func words(of content: StoredMessage.Content, by user: UserName) -> String? {
        switch content {
        case .nothing: nil
        case .deleted: "<\(user)> [deleted]"
        case .unreadable(let reason): "<\(user)> [\(reason.words)]"
        case .body(let body): words(of: body, by: user)
        }
    }

    private func words(of body: MessageBody, by user: UserName) -> String? {
        switch body {
        case .text(let text): "<\(user)> \(SafeText.line(text.description))"
        case .action(let text): "* \(user) \(SafeText.line(text.description))"
        case .reply(let target, let text): "<\(user)> [to \(target)] \(SafeText.line(text.description))"
        case .edit(let target, let text): "-- \(user) changed \(target) to: \(SafeText.line(text.description))"
        case .delete(let target): "-- \(user) deleted \(target)"
        case .reaction(let target, let emoji, let isAdded):
            "-- \(user) \(isAdded ? "reacted with" : "took back") \(emoji) \(isAdded ? "to" : "from") \(target)"
        case .again(_, _, let said): words(of: said, by: user).map { "\($0) (said again)" }
        case .unknown: "<\(user)> [\(Unreadable.newerClient.words)]"
        case .info, .delivered, .read, .typing, .missing: nil
        }
    }
}
