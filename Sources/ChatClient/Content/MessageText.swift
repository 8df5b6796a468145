/// What somebody says: 1 to 60,000 bytes of UTF-8. It is kept as it came; ``SafeText`` makes it harmless where it is shown.
package struct MessageText: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    /// In bytes.
    package static let lengths = 1...60_000

    /// - Throws: ``ContentError/lengthOutOfRange(_:allowed:)``.
    package init(_ text: some StringProtocol) throws(ContentError) {
        guard Self.lengths.contains(text.utf8.count) else {
            throw .lengthOutOfRange(text.utf8.count, allowed: Self.lengths)
        }
        description = String(text)
    }
}

/// What a room is about: at most 1,000 bytes of UTF-8, and empty if nobody has said so.
package struct RoomTopic: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    /// In bytes.
    package static let lengths = 0...1_000
    package static let none = RoomTopic()

    private init() { description = "" }

    /// - Throws: ``ContentError/lengthOutOfRange(_:allowed:)``.
    package init(_ text: some StringProtocol) throws(ContentError) {
        guard Self.lengths.contains(text.utf8.count) else {
            throw .lengthOutOfRange(text.utf8.count, allowed: Self.lengths)
        }
        description = String(text)
    }

    package var isEmpty: Bool { description.isEmpty }
}
