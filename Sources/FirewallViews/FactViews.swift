package import Firewall

/// Bans, threat lists, and why a packet passes.
extension ViewStyle {
    package func lines(_ bans: [BanRow]) -> [String] {
        if bans.isEmpty, !isPlain { return ["Nobody is banned."] }
        var table = ViewTable(
            [
                .init(title: "ADDRESS"), .init(title: isPlain ? "UNTIL" : "ENDS IN"),
                .init(title: isPlain ? "SINCE" : "AGE", rank: 2), .init(title: "OFFENCE", isRight: true, rank: 1),
                .init(title: "PACKETS", isRight: true, rank: 3, isOptional: true), .init(title: "KIND"),
                .init(title: "WHY", least: 12),
            ], style: self)
        for row in bans {
            let ban = row.ban
            // On a terminal each address has a line of its own, so that none is cut.
            let addresses = ban.targets.map(\.description)
            let first = isPlain ? addresses.joined(separator: ",") : addresses.first ?? ""
            table.add([
                .init(first, .bad), .init(rest(ban.until)), .init(age(ban.since)), .init(number(ban.offence)),
                .init(row.packets.map(number) ?? ""), .init(ban.kind.rawValue), .init(ban.detail),
            ])
            guard !isPlain else { continue }
            for address in addresses.dropFirst() { table.add([.init(address, .bad)]) }
        }
        return table.lines()
    }

    /// To one that was just made.
    package func lines(_ banned: BanRow) -> [String] {
        let ban = banned.ban
        let addresses = ban.targets.map(\.description).joined(separator: " and ")
        return [
            "\(addresses) \(ban.targets.count == 1 ? "is" : "are") banned for \(Span.words(from: ban.since, to: ban.until))."
        ]
    }

    package func lines(_ feeds: [FeedRow]) -> [String] {
        if feeds.isEmpty, !isPlain { return ["The policy names no threat lists."] }
        var table = ViewTable(
            [
                .init(title: "FEED", least: 12), .init(title: "DIR", rank: 2), .init(title: "ENTRIES", isRight: true),
                .init(title: "FETCHED"), .init(title: "CHANGED", rank: 1), .init(title: "STATE"),
                .init(title: "DETAIL", least: 12, isOptional: true),
            ], style: self)
        for feed in feeds {
            table.add([
                .init(feed.name), .init(feed.direction.rawValue), .init(number(feed.entries)),
                .init(age(feed.fetched)), .init(age(feed.changed)), .init(feed.state.rawValue, feed.state.tone),
                .init(detail(feed)),
            ])
        }
        return table.lines() + (isPlain ? [] : wrapped(feeds.filter { $0.state == .held }.map(held)))
    }

    private func detail(_ feed: FeedRow) -> String {
        let refused = feed.refused > 0 ? ["\(feed.refused.of("entry", "entries")) refused as our own"] : []
        return ((feed.detail.isEmpty ? [] : [feed.detail]) + refused).joined(separator: "; ")
    }

    private func held(_ feed: FeedRow) -> String {
        let name = SafeText.of(feed.name)
        let count = feed.held.map { " to \($0.of("entry", "entries"))" } ?? ""
        return "\(paint(name, .open)) would change\(count) at once, so the list before counts. "
            + "When that is right: conclave-firewall threats accept \(name)"
    }

    package func lines(_ answer: WhyAnswer) -> [String] {
        let verdict =
            switch answer.outcome {
            case .allowed: paint("ALLOWED", .good)
            case .blocked: paint("BLOCKED", .bad)
            case .rejected: paint("REJECTED", .bad)
            }
        let question = answer.question
        let transport = question.transport == .any ? "any protocol" : question.transport.rawValue
        let packet =
            question.isOutbound
            ? "from here to \(question.address)" + (question.port.map { " port \($0)" } ?? "")
            : "from \(question.address) to " + (question.port.map { "port \($0) " } ?? "") + "here"
        return ["\(verdict)  \(transport) \(packet)", "  " + SafeText.of(answer.words)]
            + answer.path.enumerated().map { paint("  \($0 + 1). \(SafeText.of($1))", .dim) }
    }
}

extension FeedRow.State {
    fileprivate var tone: Tone {
        switch self {
        case .ok: .good
        case .missing, .failing, .held: .open
        case .expired: .bad
        case .off: .dim
        }
    }
}
