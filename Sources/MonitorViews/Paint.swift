/// Colours, whose meaning is never theirs alone.
package struct Paint {
    package var isOn: Bool

    package init(isOn: Bool) {
        self.isOn = isOn
    }

    package func dim(_ text: String) -> String { paint(text, "2") }
    package func bold(_ text: String) -> String { paint(text, "1") }
    package func good(_ text: String) -> String { paint(text, "1;32") }
    package func bad(_ text: String) -> String { paint(text, "1;31") }
    package func open(_ text: String) -> String { paint(text, "1;33") }
    package func clear(_ text: String) -> String { paint(text, "36") }

    package func guess(_ text: String) -> String { paint(text, "35") }

    private func paint(_ text: String, _ code: String) -> String {
        isOn ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}

extension Int {
    /// With commas between thousands.
    package var grouped: String {
        let digits = Array(String(magnitude))
        let parts = stride(from: digits.count, to: 0, by: -3).map { String(digits[Swift.max(0, $0 - 3)..<$0]) }
        return (self < 0 ? "-" : "") + parts.reversed().joined(separator: ",")
    }

    /// `1 record`, `2 records`.
    package func of(_ noun: String) -> String { "\(grouped) \(noun)\(self == 1 ? "" : "s")" }
}
