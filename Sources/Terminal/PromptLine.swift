/// The last row of a terminal: a prompt and the line that is being typed. Whatever else is said goes above it.
///
/// The line takes one row always: what does not fit scrolls sideways. So nothing that arrives can clobber it.
package struct PromptLine {
    package var prompt: String
    /// Columns of the terminal.
    package var columns: Int

    package init(prompt: String, columns: Int) {
        self.prompt = prompt
        self.columns = columns
    }

    /// What to write to show `editor` with the cursor in its place; the terminal's cursor may be anywhere in the row.
    package func draw(_ editor: LineEditor) -> String {
        // The last column stays free: a cursor that stands behind it would wrap.
        let shownPrompt = [prompt, "> ", ""].first { CharacterWidth.of($0) <= columns / 2 } ?? ""
        let room = max(1, columns - CharacterWidth.of(shownPrompt) - 1)
        var start = 0
        var width = CharacterWidth.of(String(editor.text[..<editor.cursor]))
        while width > room, start < editor.cursor {
            width -= CharacterWidth.of(editor.text[start])
            start += 1
        }
        var end = start
        var shown = 0
        while end < editor.text.count, shown + CharacterWidth.of(editor.text[end]) <= room {
            shown += CharacterWidth.of(editor.text[end])
            end += 1
        }
        let column = CharacterWidth.of(shownPrompt) + width
        let back = column > 0 ? "\r\u{1B}[\(column)C" : "\r"
        return "\r\u{1B}[K" + shownPrompt + String(editor.text[start..<end]) + back
    }

    /// What to write to say `lines` above the line that is being typed.
    package func say(_ lines: [String], above editor: LineEditor) -> String {
        "\r\u{1B}[K" + lines.flatMap { LineWrap.wrap($0, columns: columns) }.map { $0 + "\r\n" }.joined() + draw(editor)
    }

    /// What to write to leave no trace of the line.
    package static let erase = "\r\u{1B}[K"
    package static let clearScreen = "\u{1B}[H\u{1B}[2J"
    package static let beginPaste = "\u{1B}[?2004h"
    package static let endPaste = "\u{1B}[?2004l"
}
