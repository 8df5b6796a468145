import Testing

@testable import TLSMonitor

@Suite("Markers") struct MarkerTests {
    private static let text = "meet at noon"

    /// The marker as it may stand on the wire, and what the finding calls it.
    static let forms: [(String, [UInt8])] = [
        ("as it is", Array(text.utf8)),
        ("UTF-16LE", text.utf8.flatMap { [$0, 0] }),
        ("UTF-16BE", text.utf8.flatMap { [0, $0] }),
        ("hex", Array("6d656574206174206e6f6f6e".utf8)),
        ("hex", Array("6D656574206174206E6F6F6E".utf8)),
        // "meet at noon", "xmeet at noon", "xxmeet at noon" in base64, from the first whole character on.
        ("base64, shifted by 0", Array("bWVldCBhdCBub29u".utf8)),
        ("base64, shifted by 1", Array("eG1lZXQgYXQgbm9vbg==".utf8)),
        ("base64, shifted by 2", Array("eHhtZWV0IGF0IG5vb24=".utf8)),
    ]

    @Test("are found in every encoding, also hidden in what looks like ciphertext", arguments: forms.indices)
    func encodings(index: Int) {
        let (encoding, bytes) = Self.forms[index]
        let hidden = VerdictTests.noise(700) + bytes + VerdictTests.noise(700)
        let talk = Talk.clean().inserting(.client(Wire.record(23, hidden)), at: 8)
        #expect(Observation(talk).verdict == .proven)
        let seen = Observation(talk, markers: [Self.text])
        #expect(seen.verdict == .refuted)
        #expect(seen.says("(\(encoding))"), "\(seen.report.findings.map(\.words))")
        #expect(seen.report.findings.count == 1)
        #expect(seen.report.control.found == seen.report.control.of && seen.report.control.of >= 19)
    }

    @Test("are found across segments of any size", arguments: [1, 2, 3, 7, 11, 13, 64, 1_400])
    func segments(size: Int) {
        let hidden = VerdictTests.noise(100) + Array(Self.text.utf8) + VerdictTests.noise(100)
        var talk = Talk.clean()
        talk.turns.removeSubrange(11...)
        talk = talk.inserting(.client(Wire.record(23, hidden)), at: 8)
        var connection = Connection()
        connection.open()
        connection.say(talk, segment: size)
        let seen = Observation(connection.packets, markers: [Self.text, "another text"])
        let before = talk.turns[..<8].filter { $0.direction == .clientToServer }.reduce(0) { $0 + $1.bytes.count }
        #expect(seen.report.findings.map(\.offset) == [before + 5 + 100])
    }

    @Test("are found in a hello, too") func hello() {
        let hello = Wire.record(22, Wire.clientHello(name: "secret-room.test"))
        let talk = Talk.clean().replacing(0, with: .client(hello))
        #expect(Observation(talk, markers: ["secret-room"]).verdict == .refuted)
        #expect(Observation(talk, markers: ["secret room"]).verdict == .proven)
    }

    @Test("are not found where a part of them is missing") func gap() {
        var search = MarkerSearch([Marker(Self.text)].compactMap { $0 })
        func feed(_ text: String, at offset: Int) -> Int {
            Array(text.utf8).withUnsafeBytes { search.feed($0, at: offset) }.count
        }
        #expect(feed("..meet at", at: 0) == 0)
        #expect(feed(" noon..", at: 12) == 0)
        #expect(feed("meet at", at: 19) == 0)
        #expect(feed(" noon", at: 26) == 1)
    }

    @Test("each hit is told once, however the stream is cut", arguments: 1...40)
    func once(size: Int) {
        let stream = Array("xxmeet at noonmeet at noon--meet at noo-meet at noon".utf8)
        var search = MarkerSearch([Marker(Self.text)].compactMap { $0 })
        var offsets: [Int] = []
        for start in stride(from: 0, to: stream.count, by: size) {
            Array(stream[start..<min(start + size, stream.count)]).withUnsafeBytes {
                offsets += search.feed($0, at: start).map(\.offset)
            }
        }
        #expect(offsets.sorted() == [2, 14, 40])
    }

    @Test("must be long enough not to turn up by chance") func short() {
        #expect(Marker("hello") == nil)
        #expect(Marker("hellos") != nil)
        #expect(Marker("") == nil)
        #expect(Marker("✓✓") != nil)
    }

    @Test("a stream of nothing but hits ends the search, not the program") func flood() {
        let stream = [UInt8](repeating: 97, count: 1_000_000)
        var search = MarkerSearch([Marker("aaaaaa")].compactMap { $0 })
        let hits = stream.withUnsafeBytes { search.feed($0, at: 0) }
        #expect((1_000...2_000).contains(hits.count))
        #expect(stream.withUnsafeBytes { search.feed($0, at: stream.count) }.isEmpty)
    }

    @Test("the control finds every pattern in any sample, and would notice a search that does not")
    func control() {
        let markers = ["meet at noon", "ünïcödé ✓", "aaaaaaaa"].compactMap { Marker($0) }
        for sample in [[], VerdictTests.noise(300), Array("meet at noon".utf8)] {
            let control = MarkerSearch.control(markers, sample: sample)
            #expect(control.found == control.of && control.of >= 57)
        }
    }
}
