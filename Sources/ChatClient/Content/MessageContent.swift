package import Chat
package import ChatWire
import TLSSyntax

/// What a member says to a room, inside the encryption: the application data of an MLS PrivateMessage.
///
///     struct {
///         uint8 version;              /* 2 */
///         uint64 token;               /* the sender's number of the log's entry */
///         uint64 seen;                /* the last place of the log that the sender had processed */
///         opaque seen_chain[32];      /* the hash over the log up to there */
///         uint64 time;                /* the sender's clock, milliseconds since 1970 */
///         uint16 kind;
///         opaque body<0..65000>;      /* the length in four bytes */
///         opaque extra<0..2^16-1>;    /* of newer programs; kept */
///     } Content;
///
/// The room and the epoch are bound by MLS, which authenticates both with every message, and `seen_chain` hashes the room.
package struct MessageContent: Hashable, Sendable {
    package typealias Body = MessageBody

    package var token: UInt64
    /// 0: nothing.
    package var seen: UInt64
    package var seenChain: Digest
    package var time: Timestamp
    package var body: MessageBody
    /// What a newer program adds.
    package var extra: [UInt8] = []

    package static let version: UInt8 = 2
    /// Of a whole content.
    package static let maximumLength = 67 + MessageBody.lengths.upperBound + 0xFFFF

    package init(token: UInt64, seen: UInt64, seenChain: Digest, time: Timestamp, _ body: MessageBody) {
        self.token = token
        self.seen = seen
        self.seenChain = seenChain
        self.time = time
        self.body = body
    }

    /// - Throws: ``ContentError`` for whatever is not such a content, whole and nothing more.
    package init(bytes: [UInt8]) throws(ContentError) {
        if let version = bytes.first, version != Self.version { throw .unknownVersion(version) }
        do {
            self = try SyntaxReader.read(bytes) { (reader) throws(SyntaxError) in
                _ = try reader.uint8()
                let token = try reader.place()
                let seen = try reader.uint64()
                let seenChain = try Digest(from: &reader)
                let time = Timestamp(milliseconds: try reader.uint64())
                var content = MessageContent(
                    token: token, seen: seen, seenChain: seenChain, time: time, try MessageBody(from: &reader))
                content.extra = try reader.opaque(lengthBytes: 2, 0...0xFFFF)
                return content
            }
        } catch {
            throw .malformed(error)
        }
    }

    /// - Throws: ``ContentError/malformed(_:)`` if an unknown body or the extra is longer than it may be.
    package func encoded() throws(ContentError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(256)
        bytes.write(Self.version)
        bytes.write(token)
        bytes.write(seen)
        seenChain.write(to: &bytes)
        bytes.write(time.milliseconds)
        do {
            try body.write(to: &bytes)
            try bytes.write(opaque: extra, lengthBytes: 2, 0...0xFFFF)
        } catch {
            throw .malformed(error)
        }
        return bytes
    }
}
