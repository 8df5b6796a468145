package import Chat
package import NIOCore
import TLSSyntax

/// A place in a room's log. The server gives it its number and its time, and cannot read what it carries.
///
///     struct {
///         RoomID room;
///         uint64 seq;                 /* from 1, without gaps, per room */
///         uint64 time;                /* the server's clock, milliseconds since 1970 */
///         Identity sender;            /* of a removal request: whom it is about */
///         uint64 token;               /* the sender's own number for it; 0: the server's */
///         uint8 kind;
///         Roster roster;              /* of commits; otherwise empty */
///         Payload payload;
///     } LogEntry;
package struct LogEntry: Hashable, Sendable {
    package var room: RoomID
    package var sequence: UInt64
    package var time: Timestamp
    package var sender: PeerIdentity
    package var token: UInt64
    package var kind: EntryKind
    package var roster: Roster
    package var payload: Payload

    package init(
        room: RoomID, sequence: UInt64, time: Timestamp, sender: PeerIdentity, token: UInt64, kind: EntryKind,
        roster: Roster = Roster(), payload: Payload
    ) {
        self.room = room
        self.sequence = sequence
        self.time = time
        self.sender = sender
        self.token = token
        self.kind = kind
        self.roster = roster
        self.payload = payload
    }

    /// What an entry carries: as it is, or where to fetch it.
    ///
    ///     struct {
    ///         uint8 form;
    ///         select (form) {
    ///             case 0: opaque bytes<0..2^16>;      /* behind a length of three bytes */
    ///             case 1: BlobRef blob;
    ///         };
    ///     } Payload;
    package enum Payload: Hashable, Sendable {
        case inline(ByteBuffer)
        case blob(BlobRef)

        /// As large as a payload may be that travels in its entry.
        package static let maximumInline = Frame.maximumPayload

        package var digest: Digest {
            switch self {
            case .inline(let bytes): Digest(of: bytes)
            case .blob(let reference): reference.hash
            }
        }

        package var size: Int {
            switch self {
            case .inline(let bytes): bytes.readableBytes
            case .blob(let reference): Int(reference.size)
            }
        }
    }

    init(from reader: inout SyntaxReader, in body: ByteBuffer) throws(SyntaxError) {
        room = try reader.roomID()
        sequence = try reader.uint64()
        time = Timestamp(milliseconds: try reader.uint64())
        sender = try reader.identity()
        token = try reader.uint64()
        let start = reader.offset
        guard let kind = EntryKind(rawValue: try reader.uint8()) else {
            throw .invalidValue(offset: start, "an entry of an unknown kind")
        }
        self.kind = kind
        roster = try Roster(from: &reader)
        switch try reader.uint8() {
        case 0: payload = .inline(try reader.bytes(in: body))
        case 1: payload = .blob(try BlobRef(from: &reader))
        default: throw .invalidValue(offset: start, "a payload of an unknown form")
        }
    }

    /// All but the payload, as it stands in a frame and under the chain's hash.
    func writeHead(to writer: inout some SyntaxWriter) throws(SyntaxError) {
        writer.write(room)
        writer.write(sequence)
        writer.write(time.milliseconds)
        try writer.write(sender)
        writer.write(token)
        writer.write(kind.rawValue)
        try roster.write(to: &writer)
    }

    func write(to buffer: inout ByteBuffer) throws(SyntaxError) {
        try writeHead(to: &buffer)
        switch payload {
        case .inline(let bytes):
            buffer.write(0 as UInt8)
            try buffer.write(bytes: bytes)
        case .blob(let reference):
            buffer.write(1 as UInt8)
            reference.write(to: &buffer)
        }
    }
}
