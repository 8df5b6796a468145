import Terminal
import Testing

@Suite("the status above the line that is being typed")
struct PromptAreaTests {
    private func editor(_ text: String) -> LineEditor {
        var editor = LineEditor()
        _ = editor.press(.paste(text))
        return editor
    }

    @Test("both stay below what is said, and the status changes in its place")
    func stays() {
        var area = PromptArea(PromptLine(prompt: "#lab> ", columns: 30))
        area.status = "#lab · protected"
        var screen = Screen(columns: 30)
        let typed = editor("half a sen")
        screen.write(area.draw(typed))
        #expect(screen.lines == ["#lab · protected", "#lab> half a sen"])
        screen.write(area.say(["bob: hi"], above: typed))
        area.status = "#lab · bob is typing…"
        screen.write(area.draw(typed))
        screen.write(area.say(["bob: there"], above: typed))
        #expect(screen.lines == ["bob: hi", "bob: there", "#lab · bob is typing…", "#lab> half a sen"])
        #expect(screen.column == 6 + 10)
    }

    @Test("a status that is too long is cut, and never wraps")
    func cuts() {
        var area = PromptArea(PromptLine(prompt: "> ", columns: 20))
        area.status = "日本日本日本日本日本日本"
        var screen = Screen(columns: 20)
        screen.write(area.draw(editor("x")))
        #expect(screen.lines == ["日本日本日本日本日…", "> x"])
    }

    @Test("nothing of them stays once they are erased")
    func erases() {
        var area = PromptArea(PromptLine(prompt: "> ", columns: 20))
        area.status = "status"
        var screen = Screen(columns: 20)
        screen.write(area.say(["said"], above: editor("x")))
        screen.write(area.erase())
        #expect(screen.lines == ["said", ""])
        #expect(screen.column == 0)
        screen.write(area.erase())
        #expect(screen.lines == ["said", ""], "and nothing else")
    }
}
