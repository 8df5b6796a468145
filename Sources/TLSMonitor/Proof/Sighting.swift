/// Where something was seen: the packet that showed it, and when.
public struct Sighting: Hashable, Sendable {
    /// The packet's number in the capture.
    public var packet: Int
    /// Nanoseconds since 1970.
    public var time: Int64

    public init(packet: Int, time: Int64) {
        self.packet = packet
        self.time = time
    }
}
