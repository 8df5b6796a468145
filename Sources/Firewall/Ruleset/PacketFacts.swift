/// What a ruleset asks of a packet.
package struct PacketFacts: Hashable, Sendable {
    package enum Path: String, Hashable, Sendable, CaseIterable {
        /// From elsewhere, or from itself, to this machine.
        case input
        /// From this machine.
        case output
        /// Through this machine, as to containers.
        case forward
    }

    package var path: Path
    package var source: IPAddress
    package var destination: IPAddress
    /// 6, 17, 1, 58, …
    package var transport: UInt8
    /// Of TCP and UDP.
    package var sourcePort: UInt16?
    package var destinationPort: UInt16?
    /// Of ICMP and ICMPv6: its first byte.
    package var icmpType: UInt8?
    /// The card's name; `lo` is the machine itself.
    package var inputInterface: String?
    package var outputInterface: String?
    package var connection: Statement.ConnectionState
    /// Whether the trial's elements still live.
    package var isTrial: Bool

    package init(
        _ path: Path, from source: IPAddress, to destination: IPAddress, transport: UInt8, sourcePort: UInt16? = nil,
        destinationPort: UInt16? = nil, icmpType: UInt8? = nil, inputInterface: String? = nil,
        outputInterface: String? = nil, connection: Statement.ConnectionState = .new, isTrial: Bool = false
    ) {
        self.path = path
        self.source = source
        self.destination = destination
        self.transport = transport
        self.sourcePort = sourcePort
        self.destinationPort = destinationPort
        self.icmpType = icmpType
        self.inputInterface = inputInterface
        self.outputInterface = outputInterface
        self.connection = connection
        self.isTrial = isTrial
    }
}
