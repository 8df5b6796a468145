import Terminal

/// A small terminal: enough of one to see what a person would see.
///
/// It knows printing with wrapping, CR, LF, `CSI K`, `CSI n C`, `CSI n A`, `CSI J`, `CSI H` and `CSI 2 J`, and takes note of everything else.
struct Screen {
    let columns: Int
    private(set) var rows: [[String]] = [[]]
    private(set) var row = 0
    private(set) var column = 0
    private(set) var unknown: [String] = []

    init(columns: Int) {
        self.columns = columns
    }

    /// The rows as text, without trailing spaces.
    var lines: [String] {
        rows.map { cells in
            let text = cells.joined()
            return String(text.reversed().drop { $0 == " " }.reversed())
        }
    }

    mutating func write(_ text: String) {
        var rest = Array(text)[...]
        while let character = rest.popFirst() {
            switch character {
            case "\r\n":
                column = 0
                newLine()
            case "\r": column = 0
            case "\n": newLine()
            case "\u{1B}": sequence(&rest)
            default: put(character)
            }
        }
    }

    private mutating func newLine() {
        row += 1
        if row == rows.count { rows.append([]) }
    }

    private mutating func put(_ character: Character) {
        let width = CharacterWidth.of(character)
        if width == 0 { return }
        if column + width > columns {
            column = 0
            newLine()
        }
        while rows[row].count < column + width { rows[row].append(" ") }
        rows[row][column] = String(character)
        if width == 2 { rows[row][column + 1] = "" }
        column += width
    }

    private mutating func sequence(_ rest: inout ArraySlice<Character>) {
        guard rest.popFirst() == "[" else { return unknown.append("not CSI") }
        var parameter = ""
        while let next = rest.popFirst() {
            if next.isNumber || next == "?" || next == ";" {
                parameter.append(next)
                continue
            }
            let count = Int(parameter) ?? 1
            switch (next, parameter) {
            case ("K", ""): rows[row] = Array(rows[row].prefix(column))
            case ("J", ""):
                rows[row] = Array(rows[row].prefix(column))
                rows.removeSubrange((row + 1)...)
            case ("C", _): column = min(columns - 1, column + count)
            case ("A", _): row = max(0, row - count)
            case ("H", ""): (row, column) = (0, 0)
            case ("J", "2"): rows = Array(repeating: [], count: rows.count)
            default: unknown.append(parameter + String(next))
            }
            return
        }
    }
}
