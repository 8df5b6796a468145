/// Somebody else's text, made harmless for a terminal: it can neither move the cursor nor change the direction of what
/// is written around it.
package enum SafeText {
    /// One line: line breaks become `⏎`, tabs a space, whatever else is invisible and active becomes `�`.
    package static func line(_ text: String) -> String {
        // Most of what people write has no properties to look up.
        if text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) { return text }
        var result = String.UnicodeScalarView()
        var afterReturn = false
        for scalar in text.unicodeScalars {
            defer { afterReturn = scalar == "\r" }
            switch scalar {
            case "\n" where afterReturn: continue
            case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": result.append("⏎")
            case "\t": result.append(" ")
            // Joiners make letters and pictures; they act on nothing else.
            case "\u{200C}", "\u{200D}": result.append(scalar)
            default: result.append(isActive(scalar) ? "\u{FFFD}" : scalar)
            }
        }
        return String(result)
    }

    private static func isActive(_ scalar: Unicode.Scalar) -> Bool {
        // Tags make the flags of some countries.
        if (0xE0020...0xE007F).contains(scalar.value) { return false }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned: return true
        default: return false
        }
    }
}
