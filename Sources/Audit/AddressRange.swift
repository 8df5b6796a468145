import Glibc

/// An IP address, or a network: `192.0.2.7`, `192.0.2.0/24`, `2001:db8::/32`.
package struct AddressRange: Hashable, Sendable, CustomStringConvertible {
    private let bytes: [UInt8]
    private let bits: Int

    /// `nil` unless it is an address, with or without the number of its leading bits that count.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let bytes = Self.bytes(String(parts[0])) else { return nil }
        var bits = bytes.count * 8
        if parts.count == 2 {
            guard let given = Int(parts[1]), (0...bits).contains(given) else { return nil }
            bits = given
        }
        self.bytes = bytes
        self.bits = bits
    }

    private init(bytes: [UInt8], bits: Int) {
        self.bits = bits
        self.bytes = bytes.enumerated().map { index, byte in
            let kept = min(8, max(0, bits - index * 8))
            return byte & UInt8(truncatingIfNeeded: 0xFF00 >> kept)
        }
    }

    /// What stands for a stranger: the address, or the /64 of IPv6, which is what one network is given.
    /// - Parameter address: as an event has it, with a port or without.
    init?(network address: String) {
        guard let bytes = Self.bytes(Self.host(of: address)) else { return nil }
        self.init(bytes: bytes, bits: bytes.count == 4 ? 32 : 64)
    }

    /// Whether an event's address lies in the range.
    package func contains(_ address: String) -> Bool {
        guard let other = Self.bytes(Self.host(of: address)), other.count == bytes.count else { return false }
        return Self(bytes: other, bits: bits).bytes == Self(bytes: bytes, bits: bits).bytes
    }

    /// `192.0.2.7:50412` → `192.0.2.7`, `[2001:db8::1]:50412` → `2001:db8::1`, `2001:db8::/64` → `2001:db8::`.
    private static func host(of address: String) -> String {
        if address.hasPrefix("[") { return String(address.dropFirst().prefix { $0 != "]" }) }
        let bare = address.prefix { $0 != "/" }
        let colons = bare.utf8.count { $0 == UInt8(ascii: ":") }
        return String(colons == 1 ? bare.prefix { $0 != ":" } : bare)
    }

    private static func bytes(_ text: String) -> [UInt8]? {
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: count)
            if inet_pton(family, text, &bytes) == 1 { return bytes }
        }
        return nil
    }

    package var description: String {
        var text = [CChar](repeating: 0, count: 64)
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        guard inet_ntop(family, bytes, &text, socklen_t(text.count)) != nil else { return "?" }
        let address = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return bits == bytes.count * 8 ? address : "\(address)/\(bits)"
    }
}
