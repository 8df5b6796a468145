import Terminal
import Testing

@Suite("lines that are wider than the terminal")
struct LineWrapTests {
    @Test("a line that fits stays as it is", arguments: ["", "hello", String(repeating: "x", count: 24)])
    func fits(line: String) {
        #expect(LineWrap.wrap(line, columns: 24) == [line])
    }

    @Test("breaks between words, and indents what follows")
    func breaksBetweenWords() {
        #expect(
            LineWrap.wrap("the heron lands at noon by the old bridge", columns: 24)
                == ["the heron lands at noon", "  by the old bridge"])
    }

    @Test("no line is wider than the terminal, and no word is lost", arguments: [24, 31, 40, 79])
    func neverTooWide(columns: Int) {
        let words = (1...200).map { String(repeating: $0.isMultiple(of: 7) ? "好" : "ab", count: 1 + $0 % 6) }
        let lines = LineWrap.wrap(words.joined(separator: " "), columns: columns)
        #expect(lines.allSatisfy { CharacterWidth.of($0) <= columns })
        #expect(lines.flatMap { $0.split(separator: " ").map(String.init) } == words)
    }

    @Test("colours take no room")
    func coloursTakeNoRoom() {
        let line = "\u{1B}[1;31malice\u{1B}[0m: \u{1B}[2mtwelve more\u{1B}[0m"
        #expect(LineWrap.wrap(line, columns: 24) == [line])
    }

    @Test("a word wider than the terminal is left to the terminal")
    func leavesLongWords() {
        let word = String(repeating: "x", count: 100)
        #expect(LineWrap.wrap(word, columns: 24) == [word])
        #expect(LineWrap.wrap("see " + word, columns: 24) == ["see", "  " + word])
    }

    @Test("a terminal of a few columns gets the line whole")
    func leavesNarrowTerminals() {
        #expect(LineWrap.wrap("the heron lands at noon", columns: 12) == ["the heron lands at noon"])
    }
}
