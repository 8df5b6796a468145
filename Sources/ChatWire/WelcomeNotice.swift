package import Chat
import TLSSyntax

/// A device was added to a room: where its welcome lies, and where in the log it begins.
///
///     struct {
///         uint64 id;
///         RoomID room;
///         uint64 seq;                 /* of the commit that added it */
///         opaque chain[32];           /* over the log up to that commit */
///         Identity from;
///         opaque package<1..64>;      /* the reference of the key package that was used */
///         BlobRef welcome;
///     } WelcomeNotice;
package struct WelcomeNotice: Hashable, Sendable {
    package var id: UInt64
    package var room: RoomID
    package var sequence: UInt64
    package var chain: Digest
    package var sender: PeerIdentity
    package var package: [UInt8]
    package var welcome: BlobRef

    package init(
        id: UInt64, room: RoomID, sequence: UInt64, chain: Digest, sender: PeerIdentity, package: [UInt8],
        welcome: BlobRef
    ) {
        self.id = id
        self.room = room
        self.sequence = sequence
        self.chain = chain
        self.sender = sender
        self.package = package
        self.welcome = welcome
    }

    init(from reader: inout SyntaxReader) throws(SyntaxError) {
        id = try reader.uint64()
        room = try reader.roomID()
        sequence = try reader.uint64()
        chain = try Digest(from: &reader)
        sender = try reader.identity()
        package = try reader.opaque(lengthBytes: 1, 1...64)
        welcome = try BlobRef(from: &reader)
    }

    func write(to writer: inout some SyntaxWriter) throws(SyntaxError) {
        writer.write(id)
        writer.write(room)
        writer.write(sequence)
        chain.write(to: &writer)
        try writer.write(sender)
        try writer.write(opaque: package, lengthBytes: 1, 1...64)
        welcome.write(to: &writer)
    }
}
