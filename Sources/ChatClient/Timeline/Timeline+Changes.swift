import Chat

/// What later entries change in a message.
extension Timeline {
    private struct Effect {
        /// Where it counts from: later ones win.
        var sequence: UInt64
        var user: UserName
        var body: MessageBody
    }

    /// Kinds of reactions that are shown at a message.
    private static let maximumReactions = 32

    func fold(changesOf message: StoredMessage, into item: inout TimelineItem) {
        let effects = effects(on: message)
        guard !effects.isEmpty else { return }
        if isDeleted(message, by: effects) {
            item.kind = .deleted
            return
        }
        if let text = edit(of: message, by: effects) {
            item.isEdited = true
            switch item.kind {
            case .text: item.kind = .text(text)
            case .action: item.kind = .action(text)
            case .reply(let quote, _): item.kind = .reply(to: quote, text)
            default: break
            }
        }
        item.reactions = reactions(by: effects)
    }

    func isDeleted(_ message: StoredMessage) -> Bool { isDeleted(message, by: effects(on: message)) }

    /// Its newest text, if its author changed it.
    func edit(of message: StoredMessage) -> MessageText? { edit(of: message, by: effects(on: message)) }

    private func isDeleted(_ message: StoredMessage, by effects: [Effect]) -> Bool {
        effects.contains { effect in
            guard case .delete = effect.body else { return false }
            return effect.user == message.sender.user
        }
    }

    private func edit(of message: StoredMessage, by effects: [Effect]) -> MessageText? {
        for effect in effects.reversed() where effect.user == message.sender.user {
            if case .edit(_, let text) = effect.body { return text }
        }
        return nil
    }

    /// In the order in which an emoji first came and stayed.
    private func reactions(by effects: [Effect]) -> [TimelineItem.Reaction] {
        var found: [Emoji: [UserName]] = [:]
        var order: [Emoji] = []
        for effect in effects {
            guard case .reaction(_, let emoji, let isAdded) = effect.body else { continue }
            var users = found[emoji] ?? []
            users.removeAll { $0 == effect.user }
            if isAdded { users.append(effect.user) }
            if found.updateValue(users, forKey: emoji) == nil { order.append(emoji) }
        }
        return order.compactMap { emoji in
            guard let users = found[emoji], !users.isEmpty else { return nil }
            return TimelineItem.Reaction(emoji, by: users.sorted())
        }.prefix(Self.maximumReactions).map { $0 }
    }

    /// In the order of the log. What says that it changes a later message does not.
    private func effects(on message: StoredMessage) -> [Effect] {
        guard let about = changes[message.sequence] else { return [] }
        return about.compactMap(effect).filter { $0.sequence > message.sequence }.sorted { $0.sequence < $1.sequence }
    }

    private func effect(of sequence: UInt64) -> Effect? {
        guard let message = entries[sequence], places[Origin(message)] == sequence,
            case .body(let body) = message.content
        else { return nil }
        guard case .again(let token, _, let inner) = body else {
            return Effect(sequence: sequence, user: message.sender.user, body: body)
        }
        let origin = Origin(sender: message.sender, token: token)
        guard repeats[origin] == sequence else { return nil }
        guard let place = places[origin] else {
            return Effect(sequence: sequence, user: message.sender.user, body: inner)
        }
        // It counts from where it should have been, unless it was there.
        guard case .unreadable? = entries[place]?.content else { return nil }
        return Effect(sequence: place, user: message.sender.user, body: inner)
    }
}

extension StoredMessage.Content {
    var body: MessageBody? {
        guard case .body(let body) = self else { return nil }
        return body
    }
}
