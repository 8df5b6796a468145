import Glibc

/// A text that must not be on the wire, in every encoding in which it is looked for.
public struct Marker: Hashable, Sendable {
    public let text: String
    let patterns: [Pattern]

    struct Pattern: Hashable, Sendable {
        var encoding: String
        var bytes: [UInt8]
    }

    /// Shorter texts turn up by chance.
    public static let shortest = 6

    /// `nil` for a text of less than ``shortest`` bytes.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= Self.shortest else { return nil }
        self.text = text
        var patterns = [Pattern(encoding: "as it is", bytes: bytes)]
        patterns.append(
            Pattern(
                encoding: "UTF-16LE", bytes: text.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }))
        patterns.append(
            Pattern(
                encoding: "UTF-16BE", bytes: text.utf16.flatMap { [UInt8($0 >> 8), UInt8(truncatingIfNeeded: $0)] }))
        for (name, digits) in [("hex", "0123456789abcdef"), ("HEX", "0123456789ABCDEF")] {
            let digits = Array(digits.utf8)
            patterns.append(
                Pattern(encoding: name, bytes: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }))
        }
        for shift in 0..<3 {
            patterns.append(Pattern(encoding: "base64, shifted by \(shift)", bytes: Self.base64(bytes, shift: shift)))
        }
        self.patterns = patterns
    }

    /// The characters that stand for `bytes` alone if `shift` other bytes precede them (RFC 4648 §4).
    private static func base64(_ bytes: [UInt8], shift: Int) -> [UInt8] {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        let first = shift * 8, last = first + bytes.count * 8
        func bit(_ index: Int) -> Int { Int(bytes[(index - first) / 8] >> UInt8(7 - (index - first) % 8)) & 1 }
        return stride(from: (first + 5) / 6 * 6, through: last - 6, by: 6).map { start in
            alphabet[(0..<6).reduce(0) { $0 << 1 | bit(start + $1) }]
        }
    }
}

/// Looks for markers in one direction of a stream, also across the pieces in which it comes.
package struct MarkerSearch {
    private let markers: [Marker]
    private let longest: Int
    private var tail: [UInt8] = []
    /// The offset behind the tail.
    private var end = 0
    private var hitCount = 0

    /// Hits that are told; a stream of nothing else would tell forever.
    private static let mostHits = 1_000

    package struct Hit: Hashable {
        package var marker: Int
        package var encoding: String
        /// Of its first byte, in the stream.
        package var offset: Int
    }

    package init(_ markers: [Marker]) {
        self.markers = markers
        longest = markers.flatMap(\.patterns).map(\.bytes.count).max() ?? 0
    }

    /// - Parameter offset: of the first of `bytes`, which follow what was fed before.
    package mutating func feed(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> [Hit] {
        guard longest > 0, hitCount < Self.mostHits else { return [] }
        // What is not there between two pieces does not join them.
        if offset != end { tail = [] }
        end = offset + bytes.count
        var hits = search(bytes, at: offset, beyond: 0)
        if !tail.isEmpty {
            let seam = tail + bytes.prefix(longest - 1)
            let before = tail.count
            seam.withUnsafeBytes { hits += search($0, at: offset - before, beyond: before) }
        }
        if bytes.count >= longest - 1 {
            tail = Array(bytes.suffix(longest - 1))
        } else {
            tail.append(contentsOf: bytes)
            tail.removeFirst(max(0, tail.count - (longest - 1)))
        }
        hitCount += hits.count
        return hits
    }

    /// - Parameter beyond: only what ends behind so many bytes, and begins before them, unless it is 0.
    private func search(_ bytes: UnsafeRawBufferPointer, at offset: Int, beyond: Int) -> [Hit] {
        var hits: [Hit] = []
        for (index, marker) in markers.enumerated() {
            for pattern in marker.patterns {
                var start = 0
                while start < bytes.count, hits.count < Self.mostHits,
                    let place = Self.find(pattern.bytes, in: bytes, from: start)
                {
                    if beyond == 0 || (place < beyond && place + pattern.bytes.count > beyond) {
                        hits.append(Hit(marker: index, encoding: pattern.encoding, offset: offset + place))
                    }
                    start = place + 1
                }
            }
        }
        return hits
    }

    private static func find(_ pattern: [UInt8], in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard let base = bytes.baseAddress else { return nil }
        return pattern.withUnsafeBytes { pattern in
            guard let whole = pattern.baseAddress else { return nil }
            let last = bytes.count - pattern.count
            var place = start
            while place <= last, let hit = memchr(base + place, Int32(pattern[0]), last - place + 1) {
                place = UnsafeRawPointer(hit) - base
                if memcmp(base + place, whole, pattern.count) == 0 { return place }
                place += 1
            }
            return nil
        }
    }

    /// The positive control: seeds every pattern into a copy of `sample`, cut in two where it lies, and counts how many this same
    /// search finds. Without it, that nothing was found would prove nothing.
    package static func control(_ markers: [Marker], sample: [UInt8]) -> (found: Int, of: Int) {
        var found = 0
        let patterns = markers.flatMap(\.patterns)
        for pattern in patterns {
            let seeded = sample + pattern.bytes + sample
            var search = MarkerSearch(markers)
            let cut = sample.count + pattern.bytes.count / 2
            let hits = seeded.withUnsafeBytes { bytes in
                search.feed(UnsafeRawBufferPointer(rebasing: bytes[..<cut]), at: 0)
                    + search.feed(UnsafeRawBufferPointer(rebasing: bytes[cut...]), at: cut)
            }
            if hits.contains(where: { $0.encoding == pattern.encoding && $0.offset == sample.count }) { found += 1 }
        }
        return (found, patterns.count)
    }
}
