/// Breaks lines between words, where a terminal would break them within one.
package enum LineWrap {
    private static let indent = "  "

    /// - Parameters:
    ///   - line: without line breaks; colours (ECMA-48 SGR) take no room.
    ///   - columns: of the terminal.
    /// - Returns: at least one line; all but the first are indented. A word that is wider than the terminal is left to it.
    package static func wrap(_ line: String, columns: Int) -> [String] {
        // In a terminal that is too narrow, words and indents would leave little.
        guard columns >= 24 else { return [line] }
        var lines: [String] = []
        var current = ""
        var width = 0
        // The last space of the current line, and how wide the line is behind it.
        var space: String.Index?
        var widthBehind = 0
        var isInColour = false
        for character in line {
            if character == "\u{1B}" { isInColour = true }
            let isWide = !isInColour
            if isInColour, character == "m" { isInColour = false }
            let own = isWide ? CharacterWidth.of(character) : 0
            if width + own > columns, character != " ", let place = space {
                lines.append(String(current[..<place]))
                current = indent + current[current.index(after: place)...]
                width = indent.count + widthBehind
                space = nil
            }
            if character == " ", isWide, width > indent.count {
                space = current.endIndex
                widthBehind = 0
            } else {
                widthBehind += own
            }
            current.append(character)
            width += own
        }
        return lines + [current]
    }
}
