import Foundation

/// The name that people type for a room: `#` and 1 to 64 bytes of UTF-8 without white space or control characters,
/// in lower case and Unicode normalisation form C: what looks the same is the same.
public struct RoomName: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// Without the `#`.
    public let text: String

    /// Takes `lab`, `#lab` and `#Lab` for the same name; `nil` if the rule is broken.
    public init?(_ typed: some StringProtocol) {
        let name = (typed.hasPrefix("#") ? typed.dropFirst() : typed[...])
            .lowercased().precomposedStringWithCanonicalMapping
        guard (1...64).contains(name.utf8.count), !name.hasPrefix("#"), name.unicodeScalars.allSatisfy(Self.isAllowed)
        else { return nil }
        text = name
    }

    public var description: String { "#" + text }

    public static func < (left: RoomName, right: RoomName) -> Bool { left.text < right.text }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            false
        default: scalar != "/" && scalar != ","
        }
    }
}
