import Testing

@testable import TLSMonitor

@Suite("Encodings of markers") struct EncodingTests {
    /// What stands on the wire, written down by hand, and what it is called.
    static let forms: [(marker: String, wire: String, encoding: String)] = [
        ("meet at noon", "MEET at Noon", "as it is"),
        ("meet at noon", "6d656574206174206e6F6F6e", "hex"),
        ("meet at noon", "6d 65 65 74 20 61 74 20 6e 6F 6f 6e", "hex, apart by spaces"),
        ("meet at noon", "6D:65:65:74:20:61:74:20:6E:6F:6F:6E", "hex, apart by colons"),
        ("meet at noon", "meet%20at%20noon", "percent-encoded"),
        ("meet at noon", "meet+at+noon", "percent-encoded, + for spaces"),
        ("meet at noon", "%6d%65%65%74%20%61%74%20%6E%6f%6f%6e", "percent-encoded throughout"),
        ("meet at noon", "=6D=65=65=74=20=61=74=20=6E=6F=6F=6E", "quoted-printable throughout"),
        ("1 + 1 = 2?", "1 + 1 =3D 2?", "quoted-printable"),
        ("meet at noon", "\\x6d\\x65\\x65\\x74\\x20\\x61\\x74\\x20\\x6e\\x6f\\x6f\\x6e", "escaped by \\x throughout"),
        (
            "meet at noon",
            "\\u006d\\u0065\\u0065\\u0074\\u0020\\u0061\\u0074\\u0020\\u006E\\u006f\\u006f\\u006e",
            "JSON, escaped throughout"
        ),
        ("say \"nö\"\n", "say \\\"n\\u00F6\\\"\\n", "JSON"),
        ("smile 😀", "smile \\uD83D\\ude00", "JSON"),
        ("tom & jerry <3", "tom &amp; jerry &lt;3", "HTML"),
        ("grün und blau", "gr&#252;n und blau", "HTML"),
        (
            "meet at noon", "&#109;&#101;&#101;&#116;&#32;&#97;&#116;&#32;&#110;&#111;&#111;&#110;",
            "HTML, numbers throughout"
        ),
        (
            "meet at noon", "&#x6d;&#x65;&#x65;&#x74;&#x20;&#x61;&#x74;&#x20;&#x6E;&#x6F;&#x6f;&#x6e;",
            "HTML, hex numbers throughout"
        ),
        ("meet at noon", "noon ta teem", "backwards"),
        ("meet at noon", "zrrg ng abba", "ROT13"),
        ("GRÜN UND BLAU", "grün und blau", "in small letters"),
        ("grün und blau", "GRÜN UND BLAU", "in capitals"),
        // + and / in one alphabet, - and _ in the other.
        ("??>>??>>", "Pz8-Pj8_Pj", "base64, shifted by 0, for URLs"),
        ("??>>??>>", "Pz8+Pj8/Pj", "base64, shifted by 0"),
    ]

    @Test("are found, and named", arguments: forms.indices) func found(index: Int) throws {
        let form = Self.forms[index]
        let marker = try #require(Marker(form.marker))
        let wire = Array(form.wire.utf8)
        for lead in 0..<9 {
            let before = [UInt8](repeating: 0xC1, count: lead)
            var search = MarkerSearch([marker])
            let hits = (before + wire + [0xC1]).withUnsafeBytes { search.feed($0, at: 100) }
            let found = hits.filter { $0.offset == 100 + lead }.map(\.encoding)
            #expect(found == [form.encoding], "\(form.wire)")
        }
    }

    @Test("are not taken for what is not the marker", arguments: forms.indices) func reject(index: Int) throws {
        let form = Self.forms[index]
        let marker = try #require(Marker(form.marker))
        let wire = Array(form.wire.utf8)
        for place in wire.indices {
            var changed = wire
            changed[place] ^= 0x01
            var search = MarkerSearch([marker])
            #expect(changed.withUnsafeBytes { search.feed($0, at: 0) }.allSatisfy { $0.encoding != form.encoding })
        }
    }

    @Test("of Latin-1 are found where the text fits into it") func latin() throws {
        let marker = try #require(Marker("grün und blau"))
        var search = MarkerSearch([marker])
        let bytes: [UInt8] = Array("gr".utf8) + [0xFC] + Array("n und blau".utf8)
        #expect(bytes.withUnsafeBytes { search.feed($0, at: 0) }.map(\.encoding) == ["Latin-1"])
        #expect(try #require(Marker("✓ smile")).patterns.allSatisfy { $0.encoding != "Latin-1" })
    }

    @Test("are each there once, and none is so short that it turns up by chance") func patterns() throws {
        for text in ["meet at noon", "✓✓", "ünïcödé ✓", "aaaaaa", "123456", "grün und blau", "??>>??>>", "a=b&c<\"d'"] {
            let patterns = try #require(Marker(text)).patterns
            #expect(Set(patterns.map(\.bytes)).count == patterns.count)
            #expect(patterns.allSatisfy { $0.bytes.count >= Marker.shortest })
            #expect(patterns.first?.encoding == "as it is")
        }
    }

    /// Every pattern, one after the other, as a search that knows no tricks finds them.
    @Test("are found as often as one by one, however the stream is cut", arguments: 1...12) func exhaustive(seed: Int) {
        var generator = SeededGenerator(UInt64(seed))
        let markers = ["meet at noon", "aaaaaab", "ünïcödé ✓", "abcabcabc"].compactMap { Marker($0) }
        let patterns = markers.enumerated().flatMap { marker in marker.element.patterns.map { (marker.offset, $0) } }
        var stream: [UInt8] = []
        for _ in 0..<60 {
            let pattern = patterns[Int.random(in: patterns.indices, using: &generator)].1.bytes
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: stream += generator.bytes(Int.random(in: 0..<30, using: &generator))
            case 1: stream += pattern.dropLast(Int.random(in: 0...2, using: &generator))
            case 2: stream += Array(repeating: 97, count: Int.random(in: 0..<12, using: &generator))
            default:
                stream += pattern.map { UInt8.random(in: 0..<3, using: &generator) == 0 ? $0 & 0xDF | ($0 & 0x20) : $0 }
            }
        }
        var expected: Set<MarkerSearch.Hit> = []
        for (marker, pattern) in patterns {
            let text = pattern.ignoresCase ? stream.map(Marker.lowered) : stream
            for start in text.indices where text[start...].starts(with: pattern.bytes) {
                expected.insert(MarkerSearch.Hit(marker: marker, encoding: pattern.encoding, offset: start))
            }
        }
        for largest in [1, 2, 5, 9, 40, 3_000] {
            var search = MarkerSearch(markers)
            var hits: [MarkerSearch.Hit] = []
            var start = 0
            while start < stream.count {
                let size = min(Int.random(in: 1...largest, using: &generator), stream.count - start)
                Array(stream[start..<(start + size)]).withUnsafeBytes { hits += search.feed($0, at: start) }
                start += size
            }
            #expect(Set(hits) == expected && hits.count == expected.count, "pieces of up to \(largest)")
        }
    }

    @Test("cost one look at the stream, and hardly any memory of it") func sizes() {
        #expect(MemoryLayout<MarkerSearch>.size <= 64)
        let markers = (0..<3).compactMap { Marker("marker number \($0)") }
        #expect(MarkerIndex.of(markers) === MarkerIndex.of(markers))
        #expect(MarkerIndex.of(markers).bits.reduce(0) { $0 + $1.nonzeroBitCount } < 1 << 9)
        #expect(MarkerIndex.of([]) !== MarkerIndex.of(markers))
    }
}
