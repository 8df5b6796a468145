/// What is shown.
extension Timeline {
    /// In the order of the log, then what is not in it.
    /// - Parameter limit: only so many, the newest.
    package func items(limit: Int = .max) -> [TimelineItem] {
        guard limit > 0 else { return [] }
        var newestFirst: [TimelineItem] = pending.keys.sorted(by: >).compactMap { token in
            pending[token].flatMap(pendingItem)
        }
        for sequence in order.reversed() {
            guard newestFirst.count < limit else { break }
            newestFirst += lostItems(behind: sequence).reversed()
            guard let message = entries[sequence] else { continue }
            if let item = item(of: message) { newestFirst.append(item) }
            for (index, notice) in message.shownNotices.enumerated().reversed() {
                newestFirst.append(
                    TimelineItem(
                        place: .notice(sequence, index), time: message.time, sender: message.sender,
                        kind: .notice(notice)))
            }
        }
        return newestFirst.prefix(limit).reversed()
    }

    /// The message at a place as it is shown now; `nil` if nothing is loaded that is shown there.
    package func item(at sequence: UInt64) -> TimelineItem? {
        entries[sequence].flatMap { item(of: $0) }
    }

    /// The message that a command means: the one with the number, or the newest ones counted back from 1.
    /// - Parameter isOwn: counts one's own messages, of all of one's devices; otherwise those of the others.
    package func message(_ reference: MessageReference, isOwn: Bool) -> UInt64? {
        switch reference {
        case .number(let number):
            return words(at: number)?.body?.text == nil ? nil : number
        case .back(let count):
            guard count > 0 else { return nil }
            var left = count
            for sequence in order.reversed() {
                guard let message = entries[sequence], (message.sender.user == me.user) == isOwn,
                    case .body(let body)? = words(at: sequence), body.text != nil, !isDeleted(message)
                else { continue }
                left -= 1
                if left == 0 { return sequence }
            }
            return nil
        }
    }

    private func lostItems(behind fork: UInt64) -> [TimelineItem] {
        (lost[fork] ?? []).flatMap { message -> [TimelineItem] in
            guard case .lost(let place, _) = message.state else { return [] }
            func item(_ kind: TimelineItem.Kind, _ index: Int) -> TimelineItem {
                TimelineItem(
                    place: .lost(behind: fork, place, index), time: message.time, sender: message.sender, kind: kind)
            }
            let notices = message.shownNotices.enumerated().map { item(.notice($0.element), $0.offset + 1) }
            switch message.content {
            case .body(let body): return notices + (kind(of: body).map { [item($0, 0)] } ?? [])
            case .unreadable(let reason): return notices + [item(.unreadable(reason), 0)]
            case .deleted: return notices + [item(.deleted, 0)]
            case .nothing: return notices
            }
        }
    }

    private func pendingItem(_ message: StoredMessage) -> TimelineItem? {
        guard case .body(let body) = message.content, let kind = kind(of: body) else { return nil }
        var item = TimelineItem(place: .pending(message.token), time: message.time, sender: message.sender, kind: kind)
        if case .failed(let reason) = message.state { item.mark = .failed(reason) } else { item.mark = .pending }
        return item
    }

    private func item(of message: StoredMessage) -> TimelineItem? {
        let sequence = message.sequence
        // A second entry of the same message shows nothing.
        if message.token > 0, places[Origin(message)] != sequence { return nil }
        guard let words = words(at: sequence) else { return nil }
        var item = TimelineItem(
            place: .message(sequence), time: message.time, sender: message.sender, kind: .deleted)
        switch words {
        case .nothing: return nil
        case .deleted: return item
        case .unreadable(let reason): item.kind = .unreadable(reason)
        case .body(let body):
            guard let kind = kind(of: body, by: message) else { return nil }
            item.kind = kind
            item.isSaidAgain = message.content != .body(body)
            if message.sender.user == me.user { item.mark = receipts.mark(at: sequence, without: me.user) }
            if body.text != nil { fold(changesOf: message, into: &item) }
        }
        return item
    }

    /// What a place says: itself, or what its sender said again if it could not be read.
    private func words(at sequence: UInt64) -> StoredMessage.Content? {
        guard let message = entries[sequence] else { return nil }
        switch message.content {
        case .unreadable:
            guard let again = repeats[Origin(message)], case .body(.again(_, _, let body))? = entries[again]?.content
            else { return message.content }
            return .body(body)
        case .body(.again(let token, _, let body)):
            let origin = Origin(sender: message.sender, token: token)
            // It is shown where it belongs, if that is known.
            return places[origin] == nil && repeats[origin] == sequence ? .body(body) : .nothing
        default: return message.content
        }
    }

    private func kind(of body: MessageBody) -> TimelineItem.Kind? {
        switch body {
        case .text(let text): .text(text)
        case .action(let text): .action(text)
        case .reply(let target, let text): .reply(to: quote(of: target), text)
        case .edit(let target, let text): .change(of: target, .edit(text))
        case .delete(let target): .change(of: target, .delete)
        case .reaction(let target, let emoji, let isAdded): .change(of: target, .reaction(emoji, isAdded: isAdded))
        case .unknown: .unreadable(.newerClient)
        // Changes of the room are shown as notices.
        case .info, .delivered, .read, .typing, .missing, .again: nil
        }
    }

    /// A change is shown where it stands only if its message is not there, or is not its author's to change.
    private func kind(of body: MessageBody, by message: StoredMessage) -> TimelineItem.Kind? {
        let kind = kind(of: body)
        guard case .change(let target, let change)? = kind, let changed = entries[target] else { return kind }
        if case .reaction = change { return nil }
        return changed.sender.user == message.sender.user ? nil : .change(of: target, .refused)
    }

    private func quote(of target: UInt64) -> TimelineItem.Quote {
        guard let message = entries[target], let words = words(at: target) else {
            return TimelineItem.Quote(target: target, sender: nil, excerpt: .notLoaded)
        }
        let excerpt: TimelineItem.Quote.Excerpt =
            switch words {
            case .unreadable: .unreadable
            case .deleted: .deleted
            case .body(let body) where body.text != nil && isDeleted(message): .deleted
            case .body(let body):
                (edit(of: message) ?? body.text).map {
                    .text(String($0.description.prefix(TimelineItem.Quote.maximumLength)))
                } ?? .notLoaded
            case .nothing: .notLoaded
            }
        return TimelineItem.Quote(target: target, sender: message.sender, excerpt: excerpt)
    }
}
