/// What a statement says, for people; its texts are made harmless for a terminal.
package struct EvidenceSummary {
    private let statement: CanonicalJSON

    package init(_ statement: CanonicalJSON) {
        self.statement = statement
    }

    /// A name of one word, and what there is to say.
    package var lines: [(String, String)] {
        var lines = [("verdict", text(statement["verdict"]).uppercased())]
        lines.append(("wire", "\(text(statement["wire_verdict"])): \(text(statement["words"]))"))
        if let inside = statement["inside"] {
            lines.append(("inside", "\(text(inside["verdict"])): \(text(inside["words"]))"))
        }
        let program = statement["program"]
        lines.append(("made", "\(text(statement["made"])) by \(text(program?["name"])) \(text(program?["version"]))"))
        let filter = text(statement["filter"])
        lines.append(("filter", filter.isEmpty ? "none: all packets" : filter))
        lines.append(
            (
                "ledger",
                "\(number(statement["payload"])) B of payload in \(number(statement["connections"]?["count"])) connections, "
                    + "\(number(statement["ledger"]?["protected"])) B encrypted, "
                    + "\(number(statement["ledger"]?["unaccounted"])) B unaccounted"
            ))
        let findings = statement["findings"]
        lines.append(
            (
                "findings",
                "\(number(findings?["violations"])) that refute, \(number(findings?["doubts"])) that leave open"
            ))
        return lines
    }

    private func text(_ value: CanonicalJSON?) -> String { Self.safe(value?.text ?? "") }
    private func number(_ value: CanonicalJSON?) -> String { (value?.number ?? 0).grouped }

    /// Without what moves a terminal's cursor or turns the direction of writing; at most 200 characters.
    package static func safe(_ text: String) -> String {
        let shown = text.unicodeScalars.prefix(200).map { scalar in
            switch scalar.value {
            case 0..<0x20, 0x7F..<0xA0, 0x61C, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF: "."
            default: String(scalar)
            }
        }
        return shown.joined() + (text.unicodeScalars.count > 200 ? "…" : "")
    }
}
