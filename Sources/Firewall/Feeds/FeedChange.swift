/// How a list differs in size from the one that is in force: too much, and a person has to say yes before it counts.
package struct FeedChange: Hashable, Sendable {
    /// Entries of the list in force; `nil`: there is none.
    package let before: Int?
    package let after: Int

    package init(before: Int?, after: Int) {
        self.before = before
        self.after = after
    }

    /// More than half of the size before, and at least 100 entries. The first list of a feed never is.
    package var needsConfirmation: Bool {
        guard let before else { return false }
        let difference = abs(after - before)
        return difference >= 100 && difference * 2 > before
    }

    /// "1,709 entries became 12".
    package var sentence: String {
        guard let before else { return "\(after) entries" }
        return "\(before) entries became \(after)"
    }
}
