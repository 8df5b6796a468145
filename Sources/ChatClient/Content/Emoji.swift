/// What somebody reacts with: one visible character of at most 32 bytes, an emoji as a rule.
///
/// What counts as one character (a grapheme cluster, UAX #29) grows with Unicode: a program that does not know a new
/// sequence takes the message for damaged, and shows nothing else wrongly.
package struct Emoji: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let description: String

    /// In bytes.
    package static let lengths = 1...32

    /// `nil` unless `text` is one character that shows, and acts on nothing around it.
    package init?(_ text: some StringProtocol) {
        let text = String(text)
        guard Self.lengths.contains(text.utf8.count), text.count == 1, SafeText.line(text) == text,
            text.unicodeScalars.contains(where: Self.isVisible), !text.unicodeScalars.contains("\u{FFFD}")
        else { return nil }
        description = text
    }

    package static func < (left: Emoji, right: Emoji) -> Bool { left.description < right.description }

    private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator, .nonspacingMark, .enclosingMark, .spacingMark:
            false
        default: true
        }
    }
}
