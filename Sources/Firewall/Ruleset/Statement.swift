/// A part of a rule in a chain. A packet goes through the statements in order; the first that does not fit ends the rule, and the next rule is tried.
///
/// What asks for an address fits packets of its family alone, whether or not ``family(_:)`` stands before it. Ports are asked for behind
/// `transport(6)` or `transport(17)` of the same rule alone, ICMP types behind `transport(1)` or `transport(58)`: the statements themselves
/// read bytes, whatever they are.
package enum Statement: Hashable, Sendable {
    package enum Side: Hashable, Sendable { case source, destination }

    /// Which bits of a packet's address are looked up.
    package struct AddressField: Hashable, Sendable {
        package var side: Side
        package var family: AddressFamily
        /// Bits that count; the others are looked up as 0.
        package var prefix: Int

        package init(_ side: Side, _ family: AddressFamily, prefix: Int? = nil) {
            self.side = side
            self.family = family
            self.prefix = prefix ?? family.bits
        }
    }

    package enum ConnectionState: UInt32, Hashable, Sendable, CaseIterable {
        // NF_CT_STATE_BIT and IP_CT_… of linux/netfilter/nf_conntrack_common.h: invalid 1, established 2, related 4, new 8, untracked 64.
        case invalid = 1
        case established = 2
        case related = 4
        case new = 8
        case untracked = 64
    }

    // MARK: What has to fit

    /// The packet comes from, or goes to, the machine itself (`lo`, whose index is 1 in every network namespace).
    case loopback(Side)
    /// The card's name, at most 15 bytes; one that ends in `*` fits all names that begin so.
    case interface(Side, String)
    case family(AddressFamily)
    /// The transport protocol's number: 6, 17, 1, 58.
    case transport(UInt8)
    case address(AddressField, in: IPPrefix)
    case addressRange(AddressField, ClosedRange<IPAddress>)
    /// Whether the address is in a named set.
    case addressSet(AddressField, String)
    /// TCP's and UDP's destination or source port.
    case port(Side, ClosedRange<UInt16>)
    /// The first byte of ICMP or ICMPv6.
    case icmpTypes([UInt8])
    case connection(Set<ConnectionState>)
    /// Fits the first packet of a connection alone. A connection that nobody answers, as UDP to a log server, stays "new" for the kernel with all its packets;
    /// but from the first that came through on it is confirmed (`IPS_CONFIRMED`).
    case first
    /// Fits as long as the family is in the set ``Ruleset/trialSet``.
    case trial
    /// Fits TCP that opens nothing (anything but a bare SYN), as long as the family is in the set ``Ruleset/olderSet``.
    case older
    /// Fits until so many packets a second went by, after a burst.
    case below(perSecond: UInt64, burst: UInt32)
    /// Fits when more than so many packets a second come, after a burst.
    case above(perSecond: UInt64, burst: UInt32)
    /// Adds the address to a set whose elements live from their first packet on, and fits from its packet `allowed` + 1. Does not fit when the set is full.
    case meter(AddressField, set: String, allowed: UInt32)
    /// Fits one packet in so many, at random.
    case sample(oneIn: UInt32)

    // MARK: What is done

    case count(String)
    /// To an NFLOG group: with a prefix of at most 127 bytes, so many bytes of the packet, so many packets at once.
    case log(prefix: String, group: UInt16, bytes: UInt32, together: UInt16)
    /// Looks the destination port up in a map, and does as it says; goes on where it says nothing.
    case portMap(String)
    case verdict(Verdict)
    /// ICMP or ICMPv6 "administratively prohibited" to the sender; ends.
    case reject
}

/// What becomes of a packet.
package enum Verdict: Hashable, Sendable {
    case accept
    case drop
    /// Back to the chain that jumped here.
    case `return`
    case jump(String)
    case goto(String)
}
