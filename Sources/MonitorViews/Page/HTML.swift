/// Pieces of a page. Whatever comes from outside goes through ``text(_:)``.
package enum HTML {
    /// Words as the content of an element, or of an attribute between double quotes: they can end neither, and nothing in them
    /// hides or turns around what stands beside them.
    package static func text(_ words: String) -> String {
        var result = ""
        result.reserveCapacity(words.utf8.count)
        for scalar in words.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\n", "\t": result += " "
            case _ where isTreacherous(scalar): result += "·"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Controls, and marks that are not seen or turn the direction of writing (Unicode UAX #9).
    private static func isTreacherous(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x61C, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF, 0xFFF9...0xFFFB,
            0xE0000...0xE007F:
            true
        default: false
        }
    }

    /// `<tag class="kind">content</tag>`; the content is HTML already.
    package static func element(_ tag: String, _ kind: String = "", _ content: String) -> String {
        kind.isEmpty ? "<\(tag)>\(content)</\(tag)>" : "<\(tag) class=\"\(kind)\">\(content)</\(tag)>"
    }

    /// A list of names and what there is to say to each; both are HTML already.
    package static func definitions(_ entries: [(name: String, content: String)], _ kind: String = "facts") -> String {
        let rows = entries.map { "<div><dt>\($0.name)</dt><dd>\($0.content)</dd></div>" }
        return element("dl", kind, rows.joined(separator: "\n"))
    }

    /// A table; cells are HTML already. The first cell of a row names it.
    /// - Parameter numbers: the columns that are aligned at their right.
    package static func table(
        caption: String, head: [String], rows: [[String]], numbers: Set<Int> = [], foot: [String]? = nil
    ) -> String {
        func cells(_ row: [String], _ tag: String, _ scope: String) -> String {
            row.enumerated().map { index, cell in
                let kind = numbers.contains(index) ? " class=\"n\"" : ""
                return index == 0 || tag == "th"
                    ? "<th scope=\"\(index == 0 && tag == "td" ? "row" : scope)\"\(kind)>\(cell)</th>"
                    : "<td\(kind)>\(cell)</td>"
            }.joined()
        }
        let body = rows.map { "<tr>\(cells($0, "td", "row"))</tr>" }.joined(separator: "\n")
        let end = foot.map { "<tfoot><tr>\(cells($0, "td", "row"))</tr></tfoot>" } ?? ""
        return """
            <div class="wide" tabindex="0" role="region" aria-label="\(caption)"><table><caption>\(caption)</caption>
            <thead><tr>\(cells(head, "th", "col"))</tr></thead>
            <tbody>
            \(body)
            </tbody>\(end)</table></div>

            """
    }
}
