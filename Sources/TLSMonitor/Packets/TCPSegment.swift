/// A TCP segment in a captured packet (RFC 9293 §3.1).
struct TCPSegment {
    var source: Endpoint
    var destination: Endpoint
    var sequence: UInt32
    var acknowledgement: UInt32
    var flags: Flags
    /// Where its data lies among the packet's captured bytes.
    var payload: Range<Int>
    /// Bytes of data that the packet had but the capture has not.
    var missing: Int
    /// Whether the packet goes on behind the segment with something else than zeros.
    var hasTrailer = false

    struct Flags: OptionSet {
        var rawValue: UInt8

        static let fin = Flags(rawValue: 1)
        static let syn = Flags(rawValue: 2)
        static let rst = Flags(rawValue: 4)
        static let psh = Flags(rawValue: 8)
        static let ack = Flags(rawValue: 16)
    }
}
