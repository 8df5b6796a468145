/// A line of text that somebody edits, with its history: a value that keys change.
package struct LineEditor {
    package private(set) var text: [Character] = []
    /// Before which character the next one goes, `0...text.count`.
    package private(set) var cursor = 0

    private var history: [String] = []
    /// Which line of the history is shown; `history.count` is the new one.
    private var place = 0
    private var draft: [Character] = []
    private var cut: [Character] = []

    private static let longestHistory = 1_000
    /// Characters that a line may have.
    package static let longestLine = 20_000

    package init() {}

    /// What a key led to, beyond a changed line.
    package enum Outcome: Hashable, Sendable {
        case edited
        case submitted(String)
        /// Tab: somebody may complete the word before the cursor with ``complete(with:)``.
        case completion
        /// Control-C.
        case interrupted
        /// Control-D on an empty line.
        case ended
        /// Control-L.
        case redraw
        /// Control-Z.
        case suspend
    }

    package mutating func press(_ key: Key) -> Outcome {
        switch key {
        case .character(let character): insert([character].filter(Self.isText))
        case .paste(let pasted): insert(pasted.map { $0.isNewline || $0 == "\t" ? " " : $0 }.filter(Self.isText))
        case .enter: return .submitted(submit())
        case .tab: return .completion
        case .backspace: erase(max(0, cursor - 1)..<cursor)
        case .delete: erase(cursor..<min(text.count, cursor + 1))
        case .left: cursor = max(0, cursor - 1)
        case .right: cursor = min(text.count, cursor + 1)
        case .wordLeft: cursor = wordStart
        case .wordRight: cursor = wordEnd
        case .up: recall(place - 1)
        case .down: recall(place + 1)
        case .home: cursor = 0
        case .end: cursor = text.count
        case .pageUp, .pageDown, .escape: break
        case .control(let letter): return pressControl(letter)
        }
        return .edited
    }

    private mutating func pressControl(_ letter: Character) -> Outcome {
        switch letter {
        case "a": cursor = 0
        case "e": cursor = text.count
        case "b": cursor = max(0, cursor - 1)
        case "f": cursor = min(text.count, cursor + 1)
        case "p": recall(place - 1)
        case "n": recall(place + 1)
        case "k": kill(cursor..<text.count)
        case "u": kill(0..<cursor)
        case "w": kill(wordStart..<cursor)
        case "y": insert(cut)
        case "t": transpose()
        case "d":
            if text.isEmpty { return .ended }
            erase(cursor..<min(text.count, cursor + 1))
        case "c": return .interrupted
        case "l": return .redraw
        case "z": return .suspend
        default: break
        }
        return .edited
    }

    /// Empties the line.
    package mutating func clear() {
        text = []
        cursor = 0
        place = history.count
    }

    /// The text from the last space to the cursor.
    package var wordBeforeCursor: String {
        let start = text[..<cursor].lastIndex(of: " ").map { $0 + 1 } ?? 0
        return String(text[start..<cursor])
    }

    /// Replaces ``wordBeforeCursor``, and adds a space.
    package mutating func complete(with word: String) {
        erase((cursor - wordBeforeCursor.count)..<cursor)
        insert(Array(word + " "))
    }

    private mutating func insert(_ characters: [Character]) {
        let room = Self.longestLine - text.count
        let fitting = characters.prefix(max(0, room))
        text.insert(contentsOf: fitting, at: cursor)
        cursor += fitting.count
        combine()
    }

    /// A combining mark that was typed by itself joins the character before it.
    private mutating func combine() {
        let before = text.count - cursor
        text = Array(String(text))
        cursor = max(0, text.count - before)
    }

    private mutating func erase(_ range: Range<Int>) {
        text.removeSubrange(range)
        cursor = range.lowerBound
    }

    private mutating func kill(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        cut = Array(text[range])
        erase(range)
    }

    private mutating func transpose() {
        guard cursor > 0, text.count > 1 else { return }
        let right = min(cursor, text.count - 1)
        text.swapAt(right - 1, right)
        cursor = right + 1
    }

    private var wordStart: Int {
        var index = cursor
        while index > 0, text[index - 1] == " " { index -= 1 }
        while index > 0, text[index - 1] != " " { index -= 1 }
        return index
    }

    private var wordEnd: Int {
        var index = cursor
        while index < text.count, text[index] == " " { index += 1 }
        while index < text.count, text[index] != " " { index += 1 }
        return index
    }

    private mutating func submit() -> String {
        let line = String(text)
        if !line.allSatisfy(\.isWhitespace), history.last != line {
            history.append(line)
            if history.count > Self.longestHistory { history.removeFirst() }
        }
        clear()
        return line
    }

    private mutating func recall(_ wanted: Int) {
        guard (0...history.count).contains(wanted), wanted != place else { return }
        if place == history.count { draft = text }
        place = wanted
        text = wanted == history.count ? draft : Array(history[wanted])
        cursor = text.count
    }

    private static func isText(_ character: Character) -> Bool {
        character.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    }
}
