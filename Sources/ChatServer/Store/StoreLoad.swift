package import Chat
package import ChatWire
package import NIOCore

/// Something that was stored and is not in memory. What a tick asks for is read when all that it and earlier ticks of its loop have changed is
/// stored.
package enum StoreLoad: Hashable, Sendable {
    /// Entries of a room, by its number, from the first one on: at least one if there are any, together at most `limit` bytes.
    case entries(room: UInt32, ClosedRange<UInt64>, limit: Int)
    /// An entry, the one that it names as its sender's previous one, and so on: at most `count`.
    case links(room: UInt32, last: UInt64, count: Int)
    /// A payload, of the table ``StoreTable/blobs``.
    case blob(RoomID, Digest)
}

/// What a ``StoreLoad`` has found.
package enum StoreLoaded: Sendable {
    /// Values of entries (``StoredEntry``), in the order asked for; those that are not there are left out, and all that would follow.
    case entries([ByteBuffer])
    /// `nil` if it is not there.
    case blob(ByteBuffer?)
    /// The disk cannot be read; in words for the administrator.
    case failed(String)
}
