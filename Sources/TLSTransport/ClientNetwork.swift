import NIOCore

/// Where a connection comes from: an IPv4 address, or an IPv6 network of 64 bits, which is what one customer is given.
enum ClientNetwork: Hashable, Sendable {
    case ipv4(UInt32)
    case ipv6(UInt64)

    init?(_ address: SocketAddress) {
        switch address {
        case .v4(let address): self = .ipv4(UInt32(bigEndian: address.address.sin_addr.s_addr))
        case .v6(let address):
            let (high, low) = withUnsafeBytes(of: address.address.sin6_addr) { bytes in
                (
                    UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                    UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
                )
            }
            // A socket for both families shows an IPv4 peer as ::ffff:a.b.c.d.
            let isMapped = high == 0 && low >> 32 == 0xFFFF
            self = isMapped ? .ipv4(UInt32(truncatingIfNeeded: low)) : .ipv6(high)
        case .unixDomainSocket: return nil
        }
    }
}
