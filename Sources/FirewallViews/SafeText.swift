/// Text that somebody else wrote, so that it can do nothing to a terminal.
package enum SafeText {
    /// Control characters, those that turn the direction of writing, and what no font has are spelled out: `\x1b`, `\u{202e}`.
    /// - Parameter most: scalars that are shown; `…` stands for the others.
    package static func of(_ text: some StringProtocol, most: Int = 300) -> String {
        var safe = ""
        for (count, scalar) in text.unicodeScalars.enumerated() {
            guard count < most else { return safe + "…" }
            if isSafe(scalar) {
                safe.unicodeScalars.append(scalar)
            } else if scalar.value < 0x100 {
                safe += (scalar.value < 0x10 ? "\\x0" : "\\x") + String(scalar.value, radix: 16)
            } else {
                safe += "\\u{" + String(scalar.value, radix: 16) + "}"
            }
        }
        return safe
    }

    private static func isSafe(_ scalar: Unicode.Scalar) -> Bool {
        if (0x20...0x7E).contains(scalar.value) { return true }
        return switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: false
        // Joins the parts of a picture; all others of its kind move what is around them.
        case .format: scalar.value == 0x200D
        default: true
        }
    }
}
