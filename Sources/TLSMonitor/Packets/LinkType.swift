/// What a captured packet begins with (the LINKTYPE_ registry of tcpdump.org).
public enum LinkType: Hashable, Sendable {
    case ethernet
    /// BSD loopback: the address family in the capturing host's byte order, or big-endian.
    case null
    /// Linux cooked, versions 1 and 2.
    case cooked
    case cooked2
    /// IPv4 or IPv6 at once.
    case raw
    /// The Point-to-Point Protocol (RFC 1661), with or without its framing (RFC 1662).
    case ppp
    /// PPP in HDLC framing, or Cisco's HDLC.
    case pppHDLC
    case ciscoHDLC
    /// PPP with a byte in front that tells the direction.
    case pppDirected
    /// A PPPoE session (RFC 2516).
    case pppoe
    /// IEEE 802.11, alone and behind what a radio tells of it.
    case wifi
    case radiotap
    case prism
    case avs
    /// IEEE 802.2 over ATM (RFC 1483), and over FDDI.
    case atm
    case fddi
    case frameRelay
    case mpls
    /// OpenBSD's and Apple's decrypted IPsec.
    case enc
    case pflog
    /// Linux's netfilter log.
    case nflog
    /// Solaris' IP observability.
    case ipnet
    /// Apple's packet tap: it names another link type.
    case pktap
    case other(UInt32)

    public init(number: UInt32) {
        self =
            switch number {
            case 1: .ethernet
            case 0, 108: .null
            case 113: .cooked
            case 276: .cooked2
            case 12, 14, 101, 228, 229: .raw
            case 9: .ppp
            case 50: .pppHDLC
            case 104: .ciscoHDLC
            case 204: .pppDirected
            case 51: .pppoe
            case 105: .wifi
            case 127: .radiotap
            case 119: .prism
            case 163: .avs
            case 100: .atm
            case 10: .fddi
            case 107: .frameRelay
            case 219: .mpls
            case 109: .enc
            case 117: .pflog
            case 239: .nflog
            case 226: .ipnet
            case 258: .pktap
            default: .other(number)
            }
    }

    /// Of the numbers for it, the one that libpcap writes filters for.
    public var number: UInt32 {
        switch self {
        case .ethernet: 1
        case .null: 0
        case .cooked: 113
        case .cooked2: 276
        case .raw: 12
        case .ppp: 9
        case .pppHDLC: 50
        case .ciscoHDLC: 104
        case .pppDirected: 204
        case .pppoe: 51
        case .wifi: 105
        case .radiotap: 127
        case .prism: 119
        case .avs: 163
        case .atm: 100
        case .fddi: 10
        case .frameRelay: 107
        case .mpls: 219
        case .enc: 109
        case .pflog: 117
        case .nflog: 239
        case .ipnet: 226
        case .pktap: 258
        case .other(let number): number
        }
    }
}
