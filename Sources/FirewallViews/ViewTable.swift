import Terminal

/// Rows of cells below headings, fitted into a terminal; without one, fields with tabs between them.
struct ViewTable {
    struct Column {
        var title: String
        /// Cells end at the same place instead of beginning there.
        var isRight = false
        /// Columns to which it may be cut; `nil`: never cut.
        var least: Int?
        /// The column with the highest goes first where there is no room; 0: it stays.
        var rank = 0
        /// On a terminal it is left out when all its cells are empty.
        var isOptional = false
    }

    struct Cell: ExpressibleByStringInterpolation {
        var text: String
        var tone: Tone

        /// - Parameter text: is made safe.
        init(_ text: some StringProtocol, _ tone: Tone = .plain) {
            self.text = SafeText.of(text)
            self.tone = tone
        }

        init(stringLiteral text: String) { self.init(text) }
    }

    private let columns: [Column]
    private let style: ViewStyle
    private var rows: [[Cell]] = []
    /// How wide columns were before: of lines that follow one another they stay.
    private var widths: [Int]

    init(_ columns: [Column], style: ViewStyle) {
        self.columns = columns
        self.style = style
        widths = Array(repeating: 0, count: columns.count)
    }

    var isEmpty: Bool { rows.isEmpty }

    /// Cells beyond the columns are left out.
    mutating func add(_ row: [Cell]) { rows.append(Array(row.prefix(columns.count))) }

    /// The table, with its headings; on a terminal every line as wide as that at most, unless what may not be cut is wider.
    func lines() -> [String] {
        if style.isPlain { return [columns.map(\.title).joined(separator: "\t")] + rows.map(plain) }
        let layout = layout(hasTitles: true)
        return [line(columns.map { Cell($0.title, .dim) }, layout)] + rows.map { line($0, layout) }
    }

    /// The rows that came since the last call; columns do not become narrower.
    mutating func nextLines(hasTitles: Bool = false) -> [String] {
        defer { rows = [] }
        if style.isPlain { return hasTitles ? lines() : rows.map(plain) }
        let layout = layout(hasTitles: hasTitles)
        for (column, width) in layout { widths[column] = max(widths[column], width) }
        return (hasTitles ? [line(columns.map { Cell($0.title, .dim) }, layout)] : []) + rows.map { line($0, layout) }
    }

    private func plain(_ row: [Cell]) -> String { row.map(\.text).joined(separator: "\t") }

    // MARK: Fitting

    private typealias Layout = [(column: Int, width: Int)]

    private func layout(hasTitles: Bool) -> Layout {
        var layout: Layout = columns.indices.compactMap { column in
            let cells = rows.map { column < $0.count ? CharacterWidth.of($0[column].text) : 0 }.max() ?? 0
            let width = max(cells, widths[column])
            if width == 0, columns[column].isOptional { return nil }
            return (column, max(width, hasTitles ? columns[column].title.count : 0))
        }
        guard let room = style.columns else { return layout }
        while true {
            let narrow = shrunk(layout, to: room)
            if width(narrow) <= room { return narrow }
            guard let last = layout.indices.max(by: { rank(layout[$0]) < rank(layout[$1]) }), rank(layout[last]) > 0
            else { return narrow }
            layout.remove(at: last)
        }
    }

    private func rank(_ part: Layout.Element) -> Int { columns[part.column].rank }
    private func width(_ layout: Layout) -> Int { layout.reduce(0) { $0 + $1.width } + 2 * max(0, layout.count - 1) }

    /// Takes from what is widest, until it fits or nothing may be cut any more.
    private func shrunk(_ layout: Layout, to room: Int) -> Layout {
        var layout = layout
        var excess = width(layout) - room
        while excess > 0 {
            let soft = layout.indices.filter { layout[$0].width > (columns[layout[$0].column].least ?? .max) }
            guard let widest = soft.max(by: { layout[$0].width < layout[$1].width }) else { return layout }
            layout[widest].width -= 1
            excess -= 1
        }
        return layout
    }

    // MARK: Writing

    private func line(_ row: [Cell], _ layout: Layout) -> String {
        var line = ""
        for (place, part) in layout.enumerated() {
            let cell = part.column < row.count ? row[part.column] : ""
            let text = columns[part.column].least == nil ? cell.text : Self.cut(cell.text, to: part.width)
            let space = String(repeating: " ", count: max(0, part.width - CharacterWidth.of(text)))
            let painted = style.paint(text, cell.tone)
            if place > 0 { line += "  " }
            line += columns[part.column].isRight ? space + painted : painted + (place == layout.count - 1 ? "" : space)
        }
        while line.hasSuffix(" ") { line.removeLast() }
        return line
    }

    /// The beginning that fits, and `…`.
    static func cut(_ text: String, to width: Int) -> String {
        guard CharacterWidth.of(text) > width else { return text }
        var cut = ""
        var used = 1
        for character in text {
            used += CharacterWidth.of(character)
            if used > width { break }
            cut.append(character)
        }
        return width > 0 ? cut + "…" : ""
    }
}
