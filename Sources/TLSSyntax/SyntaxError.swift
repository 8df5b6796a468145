/// What can be wrong with bytes in the TLS presentation language (RFC 8446 §3), or with a value that is
/// to be written in it. Every case carries facts, never content.
public enum SyntaxError: Error, Hashable, Sendable {
    /// The input ends before the value does: `needed` bytes were asked for at `offset`, `available` are left.
    case truncated(offset: Int, needed: Int, available: Int)
    /// A vector's length lies outside of what its definition allows.
    case lengthOutOfRange(offset: Int, length: Int, allowed: ClosedRange<Int>)
    /// A vector's elements do not fill it exactly, or bytes follow the last value.
    case trailingBytes(offset: Int, count: Int)
    /// The bytes are well-formed, but their value has no meaning here.
    case invalidValue(offset: Int, String)
}

extension SyntaxError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .truncated(let offset, let needed, let available):
            "truncated at byte \(offset): \(needed) bytes needed, \(available) left"
        case .lengthOutOfRange(let offset, let length, let allowed):
            "length \(length) at byte \(offset) is outside \(allowed.lowerBound)...\(allowed.upperBound)"
        case .trailingBytes(let offset, let count):
            "\(count) unexpected bytes at byte \(offset)"
        case .invalidValue(let offset, let what):
            "\(what) at byte \(offset)"
        }
    }
}
