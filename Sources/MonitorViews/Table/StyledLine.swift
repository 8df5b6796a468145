import Terminal

/// How a part of a line looks. Whatever a colour says, a word or a shape says, too.
package enum Style: Hashable, Sendable {
    case plain
    case dim
    case bold
    case good
    case bad
    case open
    case clear
    case guess
    /// Where the selection is.
    case selected
}

/// A row of the screen: parts that look different, never wider than it may be.
package struct StyledLine: Hashable, Sendable {
    package struct Part: Hashable, Sendable {
        package var text: String
        package var style: Style
    }

    package private(set) var parts: [Part] = []
    private(set) var width = 0

    package init(_ text: String = "", _ style: Style = .plain) {
        add(text, style)
    }

    mutating func add(_ text: String, _ style: Style = .plain) {
        guard !text.isEmpty else { return }
        let safe = Harmless.text(text)
        parts.append(Part(text: safe, style: style))
        width += CharacterWidth.of(safe)
    }

    /// Fills up with spaces to `column`.
    mutating func pad(to column: Int) {
        guard width < column else { return }
        parts.append(Part(text: String(repeating: " ", count: column - width), style: .plain))
        width = column
    }

    /// As much of it as fits in `columns`.
    func clipped(to columns: Int) -> StyledLine {
        guard width > columns else { return self }
        var line = StyledLine()
        for part in parts {
            let room = columns - line.width
            guard room > 0 else { break }
            let text = Clip.end(part.text, to: room)
            line.parts.append(Part(text: text, style: part.style))
            line.width += CharacterWidth.of(text)
        }
        return line
    }

    /// All parts in one look.
    func restyled(_ style: Style) -> StyledLine {
        var line = self
        for index in line.parts.indices { line.parts[index].style = style }
        return line
    }

    package var plain: String { parts.map(\.text).joined() }

    /// With the codes of a terminal.
    package func rendered(hasColours: Bool) -> String {
        parts.map { part in
            guard let code = part.style.code(hasColours: hasColours) else { return part.text }
            return "\u{1B}[\(code)m\(part.text)\u{1B}[0m"
        }.joined()
    }
}

extension Style {
    /// What NO_COLOR leaves is what is no colour.
    fileprivate func code(hasColours: Bool) -> String? {
        switch self {
        case .plain: nil
        case .dim: hasColours ? "2" : nil
        case .bold: "1"
        case .good: hasColours ? "1;32" : "1"
        case .bad: hasColours ? "1;31" : "1"
        case .open: hasColours ? "1;33" : "1"
        case .clear: hasColours ? "36" : nil
        case .guess: hasColours ? "35" : nil
        case .selected: "7"
        }
    }
}

/// Text that does nothing to a terminal.
enum Harmless {
    /// What controls, reorders or hides is shown as a dot; so is a character of too many parts.
    static func text(_ text: String) -> String {
        if text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) { return text }
        return String(
            text.map { character -> Character in
                guard character.unicodeScalars.count <= 4 else { return "·" }
                return character.unicodeScalars.allSatisfy(isShown) ? character : "·"
            })
    }

    private static func isShown(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: false
        default: true
        }
    }
}

/// Cuts text to a number of columns, with a sign that it was cut.
enum Clip {
    static func end(_ text: String, to columns: Int) -> String {
        guard CharacterWidth.of(text) > columns else { return text }
        guard columns > 1 else { return columns == 1 ? "…" : "" }
        return prefix(text, columns - 1) + "…"
    }

    /// Cut in its middle: of addresses and names both ends tell most.
    static func middle(_ text: String, to columns: Int) -> String {
        guard CharacterWidth.of(text) > columns else { return text }
        guard columns > 4 else { return end(text, to: columns) }
        let left = (columns - 1) / 2
        return prefix(text, left) + "…" + String(prefix(String(text.reversed()), columns - 1 - left).reversed())
    }

    private static func prefix(_ text: String, _ columns: Int) -> String {
        var room = columns
        var result = ""
        for character in text {
            room -= CharacterWidth.of(character)
            guard room >= 0 else { break }
            result.append(character)
        }
        return result
    }
}

extension Int {
    /// At most five characters: `999`, `12.3k`, `4.5M`.
    var compact: String {
        let units: [(String, Int)] = [("k", 1_000), ("M", 1_000_000), ("G", 1_000_000_000), ("T", 1_000_000_000_000)]
        guard self >= 1_000, let unit = units.last(where: { self >= $0.1 }) else { return String(self) }
        let whole = self / unit.1
        guard whole < 100 else { return "\(whole)\(unit.0)" }
        return "\(whole).\(self % unit.1 / (unit.1 / 10))\(unit.0)"
    }
}
