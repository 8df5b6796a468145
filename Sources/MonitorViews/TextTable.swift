import Terminal

/// Rows of cells, each column as wide as its widest cell.
struct TextTable {
    private var rows: [[String]] = []
    /// Columns that end at the same place instead of beginning there.
    private let rightColumns: Set<Int>

    init(_ header: [String], right: Set<Int> = []) {
        rows = [header]
        rightColumns = right
    }

    var isEmpty: Bool { rows.count < 2 }

    mutating func add(_ row: [String]) { rows.append(row) }

    func lines(_ paint: Paint) -> [String] {
        let count = rows.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in
            rows.map { column < $0.count ? CharacterWidth.of($0[column]) : 0 }.max() ?? 0
        }
        return rows.enumerated().map { index, row in
            var line = ""
            for (column, cell) in row.enumerated() {
                let space = String(repeating: " ", count: max(0, widths[column] - CharacterWidth.of(cell)))
                if column > 0 { line += "  " }
                line += rightColumns.contains(column) ? space + cell : column == row.count - 1 ? cell : cell + space
            }
            while line.hasSuffix(" ") { line.removeLast() }
            return index == 0 ? paint.dim(line) : line
        }
    }
}
