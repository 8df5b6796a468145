/// A network, or a single host: `192.0.2.0/24`, `2001:db8::/32`, `192.0.2.7`.
package struct IPPrefix: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Its lowest address: all bits behind ``length`` are 0.
    package let first: IPAddress
    /// Bits that belong to the network, `0...32` or `0...128`.
    package let length: Int

    /// The network of `length` bits in which `address` lies. A length out of range becomes the nearest in range.
    package init(_ address: IPAddress, length: Int) {
        let length = max(0, min(length, address.family.bits))
        first = IPAddress(address.family, value: address.value & Self.mask(length, address.family))
        self.length = length
    }

    /// One host.
    package init(_ address: IPAddress) { self.init(address, length: address.family.bits) }

    package var family: AddressFamily { first.family }
    package var isHost: Bool { length == family.bits }

    /// Its highest address.
    package var last: IPAddress { IPAddress(family, value: first.value | ~Self.mask(length, family)) }

    /// From the lowest to the highest.
    package var range: ClosedRange<IPAddress> { first...last }

    package func contains(_ address: IPAddress) -> Bool {
        address.family == family && address.value & Self.mask(length, family) == first.value
    }

    package func contains(_ other: IPPrefix) -> Bool { other.length >= length && contains(other.first) }
    package func overlaps(_ other: IPPrefix) -> Bool { contains(other.first) || other.contains(first) }

    /// A host without its length.
    package var description: String { isHost ? "\(first)" : "\(first)/\(length)" }

    /// By the first address; of two with the same, the larger network first.
    package static func < (left: IPPrefix, right: IPPrefix) -> Bool {
        left.first == right.first ? left.length < right.length : left.first < right.first
    }

    private static func mask(_ length: Int, _ family: AddressFamily) -> UInt128 {
        length == 0 ? 0 : family.highest << UInt128(family.bits - length) & family.highest
    }
}
