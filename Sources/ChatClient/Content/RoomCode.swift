import Crypto

/// What members read to one another to be sure that they are in the same room, with the same members: six groups of five
/// digits. It changes with every epoch.
///
///     h(0) = SHA-512("conclave room code v1" ‖ 0 ‖ epoch_authenticator)
///     h(n) = SHA-512(h(n-1) ‖ epoch_authenticator)
///     group i = bytes 5i ..< 5i+5 of h(5200), big-endian, mod 100,000
///
/// The hash is repeated so that searching for a room with the same code costs the more. 2^40 is no multiple of 100,000:
/// the numbers up to 27,775 are more likely than the others, by less than one part in ten million.
package struct RoomCode: Hashable, Sendable, CustomStringConvertible {
    /// Six times five digits.
    package let groups: [String]

    private static let rounds = 5_200
    private static let groupCount = 6
    private static let bytesPerGroup = 5

    /// - Parameter authenticator: MLS's `epoch_authenticator` (RFC 9420 §8.7).
    package init(authenticator: [UInt8]) {
        var digest = SHA512.hash(data: Array("conclave room code v1\0".utf8) + authenticator)
        for _ in 0..<Self.rounds {
            var hash = SHA512()
            digest.withUnsafeBytes { hash.update(bufferPointer: $0) }
            hash.update(data: authenticator)
            digest = hash.finalize()
        }
        let bytes = Array(digest)
        groups = (0..<Self.groupCount).map { index in
            let part = bytes[index * Self.bytesPerGroup..<(index + 1) * Self.bytesPerGroup]
            let number = part.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } % 100_000
            let digits = String(number)
            return String(repeating: "0", count: 5 - digits.count) + digits
        }
    }

    /// Two lines of three groups.
    package var lines: [String] {
        [groups.prefix(3), groups.suffix(3)].map { $0.joined(separator: " ") }
    }

    package var description: String { groups.joined(separator: " ") }
}
