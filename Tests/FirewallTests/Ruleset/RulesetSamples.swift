import Firewall

/// Policies that several suites use. Addresses are those kept for documents (RFC 5737, RFC 3849).
enum RulesetSamples {
    static let now: Int64 = 1_700_000_000_000

    static func prefix(_ text: String) -> IPPrefix {
        let parts = text.split(separator: "/")
        let address = parts.first.flatMap { IPAddress($0) } ?? IPAddress(ipv4: 0)
        return IPPrefix(address, length: parts.count > 1 ? Int(parts[1]) ?? 0 : address.family.bits)
    }

    static func address(_ text: String) -> IPAddress { prefix(text).first }

    /// What a fresh installation blocks.
    static var fresh: Policy {
        var policy = Policy()
        policy.rules = [
            FirewallRule(id: 1, name: "Block Telnet", action: .block, transport: .tcp, ports: [23...23]),
            FirewallRule(id: 2, name: "Block NetBIOS and SMB", action: .block, ports: [135...139, 445...445]),
            FirewallRule(id: 3, name: "Block RDP", action: .block, ports: [3_389...3_389]),
        ]
        return policy
    }

    /// Something of everything.
    static var full: Policy {
        var policy = fresh
        policy.rules += [
            FirewallRule(
                id: 4, name: "SSH from home", action: .allow, transport: .tcp, ports: [22...22],
                sources: [prefix("198.51.100.0/24"), prefix("203.0.113.7"), prefix("2001:db8:1::/48")]),
            FirewallRule(id: 5, name: "No SSH else", action: .block, transport: .tcp, ports: [22...22]),
            FirewallRule(id: 6, name: "No ping on Wi-Fi", action: .block, transport: .icmp, interface: "wlan*"),
            FirewallRule(
                id: 7, name: "No mail", action: .block, transport: .tcp, ports: [25...25, 465...465, 587...587],
                direction: .out, destinations: [prefix("0.0.0.0/0")]),
            FirewallRule(
                id: 8, name: "Off", action: .block, transport: .udp, ports: [53...53], direction: .both,
                isEnabled: false),
        ]
        policy.whitelist = [
            ListEntry(prefix("192.0.2.0/25"), note: "home"),
            ListEntry(prefix("192.0.2.0/24"), until: now / 1_000 + 3_600),
            ListEntry(prefix("2001:db8::7")),
        ]
        policy.blacklist = [
            ListEntry(prefix("203.0.113.0/24"), note: "abuse"),
            ListEntry(prefix("192.0.2.99")),
            ListEntry(prefix("2001:db8:bad::/48"), until: now / 1_000 + 60),
            ListEntry(prefix("198.51.100.1"), until: now / 1_000 - 1, note: "over"),
        ]
        return policy
    }

    static func generation(_ policy: Policy, _ posture: Posture = .normal, number: Int = 1) -> PolicyGeneration {
        RulesetCompiler(policy: policy, posture: posture, generation: number, now: now).compile()
    }
}

extension RulesetSamples {
    static var fullRuleset: Ruleset {
        let feeds = FeedGeneration(
            number: 4,
            counts: [
                .init(.in, .hosts4): 9, .init(.both, .ranges4): 1, .init(.out, .hosts6): 1, .init(.both, .ranges6): 3,
            ])
        return Ruleset(current: generation(full), feeds: feeds)
    }

    /// The chains that a posture changes.
    static func chains(in posture: Posture) -> Ruleset {
        let names = ["pre4", "in", "known_in", "known_out", "rules_in", "pass", "out", "rules_out", "fwd"].map {
            $0 + "_1"
        }
        let ruleset = Ruleset(current: generation(fresh, posture))
        return Ruleset(chains: ruleset.chains.filter { names.contains($0.name) })
    }
}
