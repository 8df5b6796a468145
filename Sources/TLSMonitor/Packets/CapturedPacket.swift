/// What is known of a captured packet beside its bytes.
public struct CapturedPacket: Hashable, Sendable {
    /// From 1, in the order of capture.
    public var number: Int
    /// Nanoseconds since 1970.
    public var time: Int64
    public var link: LinkType
    /// Bytes that the packet had on the wire; fewer may have been captured.
    public var originalLength: Int

    public init(number: Int, time: Int64, link: LinkType, originalLength: Int) {
        self.number = number
        self.time = time
        self.link = link
        self.originalLength = originalLength
    }
}
