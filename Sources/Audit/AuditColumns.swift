import Chat

/// The audit log as a table for people. Nothing is cut off: what does not fit beside the other columns stands below them.
package struct AuditColumns: Sendable {
    private let width: Int?
    private let colours: Bool
    private var widths: [Int]

    private static let titles = ["#", "TIME (UTC)", "EVENT", "WHO", "FROM", "ROOM"]
    private static let gap = 2
    /// What most records need, where those to come are not known.
    private static let usualWidths = [4, 19, 15, 12, 18, 8]
    /// A last column of fewer characters is no column.
    private static let narrowest = 28

    /// - Parameters:
    ///   - width: of the terminal; `nil`: one line a record, however long.
    ///   - records: those that come first; the columns are as wide as they need.
    ///   - isOpen: others follow.
    package init(width: Int?, colours: Bool, fitting records: [AuditRecord], isOpen: Bool = false) {
        self.width = width
        self.colours = colours
        widths = Self.titles.map(\.count)
        widths[1] = 19
        if isOpen { widths = zip(widths, Self.usualWidths).map { max($0, $1) } }
        fit(records)
    }

    /// Makes the columns wide enough for these records too.
    /// - Returns: whether they were not: then the ``header`` is another one.
    @discardableResult
    package mutating func fit(_ records: [AuditRecord]) -> Bool {
        let before = widths
        for record in records {
            for (index, cell) in Self.cells(of: record).enumerated() { widths[index] = max(widths[index], cell.count) }
        }
        return widths != before
    }

    package var header: String {
        let line = (padded(Self.titles) + (isLastColumn ? ["WHAT"] : [])).joined(separator: "  ")
        return paint(line, "1")
    }

    /// One line, or several on a terminal that is too narrow.
    package func lines(for record: AuditRecord) -> String {
        let cells = padded(Self.cells(of: record))
        var painted = cells
        painted[0] = paint(cells[0], "2")
        painted[1] = paint(cells[1], "2")
        painted[2] = paint(cells[2], Self.colour(of: record))
        let first = painted.joined(separator: "  ")
        let words = Self.words(of: record)
        guard !words.isEmpty else { return trimmed(first) }
        guard let width else { return first + "  " + words }
        let indent = isLastColumn ? lead : widths[0] + Self.gap
        let lines = Self.wrap(words, max(Self.narrowest, width - indent))
        let space = "\n" + String(repeating: " ", count: indent)
        return isLastColumn
            ? first + "  " + lines.joined(separator: space) : trimmed(first) + space + lines.joined(separator: space)
    }

    /// Characters before the last column.
    private var lead: Int { widths.reduce(0) { $0 + $1 + Self.gap } }

    private var isLastColumn: Bool { width.map { $0 - lead >= Self.narrowest } ?? true }

    private func padded(_ cells: [String]) -> [String] {
        cells.enumerated().map { index, cell in
            let space = String(repeating: " ", count: max(0, widths[index] - cell.count))
            return index == 0 ? space + cell : cell + space
        }
    }

    private func trimmed(_ line: String) -> String {
        String(line.reversed().drop { $0 == " " }.reversed())
    }

    private func paint(_ text: String, _ code: String?) -> String {
        guard colours, let code else { return text }
        return "\u{1B}[\(code)m\(text)\u{1B}[0m"
    }

    private static func colour(of record: AuditRecord) -> String? {
        switch record.decoded?.kind.weight {
        case .warning: "1;31"
        case .notable: "1;33"
        case .plain, nil: nil
        }
    }

    // MARK: Cells

    private static func cells(of record: AuditRecord) -> [String] {
        guard let event = record.decoded else { return ["\(record.number)", "", "?", "", "", ""] }
        return [
            "\(record.number)", AuditTime.text(event.time), event.kind.name, event.who,
            AuditText.clean(event.address, limit: 64), event.room.map { String("\($0)".prefix(8)) } ?? "",
        ]
    }

    private static func words(of record: AuditRecord) -> String {
        guard let event = record.decoded else { return "of a later version of this program" }
        var parts: [String] = []
        if event.count != 1 { parts.append("×\(event.count)") }
        if event.sequence > 0 { parts.append("entry \(event.sequence)") }
        if !event.added.isEmpty { parts.append("added " + list(event.added)) }
        if !event.removed.isEmpty { parts.append("removed " + list(event.removed)) }
        let words = AuditText.clean(event.words, limit: AuditEvent.maximumWords)
        if !words.isEmpty { parts.append(words) }
        return parts.joined(separator: " · ")
    }

    private static func list(_ devices: [PeerIdentity]) -> String {
        devices.map(\.description).joined(separator: ", ")
    }

    /// Breaks at spaces, and a word that is too long anywhere.
    static func wrap(_ text: String, _ width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            var rest = word
            if !line.isEmpty, line.count + 1 + rest.count > width {
                lines.append(line)
                line = ""
            }
            while line.isEmpty, rest.count > width {
                lines.append(String(rest.prefix(width)))
                rest = rest.dropFirst(width)
            }
            line += line.isEmpty ? String(rest) : " " + rest
        }
        if !line.isEmpty { lines.append(line) }
        return lines
    }
}
