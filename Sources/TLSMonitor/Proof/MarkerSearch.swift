/// Looks for markers in one direction of a stream, also across the pieces in which it comes. It keeps a few bytes of each stream, and
/// reads every byte once.
package struct MarkerSearch {
    private let index: MarkerIndex
    /// The last bytes of the stream, at which a pattern may begin; at most five.
    private var tail: (UInt8, UInt8, UInt8, UInt8, UInt8) = (0, 0, 0, 0, 0)
    private var tailCount = 0
    /// Patterns that are there from their beginning to the end of what came.
    private var begun: [Begun] = []
    /// The offset behind what came.
    private var end = 0
    private var hitCount = 0

    /// Hits that are told; a stream of nothing else would tell forever.
    private static let mostHits = 1_000
    private static let mostTail = Marker.shortest - 1

    package struct Hit: Hashable {
        package var marker: Int
        package var encoding: String
        /// Of its first byte, in the stream.
        package var offset: Int
    }

    private struct Begun {
        var pattern: Int
        var seen: Int
        var offset: Int
    }

    package init(_ markers: [Marker]) {
        index = MarkerIndex.of(markers)
    }

    /// - Parameter offset: of the first of `bytes`, which follow what was fed before.
    package mutating func feed(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> [Hit] {
        guard !index.patterns.isEmpty, hitCount < Self.mostHits, !bytes.isEmpty else { return [] }
        // What is not there between two pieces does not join them.
        if offset != end { (tailCount, begun) = (0, []) }
        end = offset + bytes.count
        var hits: [Hit] = []
        if !begun.isEmpty { goOn(bytes, &hits) }
        if tailCount > 0 { searchSeam(bytes, at: offset, &hits) }
        search(bytes, at: offset, &hits)
        keepTail(bytes)
        hitCount += hits.count
        return hits
    }

    // MARK: Pieces

    /// Compares what was begun with what follows.
    private mutating func goOn(_ bytes: UnsafeRawBufferPointer, _ hits: inout [Hit]) {
        let before = begun
        begun = []
        for var one in before {
            let count = min(index.patterns[one.pattern].bytes.count - one.seen, bytes.count)
            guard matches(one.pattern, from: one.seen, bytes, at: 0, count) else { continue }
            one.seen += count
            settle(one, &hits)
        }
    }

    /// What begins in the bytes that were kept, and of which six are there now.
    private mutating func searchSeam(_ bytes: UnsafeRawBufferPointer, at offset: Int, _ hits: inout [Hit]) {
        let kept = tailCount
        let count = kept + min(bytes.count, Self.mostTail)
        guard count >= Marker.shortest else { return }
        withUnsafeTemporaryAllocation(byteCount: 2 * Self.mostTail, alignment: 1) { seam in
            withUnsafeBytes(of: tail) { seam.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<kept])) }
            for place in kept..<count { seam[place] = bytes[place - kept] }
            for start in 0..<min(kept, count - Marker.shortest + 1) {
                let key = MarkerIndex.key(seam[start], seam[start + 1], seam[start + 2])
                for entry in index.entries(key) where index.entries[entry].distance == 0 {
                    let pattern = index.entries[entry].pattern
                    let length = min(index.patterns[pattern].bytes.count, count - start)
                    // The rest lies behind the seam.
                    let place = start + length - kept
                    let rest = min(index.patterns[pattern].bytes.count - length, bytes.count - place)
                    guard matches(pattern, from: 0, UnsafeRawBufferPointer(seam), at: start, length),
                        matches(pattern, from: length, bytes, at: place, rest)
                    else { continue }
                    settle(Begun(pattern: pattern, seen: length + rest, offset: offset - kept + start), &hits)
                }
            }
        }
    }

    private mutating func keepTail(_ bytes: UnsafeRawBufferPointer) {
        let new = min(bytes.count, Self.mostTail)
        let old = min(tailCount, Self.mostTail - new)
        let dropped = tailCount - old
        withUnsafeMutableBytes(of: &tail) { tail in
            for place in 0..<old { tail[place] = tail[place + dropped] }
            for place in 0..<new { tail[old + place] = bytes[bytes.count - new + place] }
        }
        tailCount = old + new
    }

    // MARK: One piece

    /// Looks at every fourth place, at which three bytes are of any pattern that begins up to three places before.
    private mutating func search(_ bytes: UnsafeRawBufferPointer, at offset: Int, _ hits: inout [Hit]) {
        guard bytes.count >= Marker.shortest, let base = bytes.baseAddress else { return }
        var place = 0
        while true {
            guard let found = Self.nextCandidate(base, bytes.count, from: place, index.bits) else { return }
            place = found
            let key = MarkerIndex.key(bytes[place], bytes[place + 1], bytes[place + 2])
            for entry in index.entries(key) { compare(index.entries[entry], bytes, place, offset, &hits) }
            guard hits.count < Self.mostHits else { return }
            place += MarkerIndex.step
        }
    }

    /// The next place of those that are looked at whose three bytes may be of a pattern.
    private static func nextCandidate(
        _ base: UnsafeRawPointer, _ count: Int, from start: Int, _ bits: [UInt64]
    ) -> Int? {
        bits.withUnsafeBufferPointer { bits in
            guard let table = bits.baseAddress else { return nil }
            @inline(__always) func isSet(_ key: UInt32) -> Bool {
                let slot = MarkerIndex.slot(key)
                return table[slot &>> 6] &>> UInt64(truncatingIfNeeded: slot & 63) & 1 != 0
            }
            var place = start
            // Four places at once; what is read beyond the last of them is there.
            while place &+ 16 <= count {
                let first = (base + place).loadUnaligned(as: UInt64.self) | 0x2020_2020_2020_2020
                let second = (base + place + 8).loadUnaligned(as: UInt64.self) | 0x2020_2020_2020_2020
                let any =
                    (isSet(UInt32(truncatingIfNeeded: first) & 0xFF_FFFF) ? 1 : 0)
                    | (isSet(UInt32(truncatingIfNeeded: first &>> 32) & 0xFF_FFFF) ? 2 : 0)
                    | (isSet(UInt32(truncatingIfNeeded: second) & 0xFF_FFFF) ? 4 : 0)
                    | (isSet(UInt32(truncatingIfNeeded: second &>> 32) & 0xFF_FFFF) ? 8 : 0)
                if any != 0 { return place + 4 * any.trailingZeroBitCount }
                place &+= 16
            }
            while place + 3 <= count {
                let (first, second, third) = (
                    base.load(fromByteOffset: place, as: UInt8.self),
                    base.load(fromByteOffset: place + 1, as: UInt8.self),
                    base.load(fromByteOffset: place + 2, as: UInt8.self)
                )
                if isSet(MarkerIndex.key(first, second, third)) { return place }
                place += 4
            }
            return nil
        }
    }

    private mutating func compare(
        _ entry: MarkerIndex.Entry, _ bytes: UnsafeRawBufferPointer, _ place: Int, _ offset: Int, _ hits: inout [Hit]
    ) {
        let start = place - entry.distance
        // What begins before, or of which less than six bytes are there, is found across the pieces.
        guard start >= 0, start + Marker.shortest <= bytes.count else { return }
        let count = min(index.patterns[entry.pattern].bytes.count, bytes.count - start)
        guard matches(entry.pattern, from: 0, bytes, at: start, count) else { return }
        settle(Begun(pattern: entry.pattern, seen: count, offset: offset + start), &hits)
    }

    /// A pattern that is there as far as it could be compared.
    private mutating func settle(_ one: Begun, _ hits: inout [Hit]) {
        let pattern = index.patterns[one.pattern]
        guard one.seen == pattern.bytes.count else {
            begun.append(one)
            return
        }
        hits.append(Hit(marker: pattern.marker, encoding: pattern.encoding, offset: one.offset))
    }

    /// Whether `count` bytes of a pattern, from its byte `from` on, are at a place.
    private func matches(
        _ pattern: Int, from: Int, _ bytes: UnsafeRawBufferPointer, at place: Int, _ count: Int
    ) -> Bool {
        let ignoresCase = index.patterns[pattern].ignoresCase
        return index.patterns[pattern].bytes.withUnsafeBytes { wanted in
            for step in 0..<max(0, count) {
                let byte = bytes[place + step]
                guard wanted[from + step] == (ignoresCase ? Marker.lowered(byte) : byte) else { return false }
            }
            return true
        }
    }

    // MARK: The control

    /// The positive control: seeds every pattern into a copy of `sample`, cut in two where it lies, and counts how many this same
    /// search finds. Without it, that nothing was found would prove nothing.
    package static func control(_ markers: [Marker], sample: [UInt8]) -> (found: Int, of: Int) {
        var found = 0
        let index = MarkerIndex.of(markers)
        for pattern in index.patterns {
            let seeded = sample + pattern.bytes + sample
            var search = MarkerSearch(markers)
            let cut = sample.count + pattern.bytes.count / 2
            let hits = seeded.withUnsafeBytes { bytes in
                search.feed(UnsafeRawBufferPointer(rebasing: bytes[..<cut]), at: 0)
                    + search.feed(UnsafeRawBufferPointer(rebasing: bytes[cut...]), at: cut)
            }
            let wanted = Hit(marker: pattern.marker, encoding: pattern.encoding, offset: sample.count)
            if hits.contains(wanted) { found += 1 }
        }
        return (found, index.patterns.count)
    }
}
