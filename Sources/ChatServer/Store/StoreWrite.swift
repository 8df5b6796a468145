package import NIOCore

/// What of a server outlives its process: one kind of record each. A recovery gets the tables in this order, and each by ascending keys;
/// blobs it does not get. Entries are not among them: see ``StoreWrite/append(room:sequence:value:)``.
package enum StoreTable: UInt8, CaseIterable, Sendable {
    /// The number of the latest welcome; one record without a key.
    case latestWelcome = 1
    /// Devices that have published key packages, or whose certificate was revoked.
    case devices = 2
    /// Device and number → a key package, or the digest of one that was given away.
    case packages = 3
    case lastResorts = 4
    /// Device and number → a notice.
    case welcomes = 5
    case welcomeBlobs = 6
    /// Device → the latest certificate that it has shown.
    case certificates = 7
    case rooms = 8
    case groupInfos = 9
    /// How the latest commit can be set aside.
    case undos = 10
    /// The group info before it.
    case undoInfos = 11
    /// Room and device.
    case routes = 12
    /// Room and hash → a payload that is too large for its entry.
    case blobs = 15
    /// Room and device → the latest entry that the device has stored.
    case cursors = 17
    /// Room and device → its latest entry, and the highest numbers that it has used.
    case senders = 18
    /// Room and the number of the last entry of a part of its log → what is known of that part.
    case segments = 19
    /// Room and hash → the entries that carry that payload.
    case blobPlaces = 20
    /// By how much time everything has aged; one record without a key.
    case age = 21
    /// The number that the next room gets; one record without a key.
    case nextRoom = 22

    /// Whether a recovery reads it: what is large is read when somebody asks for it.
    package var isRecovered: Bool { self != .blobs }
}

/// A change of what is stored. Those of a tick are carried out in their order, all or none.
package enum StoreWrite: Sendable {
    case put(StoreTable, key: [UInt8], value: ByteBuffer)
    case delete(StoreTable, key: [UInt8])
    /// All records whose key begins like this, except a key that is nothing else.
    case deleteAll(StoreTable, prefix: [UInt8])
    /// The next entry of a room, by the room's number: a ``StoredEntry``.
    case append(room: UInt32, sequence: UInt64, value: ByteBuffer)
    /// The room's entries up to this one are gone.
    case drop(room: UInt32, through: UInt64)

    /// Bytes that it adds, about.
    package var size: Int {
        switch self {
        case .put(_, let key, let value): key.count + value.readableBytes + 16
        case .append(_, _, let value): value.readableBytes + 16
        case .delete, .deleteAll, .drop: 64
        }
    }
}

/// Why what is stored cannot be used.
package struct RecoveryError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Which record, and what is wrong with it.
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
