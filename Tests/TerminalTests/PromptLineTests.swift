import Terminal
import Testing

@Suite("the line that is being typed")
struct PromptLineTests {
    private func editor(_ text: String, left: Int = 0) -> LineEditor {
        var editor = LineEditor()
        _ = editor.press(.paste(text))
        for _ in 0..<left { _ = editor.press(.left) }
        return editor
    }

    @Test("is drawn with the cursor in its place")
    func draw() {
        var screen = Screen(columns: 20)
        screen.write(PromptLine(prompt: "#lab> ", columns: 20).draw(editor("hello", left: 2)))
        #expect(screen.lines == ["#lab> hello"])
        #expect(screen.column == 9)
    }

    @Test("a wide character takes two columns")
    func wide() {
        var screen = Screen(columns: 20)
        screen.write(PromptLine(prompt: "> ", columns: 20).draw(editor("日本e\u{301}👩‍👩‍👧x", left: 1)))
        #expect(screen.column == 2 + 2 + 2 + 1 + 2)
    }

    @Test("stays below what is said, and unharmed, however much that is")
    func say() {
        let line = PromptLine(prompt: "> ", columns: 20)
        let typed = editor("half a sen", left: 3)
        var screen = Screen(columns: 20)
        screen.write(line.draw(typed))
        screen.write(line.say(["bob: hi"], above: typed))
        screen.write(line.say(["bob: this is longer than the terminal is wide", "eve: x"], above: typed))
        let above = ["bob: hi", "bob: this is longer", "than the terminal is", " wide", "eve: x"]
        #expect(screen.lines == above + ["> half a sen"])
        #expect(screen.column == 2 + 7)
        #expect(screen.unknown == [])
    }

    @Test("a line as wide as the terminal takes one row")
    func exactWidth() {
        let line = PromptLine(prompt: "> ", columns: 10)
        let typed = editor("x")
        var screen = Screen(columns: 10)
        screen.write(line.say(["0123456789", "y"], above: typed))
        #expect(screen.lines == ["0123456789", "y", "> x"])
    }

    @Test("scrolls sideways so that the cursor is always in sight, in one row", arguments: [1, 2, 3, 5, 8, 20, 80])
    func scroll(columns: Int) {
        for text in [
            String(repeating: "abcdefghij", count: 12), String(repeating: "日本", count: 40),
            String(repeating: "a日", count: 40),
        ] {
            for left in 0...editor(text).text.count {
                var screen = Screen(columns: columns)
                screen.write(PromptLine(prompt: "#laboratory> ", columns: columns).draw(editor(text, left: left)))
                // A wide character has no place in a terminal of one or two columns.
                guard columns > 2 else { continue }
                #expect(screen.rows.count == 1)
                #expect(screen.column < columns)
                guard left > 0, columns > 5 else { continue }
                let typed = Array(text)
                let under = screen.rows[0].indices.contains(screen.column) ? screen.rows[0][screen.column] : ""
                let isCut = screen.column + CharacterWidth.of(typed[typed.count - left]) >= columns
                #expect(isCut || under == String(typed[typed.count - left]), "\(columns) columns, \(left) from the end")
            }
        }
    }

    @Test("a prompt that would take more than half of the terminal is shortened")
    func longPrompt() {
        var screen = Screen(columns: 12)
        screen.write(PromptLine(prompt: "#a-long-room> ", columns: 12).draw(editor("hi")))
        #expect(screen.lines == ["> hi"])
    }

    @Test("leaves no trace when it is erased")
    func erase() {
        var screen = Screen(columns: 20)
        screen.write(PromptLine(prompt: "> ", columns: 20).draw(editor("hello", left: 2)))
        screen.write(PromptLine.erase)
        #expect(screen.lines == [""])
    }
}

@Suite("widths of characters")
struct CharacterWidthTests {
    @Test(
        "are those of terminals",
        arguments: [
            ("a", 1), ("é", 1), ("e\u{301}", 1), ("日", 2), ("ｱ", 1), ("Ａ", 2), ("한", 2), ("😀", 2), ("👩‍👩‍👧", 2), ("🇩🇪", 2),
            ("❤\u{FE0F}", 2),
            ("\u{301}", 0), ("\u{200B}", 0), ("—", 1), ("⏎", 1), ("·", 1), ("، ", 1 + 1), ("〜", 2),
        ])
    func widths(text: String, width: Int) {
        #expect(CharacterWidth.of(text) == width)
    }
}
