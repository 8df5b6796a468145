/// Why the kernel told of a packet: what stands behind `cfw:` in the log statement's prefix.
package enum LogReason: Hashable, Sendable {
    /// The blacklist.
    case deny
    case ban
    /// A source in a threat feed.
    case feed
    /// A destination in a threat feed: this machine called a command server.
    case commandServer
    /// More connections of one source than it may open.
    case rate
    /// More connections of all together than there may be.
    case global
    /// The policy's default action.
    case byDefault
    case posture
    /// A rule, by its number.
    case rule(Int)
    /// None was blocked: a sample of what passes.
    case pass
    /// No prefix of ours.
    case other

    /// - Parameter prefix: as the kernel gives it; spaces at its end do not count.
    package init(prefix: String) {
        var text = prefix[...]
        while text.last == " " { text.removeLast() }
        guard text.hasPrefix("cfw:") else {
            self = .other
            return
        }
        self.init(name: text.dropFirst(4))
    }

    /// - Parameter name: as ``name`` gives it; ``other`` for all else.
    package init(name: some StringProtocol) {
        if name.hasPrefix("rule "), let id = Int(name.dropFirst(5)), id > 0 {
            self = .rule(id)
        } else {
            self = Self.plain.first { $0.name == String(name) } ?? .other
        }
    }

    /// All but rules.
    private static let plain: [Self] = [
        .deny, .ban, .feed, .commandServer, .rate, .global, .byDefault, .posture, .pass,
    ]

    /// `deny`, `rule 3`: as it is stored, and as people type it.
    package var name: String {
        switch self {
        case .deny: "deny"
        case .ban: "ban"
        case .feed: "feed"
        case .commandServer: "c2"
        case .rate: "rate"
        case .global: "global"
        case .byDefault: "default"
        case .posture: "posture"
        case .rule(let id): "rule \(id)"
        case .pass: "pass"
        case .other: "other"
        }
    }

    /// Of the log statement.
    package var prefix: String { "cfw:" + name }
}

extension LoggedPacket {
    package var reason: LogReason { LogReason(prefix: prefix) }
}
