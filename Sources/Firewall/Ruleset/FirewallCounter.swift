/// The counters that are always there. Those of the rules are named ``rule(_:)``.
package enum FirewallCounter: String, Hashable, Sendable, CaseIterable {
    /// Packets of the machine to itself.
    case loopback = "c_lo"
    /// From whitelisted sources.
    case whitelist = "c_allow"
    /// Inbound, of connections that are already there.
    case established = "c_est"
    /// What the network needs to work at all: neighbour discovery, DHCP.
    case essential = "c_essential"
    /// From blacklisted sources.
    case blacklist = "c_deny"
    /// To blacklisted destinations.
    case blacklistOut = "c_deny_out"
    /// From banned sources.
    case ban = "c_ban"
    /// From sources on a feed.
    case feed = "c_feed"
    /// To destinations on a feed.
    case feedOut = "c_c2"
    /// Over the limit of one source.
    case rate = "c_rate"
    /// Over the limit of all together.
    case global = "c_global"
    /// Inbound, fitting no rule, where the default is to block.
    case defaultBlock = "c_default"
    /// What the posture does not let in, or out.
    case posture = "c_posture"
    /// Inbound, that passed: the first packets of connections.
    case passed = "c_pass"
    /// Outbound, that passed: the first packets of connections.
    case passedOut = "c_out"

    /// The counter of a rule, `rule_7`. It lives as long as the rule's id.
    package static func rule(_ id: Int) -> String { "rule_\(id)" }

    /// The id in the name of a rule's counter.
    package static func ruleID(_ name: String) -> Int? {
        name.hasPrefix("rule_") ? Int(name.dropFirst(5)) : nil
    }
}
