import Firewall

/// Policies and packets that are often about each other. The same seed makes the same.
struct RandomPolicies {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    static let now: Int64 = 1_700_000_000_000

    private static let interfaces = ["eth0", "eth1", "wlan0", "wlan1"]
    private static let ports: [UInt16] = [
        0, 22, 23, 53, 67, 68, 80, 135, 137, 139, 443, 445, 546, 3_389, 8_080, 65_535,
    ]
    private static let hosts4 = [0x0A01_0203, 0x0A01_0204, 0x0A02_0001, 0xC000_0207, 0xC633_6401, 0xFFFF_FFFF]
        .map { IPAddress(ipv4: $0) }
    private static let hosts6: [IPAddress] = [
        0x2001_0DB8_0000_0001_0000_0000_0000_0001, 0x2001_0DB8_0000_0001_0000_0000_0000_0002,
        0x2001_0DB8_0000_0002_0000_0000_0000_0001, 0x2001_0DB8_0001_0000_0000_0000_0000_0009,
        0xFE80_0000_0000_0000_0000_0000_0000_0001, 0xFD00_0000_0000_0000_0000_0000_0000_0001,
    ].map { IPAddress(ipv6: $0) }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(next() % UInt64(range.count))
    }

    mutating func one<T>(of values: [T]) -> T { values[number(0...values.count - 1)] }

    mutating func happens(_ percent: Int) -> Bool { number(1...100) <= percent }

    mutating func some<T>(_ range: ClosedRange<Int>, _ make: (inout RandomPolicies) -> T) -> [T] {
        (0..<number(range)).map { _ in make(&self) }
    }

    // MARK: Policies

    mutating func prefix() -> IPPrefix {
        happens(50)
            ? IPPrefix(one(of: Self.hosts4), length: one(of: [0, 8, 15, 16, 24, 30, 31, 32, 32]))
            : IPPrefix(one(of: Self.hosts6), length: one(of: [0, 10, 32, 47, 48, 64, 127, 128, 128]))
    }

    mutating func entry() -> ListEntry {
        ListEntry(prefix(), until: happens(50) ? nil : Self.now / 1_000 + Int64(number(-2...6)) * 100)
    }

    mutating func portRange() -> ClosedRange<UInt16> {
        let ends = [one(of: Self.ports), one(of: Self.ports)].sorted()
        return happens(50) ? ends[0]...ends[0] : ends[0]...ends[1]
    }

    mutating func rule(id: Int) -> FirewallRule {
        var rule = FirewallRule(id: id, name: "Rule \(id)", action: happens(60) ? .block : .allow)
        rule.transport = one(of: [.tcp, .tcp, .udp, .any, .icmp])
        if rule.transport != .icmp, happens(75) { rule.ports = some(1...4) { $0.portRange() } }
        rule.direction = one(of: [.in, .in, .out, .both])
        if happens(30) { rule.sources = some(1...3) { $0.prefix() } }
        if happens(20) { rule.destinations = some(1...3) { $0.prefix() } }
        if happens(20) { rule.interface = one(of: ["eth0", "eth1", "wlan*", "*"]) }
        rule.isEnabled = happens(85)
        return rule
    }

    mutating func policy() -> Policy {
        var policy = Policy()
        policy.defaultAction = happens(60) ? .allow : .block
        var id = 0
        policy.rules = some(0...8) { random in
            id += random.number(1...3)
            return random.rule(id: id)
        }
        if happens(50) { policy.whitelist = some(1...4) { $0.entry() } }
        if happens(50) { policy.blacklist = some(1...6) { $0.entry() } }
        if happens(25) { policy.rateLimit = nil }
        policy.rateLimit?.connections = one(of: [1, 3, 100])
        policy.log.blockedPerSecond = one(of: [0, 100])
        policy.log.allowedSample = one(of: [0, 100])
        return policy
    }

    mutating func reading() -> PolicyReading {
        var reading = PolicyReading(policy: policy(), posture: one(of: Posture.allCases), now: Self.now)
        if happens(40) {
            reading.banned = some(1...2) {
                let address = $0.address()
                return IPPrefix(address, length: address.family == .ipv4 ? 32 : 64)
            }
        }
        if happens(60) { reading.authenticated = some(1...3) { $0.address() } }
        if happens(30) { reading.feedIn = some(1...2) { $0.prefix() } }
        if happens(30) { reading.feedOut = some(1...2) { $0.prefix() } }
        return reading
    }

    // MARK: Packets

    mutating func address() -> IPAddress { one(of: happens(50) ? Self.hosts4 : Self.hosts6) }

    mutating func packet() -> PacketFacts {
        let hosts = happens(50) ? Self.hosts4 : Self.hosts6
        var packet = PacketFacts(
            one(of: [.input, .input, .output, .forward]), from: one(of: hosts), to: one(of: hosts),
            transport: one(of: [6, 6, 6, 17, 17, 1, 58, 47]))
        switch packet.transport {
        case 6, 17:
            packet.sourcePort = one(of: Self.ports)
            let port = one(of: Self.ports)
            packet.destinationPort = happens(30) ? port &+ UInt16(number(0...2)) : port
        case 1: packet.icmpType = one(of: [0, 3, 8, 11])
        case 58: packet.icmpType = one(of: [1, 2, 128, 129, 130, 133, 134, 135, 136, 137, 138, 143])
        default: break
        }
        if packet.path != .output { packet.inputInterface = happens(5) ? "lo" : one(of: Self.interfaces) }
        if packet.path != .input { packet.outputInterface = happens(5) ? "lo" : one(of: Self.interfaces) }
        if packet.path == .forward, packet.inputInterface == "lo" { packet.inputInterface = "eth0" }
        packet.connection = one(of: [.new, .new, .new, .established, .related, .invalid, .untracked])
        return packet
    }
}
