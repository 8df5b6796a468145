import Firewall
import NetworkLab
import Testing

extension Policy {
    /// Nothing but rules: no limit, no feeds, nothing sampled.
    static func rules(_ rules: FirewallRule...) -> Policy {
        var policy = Policy()
        policy.rules = rules
        policy.rateLimit = nil
        policy.feeds = []
        return policy
    }

    func with(_ change: (inout Policy) -> Void) -> Policy {
        var policy = self
        change(&policy)
        return policy
    }
}

extension FirewallRule {
    static func block(
        _ id: Int, _ transport: TransportProtocol = .tcp, _ ports: ClosedRange<UInt16>..., direction: Direction = .in,
        from sources: [String] = [], to destinations: [String] = [], interface: String? = nil, isEnabled: Bool = true
    ) -> FirewallRule {
        FirewallRule(
            id: id, name: "Block \(id)", action: .block, transport: transport, ports: ports, direction: direction,
            sources: sources.compactMap(IPPrefix.of), destinations: destinations.compactMap(IPPrefix.of),
            interface: interface, isEnabled: isEnabled)
    }

    static func allow(
        _ id: Int, _ transport: TransportProtocol = .tcp, _ ports: ClosedRange<UInt16>..., from sources: [String] = []
    ) -> FirewallRule {
        FirewallRule(
            id: id, name: "Allow \(id)", action: .allow, transport: transport, ports: ports,
            sources: sources.compactMap(IPPrefix.of))
    }
}

extension IPPrefix {
    /// `10.0.0.0/8` or `10.0.0.1`.
    static func of(_ text: String) -> IPPrefix? {
        let parts = text.split(separator: "/")
        guard let address = parts.first.flatMap({ IPAddress($0) }) else { return nil }
        return parts.count == 2 ? Int(parts[1]).map { IPPrefix(address, length: $0) } : IPPrefix(address)
    }
}

extension ListEntry {
    static func host(_ text: String, until: Int64? = nil) -> ListEntry {
        ListEntry(IPPrefix.of(text) ?? IPPrefix(IPAddress(ipv4: 0)), until: until)
    }
}

/// The server of a pair, by family.
enum Server {
    static let four = "10.77.0.2"
    static let six = "fd77::2"
    static let addresses = [four, six]
}

/// The client of a pair, by the server's address.
enum Client {
    static let four = "10.77.0.1"
    static let six = "fd77::1"

    static func address(for server: String) -> String { server.contains(":") ? six : four }
}

let needsNetwork = Comment(rawValue: NetworkLab.reason)
