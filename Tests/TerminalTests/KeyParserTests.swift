import Terminal
import Testing

@Suite("keys")
struct KeyParserTests {
    private func keys(_ text: String) -> [Key] {
        var parser = KeyParser()
        return parser.parse(Array(text.utf8))
    }

    @Test(
        "are told apart, in the spellings of different terminals",
        arguments: [
            ("a", .character("a")), ("é", .character("é")), ("日", .character("日")), ("😀", .character("😀")),
            ("\r", .enter), ("\n", .enter),
            ("\t", .tab), ("\u{7F}", .backspace), ("\u{8}", .backspace), ("\u{1}", .control("a")),
            ("\u{1A}", .control("z")),
            ("\u{1B}[A", .up), ("\u{1B}OA", .up), ("\u{1B}[B", .down), ("\u{1B}[C", .right), ("\u{1B}[D", .left),
            ("\u{1B}[H", .home),
            ("\u{1B}[1~", .home), ("\u{1B}OF", .end), ("\u{1B}[4~", .end), ("\u{1B}[3~", .delete),
            ("\u{1B}[1;5C", .wordRight),
            ("\u{1B}b", .wordLeft),
        ] as [(String, Key)])
    func known(bytes: String, key: Key) {
        #expect(keys(bytes) == [key])
        #expect(keys(bytes + "x") == [key, .character("x")])
    }

    @Test("arrive in pieces of one byte as well")
    func pieces() {
        var parser = KeyParser()
        let input = Array("aé日😀\u{1B}[1;5D\u{1B}[200~p\u{1B}[201~\r".utf8)
        let found = input.flatMap { parser.parse([$0]) }
        #expect(
            found == [
                .character("a"), .character("é"), .character("日"), .character("😀"), .wordLeft, .paste("p"), .enter,
            ])
    }

    @Test(
        "a sequence that is not known is no text",
        arguments: [
            "\u{1B}[15~", "\u{1B}[1;2P", "\u{1B}[<0;1;1M", "\u{1B}[[A", "\u{1B}OP", "\u{1B}x", "\u{1B}[?1;2c", "\u{0}",
            "\u{1C}",
        ])
    func unknown(bytes: String) {
        #expect(keys(bytes + "y") == [.character("y")])
    }

    @Test("a sequence that breaks off takes nothing with it")
    func brokenOff() {
        #expect(keys("\u{1B}[1;\u{1B}[A") == [.up])
        #expect(keys("\u{1B}\u{1B}[A") == [.up])
        #expect(keys("\u{1B}[1\r") == [.enter])
        var parser = KeyParser()
        #expect(parser.parse([0xC3, 0x0D]) == [.enter])
        #expect(parser.parse([0xE6, 0x97, 0x61]) == [.character("a")])
        #expect(parser.parse([0xFF, 0x80, 0x62]) == [.character("b")])
    }

    @Test("a sequence that never ends is given up")
    func endless() {
        var parser = KeyParser()
        _ = parser.parse(Array(("\u{1B}[" + String(repeating: "1;", count: 40)).utf8))
        #expect(parser.parse([0x61]) == [.character("a")])
    }

    @Test("a paste is one key, whatever is in it, and never enter")
    func paste() {
        #expect(
            keys("\u{1B}[200~a\r\nb\u{3}\u{1B}[A/quit\r\u{1B}[201~x") == [
                .paste("a\r\nb\u{3}\u{1B}[A/quit\r"), .character("x"),
            ])
        #expect(keys("\u{1B}[200~\u{1B}[201~") == [.paste("")])
    }

    @Test("of a very long paste the first 60,000 bytes are kept, and the next key is read")
    func longPaste() {
        var parser = KeyParser()
        var found = parser.parse(Array("\u{1B}[200~".utf8))
        for _ in 0..<50 { found += parser.parse([UInt8](repeating: 0x61, count: 4_096)) }
        #expect(found == [])
        found = parser.parse(Array("\u{1B}[201~\r".utf8))
        #expect(found == [.paste(String(repeating: "a", count: 60_000)), .enter])
    }

    @Test("noise never stops the parser", arguments: 1...20)
    func noise(seed: UInt64) {
        var random = SeededRandom(state: seed)
        var parser = KeyParser()
        for _ in 0..<500 {
            let bytes = (0..<Int.random(in: 1...40, using: &random)).map { _ in
                [0x1B, 0x5B, 0x4F, UInt8.random(in: 0...255, using: &random)].randomElement(using: &random) ?? 0
            }
            _ = parser.parse(bytes)
        }
        _ = parser.parse(Array("\u{1B}[201~~~".utf8))
        #expect(parser.parse([0x61]).contains(.character("a")))
    }
}

/// SplitMix64: small, and the same everywhere.
struct SeededRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

@Suite("the escape key")
struct EscapeKeyTests {
    @Test("is known by nothing coming after it") func alone() {
        var parser = KeyParser()
        #expect(parser.parse([0x1B]).isEmpty)
        #expect(parser.rest() == [.escape])
        #expect(parser.rest().isEmpty)
        #expect(parser.parse(Array("a".utf8)) == [.character("a")])
    }

    @Test("is not taken from the beginning of a sequence") func sequences() {
        var parser = KeyParser()
        #expect(parser.parse([0x1B, 0x5B]).isEmpty)
        #expect(parser.rest().isEmpty)
        #expect(parser.parse([0x41]) == [.up])
        #expect(parser.parse(Array("\u{1B}[5~\u{1B}[6~".utf8)) == [.pageUp, .pageDown])
        _ = parser.parse(Array("\u{1B}[200~\u{1B}".utf8))
        #expect(parser.rest().isEmpty)
    }
}
