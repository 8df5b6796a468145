package import Firewall

/// Rules in words.
package enum RuleWords {
    /// `23, 5900-5910`; none: empty.
    package static func ports(_ rule: FirewallRule) -> String {
        rule.ports.map { $0.lowerBound == $0.upperBound ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            .joined(separator: ", ")
    }

    static func prefixes(_ prefixes: [IPPrefix]) -> String { prefixes.map(\.description).joined(separator: ", ") }
}

extension Posture {
    /// What it is called.
    package var name: String {
        switch self {
        case .lockdown: "lockdown"
        case .closed: "closed"
        case .guarded: "guarded"
        case .normal: "normal"
        case .open: "open"
        }
    }

    /// What it lets in.
    package var words: String {
        switch self {
        case .lockdown:
            "whitelisted and authenticated addresses alone, both ways; connections of others are cut"
        case .closed: "new connections from whitelisted and authenticated addresses alone"
        case .guarded: "new connections to ports that an allow rule names, at a quarter of the rate"
        case .normal: "as the policy says: rules, lists, bans, rate limit, threat lists"
        case .open: "rules, lists and bans; no rate limit, no threat lists"
        }
    }

    var tone: Tone {
        switch self {
        case .lockdown, .closed: .bad
        case .guarded, .open: .open
        case .normal: .good
        }
    }
}
