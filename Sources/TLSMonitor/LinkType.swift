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
    case other(UInt32)

    public init(number: UInt32) {
        self =
            switch number {
            case 1: .ethernet
            case 0, 108: .null
            case 113: .cooked
            case 276: .cooked2
            case 12, 14, 101, 228, 229: .raw
            default: .other(number)
            }
    }
}
