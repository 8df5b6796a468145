/// A point of time: milliseconds since 1970-01-01T00:00:00Z. It is for people; order comes from sequence numbers.
public struct Timestamp: Hashable, Sendable, Comparable {
    public var milliseconds: UInt64

    public init(milliseconds: UInt64) {
        self.milliseconds = milliseconds
    }

    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }
}
