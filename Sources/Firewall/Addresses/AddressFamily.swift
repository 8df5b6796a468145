/// Which internet protocol an address belongs to.
package enum AddressFamily: String, Hashable, Sendable, CaseIterable {
    case ipv4
    case ipv6

    /// Bits of an address: 32 or 128.
    package var bits: Int { self == .ipv4 ? 32 : 128 }
    /// Bytes of an address: 4 or 16.
    package var bytes: Int { bits / 8 }
    /// The number of its last address.
    var highest: UInt128 { self == .ipv4 ? 0xFFFF_FFFF : .max }
}
