package import NIOCore

/// What of a server outlives its process: one kind of record each. A recovery gets the tables in this order, and each by ascending keys.
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
    /// Room and device → the numbers that are too old to be known.
    case floors = 13
    /// Room, device and number → the place of an entry that the log keeps no more, and that may be repeated.
    case tokens = 14
    /// Room and hash → a payload that is too large for its entry.
    case blobs = 15
    /// Room and sequence number → the chain with the entry, and the entry's frame.
    case entries = 16
}

/// A change of what is stored. Those of a tick are carried out in their order, all or none.
package enum StoreWrite: Sendable {
    case put(StoreTable, key: [UInt8], value: ByteBuffer)
    case delete(StoreTable, key: [UInt8])
    /// All records whose key begins like this, except a key that is nothing else.
    case deleteAll(StoreTable, prefix: [UInt8])

    /// Bytes that it adds, about.
    package var size: Int {
        switch self {
        case .put(_, let key, let value): key.count + value.readableBytes + 16
        case .delete, .deleteAll: 64
        }
    }
}

/// Why what is stored cannot be used.
package struct RecoveryError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Which record, and what is wrong with it.
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
