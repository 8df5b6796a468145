import Foundation
import PacketCapture
import TLSMonitor
import Testing

@Suite("Markers inside of what is compressed") struct CompressedMarkerTests {
    private let zlib = ZlibDecompression()
    private let markers = ["meet at noon", "another text"].compactMap { Marker($0) }
    private let text = Array((String(repeating: "nothing of the kind, ", count: 40) + "we meet at noon there").utf8)

    private func noise(_ count: Int, seed: UInt64 = 7) -> [UInt8] {
        var state = seed
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 33)
        }
    }

    private func search(_ stream: [UInt8], pieces: Int) -> [MarkerSearch.Hit] {
        var search = CompressedSearch(markers, zlib)
        var hits: [MarkerSearch.Hit] = []
        for start in stride(from: 0, to: stream.count, by: pieces) {
            Array(stream[start..<min(start + pieces, stream.count)]).withUnsafeBytes {
                hits += search.feed($0, at: start)
            }
        }
        return hits
    }

    @Test(
        "are found wherever it begins, however the stream is cut", arguments: CompressedFormat.allCases,
        [1, 2, 3, 7, 64, 1_400, 100_000])
    func found(format: CompressedFormat, pieces: Int) throws {
        let packed = try #require(zlib.compress(text, format))
        #expect(!packed.starts(with: text.prefix(8)))
        for lead in [0, 1, 2, 3, 500] {
            let hits = search(noise(lead) + packed + noise(300), pieces: pieces)
            #expect(hits.map(\.offset) == [lead] && hits.map(\.marker) == [0])
            #expect(hits.map(\.encoding) == ["as it is, inside of \(format)"])
        }
    }

    @Test("are not found where they are not, or where a part is missing", arguments: CompressedFormat.allCases)
    func reject(format: CompressedFormat) throws {
        let other = try #require(zlib.compress(Array(text.dropLast(12)), format))
        #expect(search(noise(100) + other, pieces: 64).isEmpty)
        let packed = try #require(zlib.compress(text, format))
        var search = CompressedSearch(markers, zlib)
        let hits = packed.withUnsafeBytes { bytes in
            search.feed(UnsafeRawBufferPointer(rebasing: bytes[..<20]), at: 0)
                + search.feed(UnsafeRawBufferPointer(rebasing: bytes[20...]), at: 21)
        }
        #expect(hits.isEmpty)
    }

    @Test("are found behind many false beginnings, and one behind the other") func many() throws {
        let packed = try CompressedFormat.allCases.map { try #require(zlib.compress(text, $0)) }
        var stream: [UInt8] = []
        for number in 0..<200 { stream += [0x78, 0x9C] + noise(90, seed: UInt64(number)) }
        let first = stream.count
        stream += packed[0]
        let second = stream.count
        stream += packed[1] + noise(40)
        #expect(search(stream, pieces: 1_000).map(\.offset).sorted() == [first, second])
    }

    @Test("are looked for in so much of what is unpacked, and no more") func bomb() throws {
        let zeros = [UInt8](repeating: 0, count: 8 << 20)
        let late = try #require(zlib.compress(zeros + text, .gzip))
        #expect(search(late, pieces: 1_400).isEmpty)
        let early = try #require(zlib.compress(Array(zeros.prefix(1 << 19)) + text, .gzip))
        #expect(search(early, pieces: 1_400).count == 1)
        // Bombs enough for everything that may be unpacked of a stream.
        var stream: [UInt8] = []
        for _ in 0..<20 { stream += late }
        #expect(search(stream + early, pieces: 1_400).isEmpty)
    }

    @Test("come out of any bytes without harm") func hostile() throws {
        let packed = try #require(zlib.compress(text, .gzip))
        for place in packed.indices {
            var changed = packed
            changed[place] ^= 0x55
            _ = search(changed + changed, pieces: 50)
        }
        for length in 0..<packed.count { #expect(search(Array(packed.prefix(length)), pieces: 9).count <= 1) }
    }

    @Test("have a positive control, which a library that does nothing does not pass") func control() {
        for sample in [[], noise(300), text] {
            let control = CompressedSearch.control(markers, zlib, sample: sample)
            #expect(control.found == 4 && control.of == 4)
        }
        let idle = CompressedSearch.control(markers, IdleDecompression(), sample: noise(300))
        #expect(idle.found == 0 && idle.of == 4)
    }

    /// Says that everything it is given holds nothing.
    private struct IdleDecompression: Decompression {
        func begin(_ format: CompressedFormat) -> (any Decompressor)? { nil }
        func compress(_ bytes: [UInt8], _ format: CompressedFormat) -> [UInt8]? {
            ZlibDecompression().compress(bytes, format)
        }
    }
}
