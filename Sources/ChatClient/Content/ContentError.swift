package import TLSSyntax

/// Why a content is none that we can show, or a text none that we can send.
package enum ContentError: Error, Hashable, Sendable, CustomStringConvertible {
    case unknownVersion(UInt8)
    case malformed(SyntaxError)
    /// Bytes of a text.
    case lengthOutOfRange(Int, allowed: ClosedRange<Int>)
    case notOneEmoji

    package var description: String {
        switch self {
        case .unknownVersion: "a message of a newer program; update this one to read it"
        case .malformed: "a damaged message"
        case .lengthOutOfRange(0, _): "there is no text; write some"
        case .lengthOutOfRange(let length, let allowed):
            "a text of \(length) bytes; at most \(allowed.upperBound) go into one message: send it in parts"
        case .notOneEmoji: "a reaction is a single emoji or letter, such as 👍"
        }
    }
}
