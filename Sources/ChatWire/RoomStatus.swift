package import Chat
package import TLSSyntax

/// Where a room is, as the server says.
///
///     struct {
///         RoomID room;
///         uint64 first;               /* the earliest entry that is still kept */
///         uint64 head;                /* the latest one */
///         opaque chain[32];           /* over the log up to it */
///         uint64 cursor;              /* up to where the asking device has said that it has the log; 0: it has not */
///         uint64 epoch;
///         RoomPolicy policy;
///         optional<BlobRef> group_info;
///     } RoomStatus;
package struct RoomStatus: Hashable, Sendable {
    package var room: RoomID
    package var first: UInt64
    package var head: UInt64
    package var chain: Digest
    /// The latest entry that the device which is told has marked as stored; 0 if none.
    package var cursor: UInt64
    package var epoch: UInt64
    package var policy: RoomPolicy
    /// What newcomers need to join by themselves, of an open room.
    package var groupInfo: BlobRef?

    package init(
        room: RoomID, first: UInt64, head: UInt64, chain: Digest, cursor: UInt64 = 0, epoch: UInt64,
        policy: RoomPolicy, groupInfo: BlobRef?
    ) {
        self.room = room
        self.first = first
        self.head = head
        self.chain = chain
        self.cursor = cursor
        self.epoch = epoch
        self.policy = policy
        self.groupInfo = groupInfo
    }

    package init(from reader: inout SyntaxReader) throws(SyntaxError) {
        room = try reader.roomID()
        first = try reader.uint64()
        head = try reader.uint64()
        chain = try Digest(from: &reader)
        cursor = try reader.uint64()
        epoch = try reader.uint64()
        policy = try RoomPolicy(from: &reader)
        groupInfo = try reader.optional { (reader) throws(SyntaxError) in try BlobRef(from: &reader) }
    }

    package func write(to writer: inout some SyntaxWriter) throws(SyntaxError) {
        writer.write(room)
        writer.write(first)
        writer.write(head)
        chain.write(to: &writer)
        writer.write(cursor)
        writer.write(epoch)
        try policy.write(to: &writer)
        writer.write(groupInfo == nil ? 0 : 1 as UInt8)
        groupInfo?.write(to: &writer)
    }
}
