/// Why a list that was fetched is not used: what happened, and what to do.
package struct FeedError: Error, Hashable, Sendable, CustomStringConvertible {
    /// From 1; `nil` where the whole list is meant.
    package let line: Int?
    /// A sentence without its full stop.
    package let reason: String
    /// A sentence with its full stop.
    package let remedy: String

    package init(line: Int? = nil, _ reason: String, remedy: String) {
        self.line = line
        self.reason = reason
        self.remedy = remedy
    }

    package var description: String { (line.map { "line \($0): " } ?? "") + "\(reason). \(remedy)" }
}
