/// What a packet turned out to be.
enum DecodedPacket {
    case tcp(TCPSegment)
    /// A part of a packet: ``PacketReader`` puts it together.
    case fragment(IPFragment)
    /// A packet in a packet: ``PacketReader`` opens it, if it was asked to.
    case tunnel(TunnelledPacket)
    case other(OtherTraffic)
}

/// A fragment of an IP packet (RFC 791 §3.2, RFC 8200 §4.5).
struct IPFragment {
    var source: IPAddress
    var destination: IPAddress
    var identification: UInt32
    /// The protocol of what is put together; of IPv6 only the first fragment's counts.
    var next: UInt8
    /// Where it lies in the whole.
    var offset: Int
    var isLast: Bool
    /// Where its data lies among the packet's captured bytes.
    var data: Range<Int>
    /// Bytes of data behind them that the fragment had but the capture has not.
    var missing: Int
}

/// A packet that another carries.
struct TunnelledPacket {
    enum Content {
        case ip
        case ethernet
        case ppp
        case etherType(UInt16)
    }

    var tunnel: Tunnel
    var content: Content
    /// Where it begins among the outer packet's captured bytes, and where it ends in the outer packet.
    var start: Int
    var end: Int
}

/// How packets are carried in packets.
public enum Tunnel: String, Hashable, Sendable, CaseIterable {
    /// RFC 2784, RFC 2890; version 1 is PPTP's (RFC 2637).
    case gre = "GRE"
    /// draft-foschiano-erspan: copies of a switch's traffic.
    case erspan = "ERSPAN"
    /// RFC 7348
    case vxlan = "VXLAN"
    /// RFC 8926
    case geneve = "GENEVE"
    /// IPv4 or IPv6 in IPv4 or IPv6 (RFC 2003, RFC 2473, RFC 4213).
    case ipInIP = "IP in IP"
    /// RFC 4380
    case teredo = "Teredo"
    /// 3GPP TS 29.281
    case gtp = "GTP-U"
    /// RFC 2661, data messages.
    case l2tp = "L2TP"
}

/// Packets that hold no TCP segment that can be followed.
public enum OtherTraffic: Hashable, Sendable, CaseIterable {
    /// UDP with data; QUIC among it.
    case udp
    /// A fragment of an IP packet of which parts are missing.
    case fragment
    /// Fragments of one packet that overlap and contradict each other.
    case fragmentConflict
    /// An echo of ICMP or ICMPv6, which carries whatever its sender likes.
    case echo
    /// Bytes behind the end of an IP packet with a TCP segment, which are not only zeros. The packet counts by itself, too.
    case trailer
    /// A protocol that manages the network: ICMP, IGMP.
    case otherProtocol
    /// Another that manages the network: ARP and the like.
    case notIP
    /// A packet in a packet, which was not to be opened.
    case tunnel(Tunnel)
    /// A frame of a radio network that is encrypted there.
    case encryptedRadio
    /// A protocol that is not opened here: SCTP, IPsec.
    case unopened
    /// Headers that contradict themselves.
    case malformed
    /// The capture cut the headers off.
    case truncated
    /// A link type that is not read here.
    case unknownLink

    public static let allCases: [OtherTraffic] =
        [.udp, .fragment, .fragmentConflict, .echo, .trailer, .otherProtocol, .notIP]
        + Tunnel.allCases.map { .tunnel($0) }
        + [.encryptedRadio, .unopened, .malformed, .truncated, .unknownLink]
}
