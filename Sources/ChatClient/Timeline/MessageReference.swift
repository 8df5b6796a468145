/// Which message a command is about.
package enum MessageReference: Hashable, Sendable {
    /// The number shown beside it: `17`.
    case number(UInt64)
    /// Counted back from the newest, which is 1: `^`, `^2`.
    case back(Int)

    /// - Returns: `nil` if `text` is neither.
    package init?(_ text: some StringProtocol) {
        let digits = text.hasPrefix("^") ? text.dropFirst() : text[...]
        guard digits.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
        if text.hasPrefix("^") {
            guard let count = digits.isEmpty ? 1 : Int(digits), (1...10_000).contains(count) else { return nil }
            self = .back(count)
        } else {
            guard let number = UInt64(digits), number > 0 else { return nil }
            self = .number(number)
        }
    }
}
