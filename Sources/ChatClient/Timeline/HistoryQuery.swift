package import Chat
import Foundation

/// What somebody looks for in the history: words that must all be there, and whose.
///
///     launch plan from:alice
package struct HistoryQuery: Hashable, Sendable {
    /// In the form of ``folded(_:)``.
    package let words: [String]
    package let from: UserName?

    /// In bytes.
    private static let maximumLength = 512
    private static let maximumWords = 16

    /// `nil` if `text` is nothing to look for, too long, or names a user that cannot be.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count <= Self.maximumLength else { return nil }
        var words: [String] = []
        var from: UserName?
        for part in text.split(whereSeparator: \.isWhitespace) {
            if part.lowercased().hasPrefix("from:") {
                let typed = part.dropFirst("from:".count)
                guard from == nil,
                    let user = UserName((typed.hasPrefix("@") ? typed.dropFirst() : typed[...]).lowercased())
                else { return nil }
                from = user
            } else {
                words.append(Self.folded(String(part)))
            }
        }
        words.removeAll(where: \.isEmpty)
        guard words.count <= Self.maximumWords, !words.isEmpty || from != nil else { return nil }
        self.words = words
        self.from = from
    }

    /// Whether every word is somewhere in the text.
    package func matches(_ text: MessageText) -> Bool {
        guard !words.isEmpty else { return true }
        let text = Self.folded(text.description)
        return words.allSatisfy { text.contains($0) }
    }

    package func matches(_ user: UserName) -> Bool { from == nil || from == user }

    /// Without case and without marks above and below letters: `Café` is `cafe`.
    static func folded(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.lowercased() }
        var result = String.UnicodeScalarView()
        for scalar in text.lowercased().decomposedStringWithCompatibilityMapping.unicodeScalars
        where scalar.properties.generalCategory != .nonspacingMark {
            result.append(scalar)
        }
        return String(result)
    }
}
