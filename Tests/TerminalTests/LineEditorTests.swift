import Terminal
import Testing

@Suite("editing a line")
struct LineEditorTests {
    /// The line after these keys, with a `|` at the cursor.
    private func shown(_ editor: LineEditor) -> String {
        String(editor.text[..<editor.cursor]) + "|" + String(editor.text[editor.cursor...])
    }

    private func editor(typing text: String, then keys: [Key] = []) -> LineEditor {
        var editor = LineEditor()
        for character in text { _ = editor.press(.character(character)) }
        for key in keys { _ = editor.press(key) }
        return editor
    }

    @Test(
        "every key does what it does elsewhere",
        arguments: [
            ([], "one two|"), ([.left], "one tw|o"), ([.left, .right, .right], "one two|"), ([.home], "|one two"),
            ([.control("a"), .end], "one two|"), ([.control("a"), .control("e")], "one two|"),
            ([.backspace], "one tw|"),
            ([.home, .backspace], "|one two"), ([.home, .delete], "|ne two"), ([.delete], "one two|"),
            ([.home, .control("d")], "|ne two"),
            ([.wordLeft], "one |two"), ([.wordLeft, .wordLeft], "|one two"), ([.home, .wordRight], "one| two"),
            ([.control("w")], "one |"), ([.control("w"), .control("w")], "|"), ([.control("u")], "|"),
            ([.wordLeft, .control("u")], "|two"), ([.home, .wordRight, .control("k")], "one|"),
            ([.control("w"), .home, .control("y")], "two|one "), ([.control("t")], "one tow|"),
            ([.left, .left, .control("t")], "one wt|o"), ([.home, .control("t")], "|one two"),
            ([.control("b"), .control("f")], "one two|"),
        ] as [([Key], String)])
    func keys(keys: [Key], result: String) {
        #expect(shown(editor(typing: "one two", then: keys)) == result)
    }

    @Test("characters are what people see: one step, one deletion", arguments: ["é", "e\u{301}", "日", "👩‍👩‍👧", "🇩🇪", "நி"])
    func graphemes(character: String) {
        #expect(shown(editor(typing: "a" + character + "b", then: [.left, .backspace])) == "a|b")
    }

    @Test("a mark that is typed by itself joins the letter before it")
    func combining() {
        var line = LineEditor()
        for scalar in "e\u{301}x".unicodeScalars { _ = line.press(.character(Character(scalar))) }
        #expect(line.text.count == 2)
        #expect(line.cursor == 2)
    }

    @Test("enter submits and empties the line")
    func submit() {
        var line = editor(typing: "hello")
        #expect(line.press(.enter) == .submitted("hello"))
        #expect(shown(line) == "|")
        #expect(line.press(.enter) == .submitted(""))
    }

    @Test("the keys that leave the line say so")
    func outcomes() {
        var line = LineEditor()
        #expect(line.press(.control("d")) == .ended)
        #expect(line.press(.control("c")) == .interrupted)
        #expect(line.press(.control("l")) == .redraw)
        #expect(line.press(.control("z")) == .suspend)
        #expect(line.press(.tab) == .completion)
        _ = line.press(.character("x"))
        #expect(line.press(.control("d")) == .edited)
        #expect(shown(line) == "x|")
    }

    @Test("history goes up and down, keeps the draft, and no line twice in a row")
    func history() {
        var line = LineEditor()
        for text in ["one", "two", "two", " "] {
            for character in text { _ = line.press(.character(character)) }
            _ = line.press(.enter)
        }
        for character in "draft" { _ = line.press(.character(character)) }
        var seen: [String] = []
        for key in [Key.up, .up, .up, .down, .down, .down] {
            _ = line.press(key)
            seen.append(String(line.text))
        }
        #expect(seen == ["two", "one", "one", "two", "draft", "draft"])
    }

    @Test("a pasted text is one line and holds nothing that acts on a terminal")
    func paste() {
        var line = LineEditor()
        _ = line.press(.paste("one\r\ntwo\tthree\u{1B}[2J\u{3}\u{9B}x"))
        #expect(String(line.text) == "one two three[2Jx")
        _ = line.press(.character("\u{9B}"))
        #expect(String(line.text) == "one two three[2Jx")
    }

    @Test("a line has at most 20,000 characters")
    func longest() {
        var line = LineEditor()
        _ = line.press(.paste(String(repeating: "a", count: 30_000)))
        _ = line.press(.character("b"))
        #expect(line.text.count == LineEditor.longestLine)
        #expect(line.cursor == LineEditor.longestLine)
    }

    @Test("a word is completed where the cursor is")
    func completion() {
        var line = editor(typing: "hi bo there", then: [.wordLeft, .left])
        #expect(line.wordBeforeCursor == "bo")
        line.complete(with: "bob")
        #expect(shown(line) == "hi bob | there")
        #expect(LineEditor().wordBeforeCursor == "")
    }

    @Test("the cursor stays in the line, whatever is pressed", arguments: 1...20)
    func anyKeys(seed: UInt64) {
        var random = SeededRandom(state: seed)
        var line = LineEditor()
        let keys: [Key] =
            [
                .character("a"), .character(" "), .character("日"), .character("\u{301}"), .character("\u{200D}"),
                .character("👩"), .character("🇩"),
                .paste("x\u{301} y"), .enter, .tab, .backspace, .delete, .left, .right, .wordLeft, .wordRight, .up,
                .down, .home, .end,
            ]
            + "abefpnkuwytdclz".map { .control($0) }
        for _ in 0..<2_000 {
            guard let key = keys.randomElement(using: &random) else { continue }
            _ = line.press(key)
            #expect((0...line.text.count).contains(line.cursor))
        }
    }
}
