import ChatServer
import Foundation
import Glibc

/// The limits as people read them: in groups, with columns.
struct LimitsTable {
    let text: String

    /// - Parameter width: columns of the terminal; `nil` to break no line.
    init(_ limits: ServerLimits, width: Int?) {
        let all = ServerLimits.all
        let values = all.map { $0.text($0.value(in: limits)) + ($0.value(in: limits) == $0.standard ? "" : " *") }
        let columns = [
            Self.width(of: all.map(\.name)), Self.width(of: values + ["VALUE"]),
            Self.width(of: all.map { $0.text($0.standard) } + ["DEFAULT"]),
        ]
        func row(_ name: String, _ value: String, _ standard: String, _ meaning: String) -> String {
            let front =
                "  " + [name, value, standard].enumerated().map { Self.pad($1, columns[$0]) }.joined(separator: "  ")
            let indent = front.count + 2
            let room = width.map { max(24, $0 - indent) } ?? .max
            return front + "  "
                + Self.lines(meaning, room).joined(separator: "\n" + String(repeating: " ", count: indent))
        }
        var lines = [row("NAME", "VALUE", "DEFAULT", "WHAT IT IS")]
        var number = 0
        for group in ServerLimits.groups {
            lines += ["", group.title]
            for limit in group.limits {
                lines.append(row(limit.name, values[number], limit.text(limit.standard), limit.meaning))
                number += 1
            }
        }
        if values.contains(where: { $0.hasSuffix("*") }) { lines += ["", "* not the default"] }
        text = lines.joined(separator: "\n")
    }

    private static func width(of texts: [String]) -> Int { texts.map(\.count).max() ?? 0 }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    /// Breaks `text` between words.
    private static func lines(_ text: String, _ room: Int) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, last.count + 1 + word.count <= room {
                lines[lines.count - 1] = last + " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }

    /// Columns of the terminal that standard output is; `nil` if it is none.
    static var terminalWidth: Int? {
        var size = winsize()
        guard isatty(STDOUT_FILENO) == 1, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
            return nil
        }
        return Int(size.ws_col)
    }

    private struct Row: Encodable {
        var name: String
        var value: Int
        var standard: Int
        var unit: String
        var least: Int
        var most: Int
        var meaning: String

        enum CodingKeys: String, CodingKey {
            case name, value
            case standard = "default"
            case unit, least, most, meaning
        }
    }

    /// An array of objects.
    static func json(_ limits: ServerLimits) throws -> String {
        let rows = ServerLimits.all.map {
            Row(
                name: $0.name, value: $0.value(in: limits), standard: $0.standard, unit: "\($0.unit)",
                least: $0.range.lowerBound, most: $0.range.upperBound, meaning: $0.meaning)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(rows), as: UTF8.self)
    }
}
