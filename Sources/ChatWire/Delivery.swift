package import Chat
package import NIOCore
import TLSSyntax

/// A message as its receivers get it.
///
///     struct {
///         RoomID room;
///         uint64 seq;                 /* from 1, without gaps, per room */
///         uint64 time;                /* the server's clock, milliseconds since 1970 */
///         Identity sender;
///         opaque payload<1..2^16>;
///     } Delivery;
package struct Delivery: Hashable, Sendable {
    package var room: RoomID
    package var sequence: UInt64
    package var time: Timestamp
    package var sender: PeerIdentity
    package var payload: ByteBuffer

    package init(room: RoomID, sequence: UInt64, time: Timestamp, sender: PeerIdentity, payload: ByteBuffer) {
        self.room = room
        self.sequence = sequence
        self.time = time
        self.sender = sender
        self.payload = payload
    }

    init(from reader: inout SyntaxReader, in body: ByteBuffer) throws(SyntaxError) {
        room = try reader.roomID()
        sequence = try reader.uint64()
        time = Timestamp(milliseconds: try reader.uint64())
        sender = try reader.identity()
        payload = try reader.payload(in: body)
    }

    func write(to buffer: inout ByteBuffer) throws(SyntaxError) {
        buffer.write(room)
        buffer.write(sequence)
        buffer.write(time.milliseconds)
        try buffer.write(sender)
        try buffer.write(payload: payload)
    }
}

/// A message to a user: what all devices of the recipient, and the sender's other ones, get.
///
///     struct {
///         Name recipient;
///         uint64 time;
///         Identity sender;
///         opaque payload<1..2^16>;
///     } DirectDelivery;
package struct DirectDelivery: Hashable, Sendable {
    package var recipient: UserName
    package var time: Timestamp
    package var sender: PeerIdentity
    package var payload: ByteBuffer

    package init(recipient: UserName, time: Timestamp, sender: PeerIdentity, payload: ByteBuffer) {
        self.recipient = recipient
        self.time = time
        self.sender = sender
        self.payload = payload
    }

    init(from reader: inout SyntaxReader, in body: ByteBuffer) throws(SyntaxError) {
        recipient = try reader.userName()
        time = Timestamp(milliseconds: try reader.uint64())
        sender = try reader.identity()
        payload = try reader.payload(in: body)
    }

    func write(to buffer: inout ByteBuffer) throws(SyntaxError) {
        try buffer.write(recipient)
        buffer.write(time.milliseconds)
        try buffer.write(sender)
        try buffer.write(payload: payload)
    }
}
