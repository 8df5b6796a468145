/// What a ban is keyed by: an IPv4 host, or the 64 bits of an IPv6 network, as everybody there has all the addresses in it.
struct BanTarget: Hashable, Sendable {
    let family: AddressFamily
    let value: UInt64

    init(_ address: IPAddress) {
        family = address.family
        value = UInt64(truncatingIfNeeded: address.family == .ipv4 ? address.value : address.value >> 64)
    }

    /// `nil` for a network of more than one host.
    init?(_ prefix: IPPrefix) {
        guard prefix.length >= (prefix.family == .ipv4 ? 32 : 64) else { return nil }
        self.init(prefix.first)
    }

    var prefix: IPPrefix {
        family == .ipv4
            ? IPPrefix(IPAddress(ipv4: UInt32(truncatingIfNeeded: value)))
            : IPPrefix(IPAddress(ipv6: UInt128(value) << 64), length: 64)
    }

    /// Each once, in their order.
    static func of(_ addresses: some Sequence<IPAddress>) -> [BanTarget] {
        var seen = Set<BanTarget>()
        return addresses.map(BanTarget.init).filter { seen.insert($0).inserted }
    }
}
