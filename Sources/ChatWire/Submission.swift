package import Chat
package import NIOCore
package import TLSSyntax

/// A commit with all that belongs to it: accepted whole, or not at all.
///
///     struct {
///         RoomID room;
///         uint64 token;
///         uint64 epoch;                       /* that the commit ends */
///         opaque commit<1..2^24-1>;           /* MLSMessage */
///         Roster roster;
///         Recipient recipients<0..2^18>;      /* of the welcome; behind a length of three bytes */
///         opaque welcome<0..2^24-1>;          /* MLSMessage; empty if nobody is added */
///         opaque group_info<0..2^24-1>;       /* MLSMessage; empty unless the room is open */
///     } Submission;
///     struct { Identity device; opaque package<1..64>; } Recipient;
package struct Submission: Hashable, Sendable {
    package struct Recipient: Hashable, Sendable {
        package var device: PeerIdentity
        /// The reference of the key package that it was added by.
        package var package: [UInt8]

        package init(_ device: PeerIdentity, package: [UInt8]) {
            self.device = device
            self.package = package
        }
    }

    package var room: RoomID
    package var token: UInt64
    package var epoch: UInt64
    package var commit: ByteBuffer
    package var roster: Roster
    package var recipients: [Recipient]
    package var welcome: ByteBuffer
    package var groupInfo: ByteBuffer

    package init(
        room: RoomID, token: UInt64, epoch: UInt64, commit: ByteBuffer, roster: Roster = Roster(),
        recipients: [Recipient] = [], welcome: ByteBuffer = ByteBuffer(), groupInfo: ByteBuffer = ByteBuffer()
    ) {
        self.room = room
        self.token = token
        self.epoch = epoch
        self.commit = commit
        self.roster = roster
        self.recipients = recipients
        self.welcome = welcome
        self.groupInfo = groupInfo
    }

    private static let recipientLengths = 0...262_144

    init(from reader: inout SyntaxReader, in body: ByteBuffer) throws(SyntaxError) {
        room = try reader.roomID()
        token = try reader.uint64()
        epoch = try reader.uint64()
        commit = try reader.bytes(in: body)
        roster = try Roster(from: &reader)
        recipients = try reader.vector(lengthBytes: 3, Self.recipientLengths) { (inner) throws(SyntaxError) in
            let device = try inner.identity()
            return Recipient(device, package: try inner.opaque(lengthBytes: 1, 1...64))
        }
        welcome = try reader.bytes(in: body)
        groupInfo = try reader.bytes(in: body)
    }

    func write(to buffer: inout ByteBuffer) throws(SyntaxError) {
        buffer.write(room)
        buffer.write(token)
        buffer.write(epoch)
        try buffer.write(bytes: commit)
        try roster.write(to: &buffer)
        try buffer.writeNested(lengthBytes: 3, Self.recipientLengths) { (buffer) throws(SyntaxError) in
            for recipient in recipients {
                try buffer.write(recipient.device)
                try buffer.write(opaque: recipient.package, lengthBytes: 1, 1...64)
            }
        }
        try buffer.write(bytes: welcome)
        try buffer.write(bytes: groupInfo)
    }
}

extension Submission {
    /// As it was ``encoded()``.
    package init(decoding bytes: [UInt8]) throws(SyntaxError) {
        let body = ByteBuffer(bytes: bytes)
        self = try SyntaxReader.read(bytes) { (reader) throws(SyntaxError) in try Submission(from: &reader, in: body) }
    }

    package func encoded() throws(SyntaxError) -> [UInt8] {
        var buffer = ByteBuffer()
        try write(to: &buffer)
        return Array(buffer.readableBytesView)
    }
}
