/// The last two rows of a terminal: a status, and the line that is being typed. Whatever else is said goes above them.
package struct PromptArea {
    package var line: PromptLine
    /// What stands above the typed line; what does not fit is cut.
    package var status = ""
    /// Whether the terminal shows a status now, in the row above the cursor's.
    private var isShown = false

    package init(_ line: PromptLine) {
        self.line = line
    }

    /// What to write to show both, with the cursor in its place.
    package mutating func draw(_ editor: LineEditor) -> String { replace([], editor) }

    /// What to write to say `lines` above them.
    package mutating func say(_ lines: [String], above editor: LineEditor) -> String { replace(lines, editor) }

    /// What to write to leave no trace of them.
    package mutating func erase() -> String {
        defer { isShown = false }
        return isShown ? "\r\u{1B}[A\u{1B}[J" : "\r\u{1B}[J"
    }

    /// What to write for an empty screen.
    package mutating func clearScreen() -> String {
        isShown = false
        return PromptLine.clearScreen
    }

    private mutating func replace(_ lines: [String], _ editor: LineEditor) -> String {
        var text = erase()
        text += lines.flatMap { LineWrap.wrap($0, columns: line.columns) }.map { $0 + "\r\n" }.joined()
        if !status.isEmpty {
            text += "\u{1B}[7m" + fitted(status) + "\u{1B}[0m\r\n"
            isShown = true
        }
        return text + line.draw(editor)
    }

    /// As much of a text as fits in a row; the last column stays free.
    private func fitted(_ text: String) -> String {
        let room = max(1, line.columns - 1)
        guard CharacterWidth.of(text) > room else { return text }
        var result = ""
        var width = 1
        for character in text {
            width += CharacterWidth.of(character)
            guard width <= room else { break }
            result.append(character)
        }
        return result + "…"
    }
}
