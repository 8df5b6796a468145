import Glibc

/// Looks for markers inside of what is compressed in one direction of a stream: wherever the first bytes of gzip or zlib stand.
///
/// In random bytes such a beginning stands every 16 KiB, and breaks off after a few bytes. Raw DEFLATE has no beginning that could be
/// recognised, and is not looked for.
package struct CompressedSearch {
    private final class Attempt {
        let format: CompressedFormat
        let decompressor: any Decompressor
        var search: MarkerSearch
        /// Of the first byte, in the stream.
        let offset: Int
        var count = 0
        private let limits: Limits

        init(
            _ format: CompressedFormat, _ decompressor: any Decompressor, _ search: MarkerSearch, at offset: Int,
            _ limits: Limits
        ) {
            self.format = format
            self.decompressor = decompressor
            self.search = search
            self.offset = offset
            self.limits = limits
            limits.live += 1
        }

        deinit { limits.live -= 1 }
    }

    /// What all streams share.
    private final class Limits {
        var live = 0
    }

    private let search: MarkerSearch
    private let decompression: any Decompression
    private let limits = Limits()
    private var attempts: [Attempt] = []
    /// The last two bytes.
    private var kept: (UInt8, UInt8) = (0, 0)
    private var keptCount = 0
    private var end = 0
    private var spent = 0

    /// Bytes that are unpacked of one beginning, and in one direction of a connection.
    static let mostOfOne = 1 << 20
    static let mostOfAll = 16 << 20
    /// Beginnings that are followed at once, in one direction and in all connections together; each takes about 40 KiB.
    private static let mostAttempts = 4
    private static let mostLive = 256

    package init(_ markers: [Marker], _ decompression: any Decompression) {
        search = MarkerSearch(markers)
        self.decompression = decompression
    }

    /// - Parameter offset: of the first of `bytes`, which follow what was fed before.
    /// - Returns: hits, each at the place where the compressed stream begins.
    package mutating func feed(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> [MarkerSearch.Hit] {
        guard spent < Self.mostOfAll, !bytes.isEmpty else { return [] }
        if offset != end {
            (keptCount, attempts) = (0, [])
        }
        end = offset + bytes.count
        var hits: [MarkerSearch.Hit] = []
        for attempt in attempts { go(on: attempt, bytes, &hits) }
        beginAcross(bytes, at: offset, &hits)
        beginInside(bytes, .zlib, 0x78, at: offset, &hits)
        beginInside(bytes, .gzip, 0x1F, at: offset, &hits)
        keep(bytes)
        return hits
    }

    private mutating func beginInside(
        _ bytes: UnsafeRawBufferPointer, _ format: CompressedFormat, _ first: Int32, at offset: Int,
        _ hits: inout [MarkerSearch.Hit]
    ) {
        guard let base = bytes.baseAddress else { return }
        var place = 0
        while place < bytes.count, let found = memchr(base + place, first, bytes.count - place) {
            let start = UnsafeRawPointer(found) - base
            place = start + 1
            let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
            if Self.isBeginning(rest, format) { begin(format, at: offset + start, [rest], &hits) }
        }
    }

    /// Whether the first bytes of that format are there, of a stream as programs make them: with the largest window, without a dictionary.
    private static func isBeginning(_ bytes: UnsafeRawBufferPointer, _ format: CompressedFormat) -> Bool {
        switch format {
        case .zlib:
            guard bytes.count >= 2, bytes[0] == 0x78 else { return false }
            return bytes[1] == 0x9C || bytes[1] == 0x01 || bytes[1] == 0xDA || bytes[1] == 0x5E
        case .gzip:
            guard bytes.count >= 3, bytes[0] == 0x1F, bytes[1] == 0x8B, bytes[2] == 8 else { return false }
            return bytes.count == 3 || bytes[3] & 0xE0 == 0
        }
    }

    /// A beginning of which one or two bytes came before.
    private mutating func beginAcross(
        _ bytes: UnsafeRawBufferPointer, at offset: Int, _ hits: inout [MarkerSearch.Hit]
    ) {
        guard kept.0 == 0x78 || kept.0 == 0x1F || kept.1 == 0x78 || kept.1 == 0x1F else { return }
        let before = [kept.0, kept.1].suffix(keptCount)
        for start in before.indices {
            let first = Array(before[start...]), head = first + bytes.prefix(3)
            for format in CompressedFormat.allCases where head.withUnsafeBytes({ Self.isBeginning($0, format) }) {
                first.withUnsafeBytes { first in
                    // What was whole in the bytes before was begun there.
                    guard !Self.isBeginning(first, format) else { return }
                    begin(format, at: offset - first.count, [first, bytes], &hits)
                }
            }
        }
    }

    private mutating func keep(_ bytes: UnsafeRawBufferPointer) {
        if bytes.count >= 2 {
            (kept, keptCount) = ((bytes[bytes.count - 2], bytes[bytes.count - 1]), 2)
        } else {
            (kept, keptCount) = ((kept.1, bytes[0]), min(2, keptCount + 1))
        }
    }

    // MARK: Attempts

    private mutating func begin(
        _ format: CompressedFormat, at offset: Int, _ pieces: [UnsafeRawBufferPointer], _ hits: inout [MarkerSearch.Hit]
    ) {
        guard attempts.count < Self.mostAttempts, limits.live < Self.mostLive, spent < Self.mostOfAll,
            let decompressor = decompression.begin(format)
        else { return }
        let attempt = Attempt(format, decompressor, search, at: offset, limits)
        attempts.append(attempt)
        for piece in pieces where attempts.last === attempt { go(on: attempt, piece, &hits) }
    }

    private mutating func go(
        on attempt: Attempt, _ bytes: UnsafeRawBufferPointer, _ hits: inout [MarkerSearch.Hit]
    ) {
        var found: [MarkerSearch.Hit] = []
        let before = attempt.count
        let state = attempt.decompressor.feed(bytes) { output in
            for hit in attempt.search.feed(output, at: attempt.count) {
                found.append(
                    MarkerSearch.Hit(
                        marker: hit.marker, encoding: "\(hit.encoding), inside of \(attempt.format)",
                        offset: attempt.offset))
            }
            attempt.count += output.count
            return attempt.count < Self.mostOfOne
        }
        spent += attempt.count - before
        hits += found
        if state != .open || attempt.count >= Self.mostOfOne { attempts.removeAll { $0 === attempt } }
    }

    // MARK: The control

    /// The positive control: compresses a copy of `sample` with each marker in it, puts it between two others, cuts that in two in the
    /// middle of what is compressed, and counts how many this same search finds.
    package static func control(
        _ markers: [Marker], _ decompression: any Decompression, sample: [UInt8]
    ) -> (found: Int, of: Int) {
        var (found, count) = (0, 0)
        for (number, marker) in markers.enumerated() {
            for format in CompressedFormat.allCases {
                count += 1
                let seeded = sample + Array(marker.text.utf8) + sample
                guard let packed = decompression.compress(seeded, format) else { continue }
                let stream = sample + packed + sample
                var search = CompressedSearch(markers, decompression)
                let cut = sample.count + packed.count / 2
                let hits = stream.withUnsafeBytes { bytes in
                    search.feed(UnsafeRawBufferPointer(rebasing: bytes[..<cut]), at: 0)
                        + search.feed(UnsafeRawBufferPointer(rebasing: bytes[cut...]), at: cut)
                }
                if hits.contains(where: { $0.marker == number && $0.offset == sample.count }) { found += 1 }
            }
        }
        return (found, count)
    }
}
