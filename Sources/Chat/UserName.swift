/// The name of a user, as it stands in a certificate: `[a-z0-9_][a-z0-9._-]{0,31}`.
public struct UserName: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let description: String

    /// `nil` if `text` breaks the rule.
    public init?(_ text: some StringProtocol) {
        guard NamePart.isValid(text) else { return nil }
        description = String(text)
    }

    public static func < (left: UserName, right: UserName) -> Bool {
        left.description < right.description
    }
}
