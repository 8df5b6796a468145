package import Chat
import NIOCore
import TLSSyntax

/// The server's first frame. Until it arrives, a client is not connected: in TLS 1.3 a client sees its own handshake complete
/// before the server has judged its certificate.
///
///     struct {
///         uint16 version;             /* 3 */
///         opaque software<0..64>;     /* for people */
///         Identity you;               /* whom the server takes the client for */
///         uint64 time;                /* the server's clock, milliseconds since 1970 */
///         uint32 maximum_payload;     /* bytes that a message may carry */
///     } Greeting;
package struct Greeting: Hashable, Sendable {
    package static let version: UInt16 = 3

    package var version: UInt16 = Greeting.version
    package var software: String
    package var you: PeerIdentity
    package var time: Timestamp
    package var maximumPayload: UInt32

    package init(software: String, you: PeerIdentity, time: Timestamp, maximumPayload: UInt32) {
        self.software = software
        self.you = you
        self.time = time
        self.maximumPayload = maximumPayload
    }

    init(from reader: inout SyntaxReader) throws(SyntaxError) {
        version = try reader.uint16()
        software = try reader.text(lengthBytes: 1, 0...64)
        you = try reader.identity()
        time = Timestamp(milliseconds: try reader.uint64())
        maximumPayload = try reader.uint32()
    }

    func write(to buffer: inout ByteBuffer) throws(SyntaxError) {
        buffer.write(version)
        try buffer.write(text: software, lengthBytes: 1, 0...64)
        try buffer.write(you)
        buffer.write(time.milliseconds)
        buffer.write(maximumPayload)
    }
}
