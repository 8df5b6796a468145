/// One rule of a ``Policy``. Of the enabled rules of a direction the first that fits a packet decides.
package struct FirewallRule: Hashable, Sendable {
    package enum Action: String, Hashable, Sendable, CaseIterable {
        case block
        case allow
    }

    package enum TransportProtocol: String, Hashable, Sendable, CaseIterable {
        case tcp
        case udp
        /// ICMP and ICMPv6. What IPv6 needs to work at all (neighbour discovery) is never blocked.
        case icmp
        /// Every protocol; with ports: TCP and UDP.
        case any
    }

    package enum Direction: String, Hashable, Sendable, CaseIterable {
        case `in`
        case out
        case both
    }

    /// From 1, unlike any other in the policy; what people type, and what counters and log lines carry.
    package var id: Int
    /// 1 to 64 printable characters.
    package var name: String
    package var action: Action
    package var transport: TransportProtocol
    /// Of the destination; none: all. Only for TCP, UDP and any.
    package var ports: [ClosedRange<UInt16>]
    package var direction: Direction
    /// None: from everywhere.
    package var sources: [IPPrefix]
    /// None: to everywhere.
    package var destinations: [IPPrefix]
    /// The card through which the packet comes or goes, `eth0` or `wlan*`; `nil`: all.
    package var interface: String?
    package var isEnabled: Bool
    /// For people; at most 200 printable characters.
    package var note: String

    package init(
        id: Int, name: String, action: Action, transport: TransportProtocol = .any, ports: [ClosedRange<UInt16>] = [],
        direction: Direction = .in, sources: [IPPrefix] = [], destinations: [IPPrefix] = [], interface: String? = nil,
        isEnabled: Bool = true, note: String = ""
    ) {
        self.id = id
        self.name = name
        self.action = action
        self.transport = transport
        self.ports = ports
        self.direction = direction
        self.sources = sources
        self.destinations = destinations
        self.interface = interface
        self.isEnabled = isEnabled
        self.note = note
    }
}
