import Firewall

/// What a policy means for a packet, read straight from its words: what the compiled rulesets are held against.
struct PolicyReading {
    var policy: Policy
    var posture: Posture
    /// Milliseconds since 1970.
    var now: Int64
    var banned: [IPPrefix] = []
    var authenticated: [IPAddress] = []
    var feedIn: [IPPrefix] = []
    var feedOut: [IPPrefix] = []

    struct Meaning: Hashable {
        var outcome: Decision.Outcome
        var reason: Decision.Reason
        var isLimited = false
    }

    func meaning(_ packet: PacketFacts) -> Meaning {
        switch packet.path {
        case .input: input(packet)
        case .output: output(packet)
        case .forward: forward(packet)
        }
    }

    private func input(_ packet: PacketFacts) -> Meaning {
        if packet.inputInterface == "lo" { return .init(outcome: .accept, reason: .loopback) }
        if let source = judgedSource(packet) { return source }
        let isKnown = isAuthenticated(packet.source)
        let goesOn = packet.connection == .established || packet.connection == .related
        if posture == .lockdown {
            if isRelatedError(packet) { return .init(outcome: .accept, reason: .established) }
            if isEssential(packet) { return .init(outcome: .accept, reason: .essential) }
            if !isKnown { return .init(outcome: .drop, reason: .posture) }
            if goesOn { return .init(outcome: .accept, reason: .established) }
        } else {
            if goesOn { return .init(outcome: .accept, reason: .established) }
            if isEssential(packet) { return .init(outcome: .accept, reason: .essential) }
            if posture == .closed, !isKnown { return .init(outcome: .drop, reason: .posture) }
        }
        let isLimited = policy.rateLimit != nil && posture != .open && packet.connection == .new && !isKnown
        if let rule = policy.rules.first(where: { fits($0, packet, .in) }) {
            return rule.action == .block
                ? .init(outcome: .drop, reason: .rule(rule.id))
                : .init(outcome: .accept, reason: .rule(rule.id), isLimited: isLimited)
        }
        if policy.defaultAction == .block { return .init(outcome: .drop, reason: .byDefault) }
        if posture == .guarded { return .init(outcome: .drop, reason: .posture) }
        return .init(outcome: .accept, reason: .byDefault, isLimited: isLimited)
    }

    private func output(_ packet: PacketFacts) -> Meaning {
        if packet.outputInterface == "lo" { return .init(outcome: .accept, reason: .loopback) }
        if isListed(policy.whitelist, packet.destination) { return .init(outcome: .accept, reason: .whitelist) }
        if let refused = judgedDestination(packet) { return refused }
        let goesOn = packet.connection == .established || packet.connection == .related
        if posture == .lockdown {
            if isRelatedError(packet) { return .init(outcome: .accept, reason: .established) }
            if isEssential(packet) { return .init(outcome: .accept, reason: .essential) }
            if !isAuthenticated(packet.destination) { return .init(outcome: .reject, reason: .posture) }
            if goesOn { return .init(outcome: .accept, reason: .established) }
        } else {
            if goesOn { return .init(outcome: .accept, reason: .established) }
            if isEssential(packet) { return .init(outcome: .accept, reason: .essential) }
        }
        if let rule = policy.rules.first(where: { fits($0, packet, .out) }) {
            return .init(outcome: rule.action == .block ? .reject : .accept, reason: .rule(rule.id))
        }
        return .init(outcome: .accept, reason: .byDefault)
    }

    private func forward(_ packet: PacketFacts) -> Meaning {
        if let source = judgedSource(packet) { return source }
        if isListed(policy.whitelist, packet.destination) { return .init(outcome: .accept, reason: .whitelist) }
        if let refused = judgedDestination(packet) { return refused }
        guard posture == .lockdown else { return .init(outcome: .accept, reason: .byDefault) }
        let isKnown = isAuthenticated(packet.source) || isAuthenticated(packet.destination)
        return .init(outcome: isKnown ? .accept : .reject, reason: .posture)
    }

    // MARK: Lists

    private func judgedSource(_ packet: PacketFacts) -> Meaning? {
        if isListed(policy.whitelist, packet.source) { return .init(outcome: .accept, reason: .whitelist) }
        if isListed(policy.blacklist, packet.source) { return .init(outcome: .drop, reason: .blacklist) }
        if banned.contains(where: { $0.contains(packet.source) }) { return .init(outcome: .drop, reason: .ban) }
        if posture != .open, feedIn.contains(where: { $0.contains(packet.source) }) {
            return .init(outcome: .drop, reason: .feed)
        }
        return nil
    }

    private func judgedDestination(_ packet: PacketFacts) -> Meaning? {
        if isListed(policy.blacklist, packet.destination) { return .init(outcome: .reject, reason: .blacklist) }
        if posture != .open, feedOut.contains(where: { $0.contains(packet.destination) }) {
            return .init(outcome: .reject, reason: .feed)
        }
        return nil
    }

    func isListed(_ list: [ListEntry], _ address: IPAddress) -> Bool {
        list.contains { $0.prefix.contains(address) && ($0.until.map { $0 * 1_000 > now } ?? true) }
    }

    private func isAuthenticated(_ address: IPAddress) -> Bool {
        authenticated.contains { IPPrefix($0, length: $0.family == .ipv4 ? 32 : 64).contains(address) }
    }

    // MARK: What is always let through

    private func isRelatedError(_ packet: PacketFacts) -> Bool {
        packet.connection == .related && packet.transport == (packet.source.family == .ipv4 ? 1 : 58)
    }

    private func isEssential(_ packet: PacketFacts) -> Bool {
        let isInbound = packet.path == .input
        let client = isInbound ? packet.destinationPort : packet.sourcePort
        let server = isInbound ? packet.sourcePort : packet.destinationPort
        switch packet.source.family {
        case .ipv4: return packet.transport == 17 && client == 68 && server == 67
        case .ipv6:
            if packet.transport == 58, let type = packet.icmpType { return (130...137).contains(type) || type == 143 }
            return packet.transport == 17 && client == 546 && packet.source.value >> 118 == 0xFE80 >> 6
        }
    }

    // MARK: Rules

    private func fits(_ rule: FirewallRule, _ packet: PacketFacts, _ way: FirewallRule.Direction) -> Bool {
        guard rule.isEnabled, rule.direction == way || rule.direction == .both else { return false }
        let hasPorts = packet.transport == 6 || packet.transport == 17
        switch rule.transport {
        case .tcp: guard packet.transport == 6 else { return false }
        case .udp: guard packet.transport == 17 else { return false }
        case .icmp: guard packet.transport == (packet.source.family == .ipv4 ? 1 : 58) else { return false }
        case .any: guard rule.ports.isEmpty || hasPorts else { return false }
        }
        if rule.transport != .icmp, !rule.ports.isEmpty {
            guard let port = packet.destinationPort, rule.ports.contains(where: { $0.contains(port) }) else {
                return false
            }
        }
        guard rule.sources.isEmpty || rule.sources.contains(where: { $0.contains(packet.source) }) else {
            return false
        }
        guard rule.destinations.isEmpty || rule.destinations.contains(where: { $0.contains(packet.destination) })
        else { return false }
        guard let pattern = rule.interface else { return true }
        guard let name = way == .in ? packet.inputInterface : packet.outputInterface else { return false }
        return pattern.last == "*" ? name.hasPrefix(pattern.dropLast()) : pattern == name
    }
}
