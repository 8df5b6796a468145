/// The packets that a rule fits, for comparing rules.
struct RuleReach {
    let rule: FirewallRule
    /// A bit each: TCP 1, UDP 2, ICMP 4, all others 8.
    private let transports: UInt8
    /// Disjoint and in order; all ports where the rule names none.
    private let ports: [ClosedRange<UInt16>]
    /// From the lowest to the highest of them.
    private let portSpan: ClosedRange<UInt16>
    private let sources: AddressSet
    private let destinations: AddressSet
    /// A bit each: in 1, out 2.
    private let directions: UInt8

    private static let everywhere = AddressSet([
        IPPrefix(IPAddress(.ipv4, value: 0), length: 0), IPPrefix(IPAddress(.ipv6, value: 0), length: 0),
    ])

    init(_ rule: FirewallRule) {
        self.rule = rule
        transports =
            switch rule.transport {
            case .tcp: 1
            case .udp: 2
            case .icmp: 4
            case .any: rule.ports.isEmpty ? 15 : 3
            }
        ports = rule.ports.isEmpty ? [0...UInt16.max] : PortSegments.merged(rule.ports)
        portSpan = (ports.first?.lowerBound ?? 0)...(ports.last?.upperBound ?? .max)
        sources = rule.sources.isEmpty ? Self.everywhere : AddressSet(rule.sources)
        destinations = rule.destinations.isEmpty ? Self.everywhere : AddressSet(rule.destinations)
        directions = rule.direction == .both ? 3 : rule.direction == .in ? 1 : 2
    }

    /// No packet has a source of one family and a destination of the other.
    var isEmpty: Bool {
        AddressFamily.allCases.allSatisfy { sources.count($0) == 0 || destinations.count($0) == 0 }
    }

    var isEverything: Bool {
        transports == 15 && rule.interface == nil && sources == Self.everywhere && destinations == Self.everywhere
    }

    /// Whether this rule fits all that the other one fits.
    func covers(_ other: RuleReach) -> Bool {
        // Where there are many rules, most pairs part here.
        guard portSpan.lowerBound <= other.portSpan.lowerBound, portSpan.upperBound >= other.portSpan.upperBound
        else { return false }
        return other.directions & ~directions == 0 && other.transports & ~transports == 0
            && coversInterface(other) && holdsPorts(of: other) && sources.contains(other.sources)
            && destinations.contains(other.destinations)
    }

    /// Whether some packet fits both.
    func overlaps(_ other: RuleReach) -> Bool {
        directions & other.directions != 0 && transports & other.transports != 0
            && overlapsInterface(other) && meetsPorts(of: other) && !sources.intersection(other.sources).isEmpty
            && !destinations.intersection(other.destinations).isEmpty
    }

    // MARK: Parts

    /// What ``covers(_:)`` and ``overlaps(_:)`` look at, at most: ranges, of this rule's and the other's.
    func cost(with other: RuleReach) -> Int {
        guard portSpan.overlaps(other.portSpan) else { return 1 }
        return size + other.size
    }

    private var size: Int { ports.count + sources.ranges.count + destinations.ranges.count }

    /// Both lists are in order, and no range of them touches its neighbour.
    private func holdsPorts(of other: RuleReach) -> Bool {
        var index = 0
        for range in other.ports {
            while index < ports.count, ports[index].upperBound < range.lowerBound { index += 1 }
            guard index < ports.count, ports[index].lowerBound <= range.lowerBound,
                ports[index].upperBound >= range.upperBound
            else { return false }
        }
        return true
    }

    private func meetsPorts(of other: RuleReach) -> Bool {
        var index = 0
        for range in other.ports {
            while index < ports.count, ports[index].upperBound < range.lowerBound { index += 1 }
            guard index < ports.count else { return false }
            if ports[index].lowerBound <= range.upperBound { return true }
        }
        return false
    }

    private func coversInterface(_ other: RuleReach) -> Bool {
        guard let mine = rule.interface else { return true }
        guard let theirs = other.rule.interface else { return false }
        return mine == theirs || mine.hasSuffix("*") && theirs.hasPrefix(mine.dropLast())
    }

    private func overlapsInterface(_ other: RuleReach) -> Bool {
        guard let mine = rule.interface, let theirs = other.rule.interface else { return true }
        return coversInterface(other) || other.coversInterface(self) || mine == theirs
    }
}
