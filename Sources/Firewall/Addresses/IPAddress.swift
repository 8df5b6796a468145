import Glibc

/// An address of a host. One that maps IPv4 into IPv6 (`::ffff:192.0.2.1`, RFC 4291 §2.5.5.2) is the IPv4 address.
package struct IPAddress: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let family: AddressFamily
    /// The address as a number; of IPv4 the lowest 32 bits.
    package let value: UInt128

    package init(ipv4 value: UInt32) {
        family = .ipv4
        self.value = UInt128(value)
    }

    package init(ipv6 value: UInt128) {
        let isMapped = value >> 32 == 0xFFFF
        family = isMapped ? .ipv4 : .ipv6
        self.value = isMapped ? value & 0xFFFF_FFFF : value
    }

    /// The address of that family and number, whatever it maps: for the ends of networks and ranges, which may lie anywhere.
    init(_ family: AddressFamily, value: UInt128) {
        self.family = family
        self.value = value & family.highest
    }

    /// `nil` unless there are 4 or 16 bytes, the most significant first.
    package init?(bytes: some Collection<UInt8>) {
        let value = bytes.reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
        switch bytes.count {
        case 4: self.init(ipv4: UInt32(truncatingIfNeeded: value))
        case 16: self.init(ipv6: value)
        default: return nil
        }
    }

    /// `192.0.2.1` or `2001:db8::1`: no zone, no port, no leading zeros in IPv4. `nil` for anything else.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count <= 45, !text.utf8.contains(0) else { return nil }
        let text = String(text)
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            self.init(ipv4: UInt32(bigEndian: four.s_addr))
            return
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
        self.init(ipv6: withUnsafeBytes(of: six) { $0.reduce(UInt128(0)) { $0 << 8 | UInt128($1) } })
    }

    /// 4 or 16 bytes, the most significant first: as on the wire, and as the kernel keeps them.
    package var bytes: [UInt8] {
        (0..<family.bytes).reversed().map { UInt8(truncatingIfNeeded: value >> UInt128(8 * $0)) }
    }

    /// The one above it in its family.
    package var next: IPAddress? { value == family.highest ? nil : IPAddress(family, value: value + 1) }

    /// The one below it in its family.
    package var previous: IPAddress? { value == 0 ? nil : IPAddress(family, value: value - 1) }

    package var description: String {
        var text = [CChar](repeating: 0, count: 46)
        let bytes = bytes
        _ = inet_ntop(family == .ipv4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// IPv4 before IPv6, then by number.
    package static func < (left: IPAddress, right: IPAddress) -> Bool {
        left.family == right.family ? left.value < right.value : left.family == .ipv4
    }
}
