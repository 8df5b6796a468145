import Firewall

/// The same policies every time, out of all that may be (SplitMix64).
struct PolicyRandom: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }

    mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &self) }

    mutating func one<Element>(of elements: [Element]) -> Element { elements[below(elements.count)] }

    mutating func many<Element>(upTo limit: Int, _ element: (inout PolicyRandom) -> Element) -> [Element] {
        (0..<below(limit + 1)).map { _ in element(&self) }
    }

    mutating func prefix() -> IPPrefix {
        if Bool.random(using: &self) {
            return IPPrefix(IPAddress(ipv4: UInt32(truncatingIfNeeded: next())), length: below(33))
        }
        return IPPrefix(IPAddress(ipv6: UInt128(next()) << 64 | UInt128(next())), length: below(129))
    }

    /// Printable, of every alphabet.
    mutating func text(upTo limit: Int) -> String {
        String(many(upTo: limit) { $0.one(of: Array("aZ 09-_/\\\"'é€中😀{}[]:,#%")) }.prefix(limit))
    }

    mutating func rule(id: Int) -> FirewallRule {
        let transport = one(of: FirewallRule.TransportProtocol.allCases)
        let ports = many(upTo: 4) { random in
            let low = UInt16.random(in: 1...UInt16.max, using: &random)
            return low...(Bool.random(using: &random) ? low : UInt16.random(in: low...UInt16.max, using: &random))
        }
        return FirewallRule(
            id: id, name: "r" + text(upTo: 30), action: one(of: FirewallRule.Action.allCases), transport: transport,
            ports: transport == .icmp ? [] : ports, direction: one(of: FirewallRule.Direction.allCases),
            sources: many(upTo: 3) { $0.prefix() }, destinations: many(upTo: 3) { $0.prefix() },
            interface: one(of: [nil, nil, "eth0", "wlan*", "br-lan.7"]), isEnabled: Bool.random(using: &self),
            note: text(upTo: 20))
    }

    private mutating func entries() -> [ListEntry] {
        var seen: Set<IPPrefix> = []
        return many(upTo: 12) { random in
            ListEntry(
                random.prefix(),
                until: Bool.random(using: &random) ? nil : Int64.random(in: 0...UTCTime.last, using: &random),
                note: random.text(upTo: 10))
        }.filter { seen.insert($0.prefix).inserted }
    }

    mutating func policy() -> Policy {
        var policy = Policy()
        policy.defaultAction = one(of: FirewallRule.Action.allCases)
        var ids: Set<Int> = []
        policy.rules = many(upTo: 8) { $0.rule(id: $0.below(PolicyLimits.ids.upperBound) + 1) }
            .filter { ids.insert($0.id).inserted }
        policy.whitelist = entries()
        policy.blacklist = entries()
        if Bool.random(using: &self) {
            policy.rateLimit = nil
        } else {
            policy.rateLimit?.connections = Int.random(in: PolicyLimits.connections, using: &self)
            policy.rateLimit?.seconds = Int.random(in: PolicyLimits.rateSeconds, using: &self)
            policy.rateLimit?.ipv6Prefix = Int.random(in: PolicyLimits.ipv6Prefix, using: &self)
            policy.rateLimit?.globalPerSecond = Int.random(in: PolicyLimits.globalPerSecond, using: &self)
        }
        policy.feeds = (0..<below(4)).map { index in
            let interval = Int.random(in: PolicyLimits.feedInterval, using: &self)
            return FeedSource(
                name: "feed-\(index)", url: "https://lists.example/\(next())",
                format: one(of: FeedSource.Format.allCases),
                direction: one(of: FirewallRule.Direction.allCases), interval: interval,
                maximumAge: Int.random(in: interval...PolicyLimits.maximumAge, using: &self),
                isEnabled: Bool.random(using: &self))
        }
        policy.log.blockedPerSecond = Int.random(in: PolicyLimits.blockedPerSecond, using: &self)
        policy.log.allowedSample = Int.random(in: PolicyLimits.allowedSample, using: &self)
        policy.log.retainDays = Int.random(in: PolicyLimits.retainDays, using: &self)
        policy.log.maximumMiB = Int.random(in: PolicyLimits.maximumMiB, using: &self)
        policy.log.blockedGroup = UInt16(below(30_000))
        policy.log.allowedGroup = UInt16(30_000 + below(30_000))
        policy.safety.confirmSeconds = Int.random(in: PolicyLimits.confirmSeconds, using: &self)
        policy.safety.isProtected = Bool.random(using: &self)
        policy.statisticsSeconds = Int.random(in: PolicyLimits.statisticsSeconds, using: &self)
        return policy
    }
}
