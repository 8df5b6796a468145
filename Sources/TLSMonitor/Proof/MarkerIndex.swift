import Synchronization

/// The patterns of markers, arranged so that one look at every fourth place of a stream finds them all.
///
/// Each pattern has six bytes at least, and of its first six bytes three lie at a place that is looked at, whichever it is. Those three
/// are looked up in a table of bits that is nearly empty: of random bytes one place in hundreds is compared with a pattern.
final class MarkerIndex: Sendable {
    /// A pattern, and how far behind its beginning three bytes lie.
    struct Entry: Sendable {
        var key: UInt32
        var pattern: Int
        var distance: Int
    }

    struct Pattern: Sendable {
        var marker: Int
        var encoding: String
        var bytes: [UInt8]
        var ignoresCase: Bool
    }

    let markers: [Marker]
    let patterns: [Pattern]
    /// One bit of 2^16 for each entry.
    let bits: [UInt64]
    /// Sorted by key.
    let entries: [Entry]

    /// How far apart the places are that are looked at.
    static let step = 4

    init(_ markers: [Marker]) {
        self.markers = markers
        var patterns: [Pattern] = [], entries: [Entry] = []
        var bits = [UInt64](repeating: 0, count: 1 << 10)
        for (index, marker) in markers.enumerated() {
            for pattern in marker.patterns where pattern.bytes.count >= Marker.shortest {
                for distance in 0..<Self.step {
                    let key = Self.key(
                        pattern.bytes[distance], pattern.bytes[distance + 1], pattern.bytes[distance + 2])
                    entries.append(Entry(key: key, pattern: patterns.count, distance: distance))
                    let slot = Self.slot(key)
                    bits[slot >> 6] |= 1 << UInt64(slot & 63)
                }
                patterns.append(
                    Pattern(
                        marker: index, encoding: pattern.encoding, bytes: pattern.bytes,
                        ignoresCase: pattern.ignoresCase))
            }
        }
        self.patterns = patterns
        self.entries = entries.sorted { $0.key < $1.key }
        self.bits = bits
    }

    /// Three bytes, without what tells capitals from small letters (and a few other bytes from each other).
    static func key(_ first: UInt8, _ second: UInt8, _ third: UInt8) -> UInt32 {
        (UInt32(first) | UInt32(second) << 8 | UInt32(third) << 16) | 0x20_2020
    }

    @inline(__always)
    static func slot(_ key: UInt32) -> Int { Int(truncatingIfNeeded: (key &* 0x9E37_79B1) >> 16) }

    /// The entries with this key.
    func entries(_ key: UInt32) -> Range<Int> {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].key < key { low = middle + 1 } else { high = middle }
        }
        var end = low
        while end < entries.count, entries[end].key == key { end += 1 }
        return low..<end
    }

    // MARK: The same markers for every connection

    private static let recent = Mutex<[MarkerIndex]>([])

    /// The index of these markers: the same one if it was asked for lately.
    static func of(_ markers: [Marker]) -> MarkerIndex {
        recent.withLock { recent in
            if let known = recent.first(where: { $0.markers == markers }) { return known }
            let new = MarkerIndex(markers)
            recent = [new] + recent.prefix(3)
            return new
        }
    }
}
