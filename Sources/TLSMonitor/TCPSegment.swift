/// A TCP segment in a captured packet (RFC 9293 §3.1).
struct TCPSegment {
    var source: Endpoint
    var destination: Endpoint
    var sequence: UInt32
    var acknowledgement: UInt32
    var flags: Flags
    /// Where its data lies among the packet's captured bytes.
    var payload: Range<Int>
    /// Bytes of data that the packet had but the capture has not.
    var missing: Int

    struct Flags: OptionSet {
        var rawValue: UInt8

        static let fin = Flags(rawValue: 1)
        static let syn = Flags(rawValue: 2)
        static let rst = Flags(rawValue: 4)
        static let ack = Flags(rawValue: 16)
    }
}

/// What a packet turned out to be.
enum DecodedPacket {
    case tcp(TCPSegment)
    case other(OtherTraffic)
}

/// Packets that hold no TCP segment that can be followed.
public enum OtherTraffic: Hashable, Sendable, CaseIterable {
    /// UDP with data; QUIC among it.
    case udp
    /// A fragment of an IP packet, not put together here.
    case fragment
    /// A protocol that manages the network: ICMP, IGMP.
    case otherProtocol
    /// Another that manages the network: ARP and the like.
    case notIP
    /// A protocol that is not opened here: tunnels, SCTP, MPLS.
    case unopened
    /// Headers that contradict themselves.
    case malformed
    /// The capture cut the headers off.
    case truncated
    /// A link type that is not read here.
    case unknownLink
}
