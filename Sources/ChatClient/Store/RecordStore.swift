package import Crypto

/// What a kind of record is: a table of its own, in key order.
package enum RecordTable: UInt8, CaseIterable, Sendable {
    /// Of the whole client; key: a name.
    case settings = 1
    /// What is known of a room; key: its id.
    case rooms = 2
    /// The epoch part of a group's snapshot; key: the room's id.
    case epochs = 3
    /// The ratchet part; key: the room's id.
    case ratchets = 4
    /// A commit of one's own whose fate is not known; key: the room's id.
    case staged = 5
    /// What was said; key: the room's id and the number of the entry, big-endian.
    case messages = 6
    /// Hashes over a room's log; key: the room's id and the number of the entry, big-endian.
    case chain = 7
    /// What is to be sent, or was and has no answer; key: the room's id and the token, big-endian.
    case outbox = 8
    /// Key packages with their private keys; key: the reference.
    case keyPackages = 9
    /// What is known of devices; key: USER/DEVICE.
    case devices = 10
    /// What this device has of logs that the server has lost; key: the room's id alone, or with the place that a record hangs on.
    case lost = 11
    /// Commits that were adopted, for the case that the server loses them; key: the room's id and the epoch that each ended, big-endian.
    case commits = 12
    /// How far the server was told that this device has come with a room's log; key: the room's id.
    case marks = 13
    /// One's own latest messages as they went over the wire, for the same case; key: the room's id and the token, big-endian.
    case sent = 14
}

/// A change of one record.
package struct RecordWrite: Sendable {
    package var table: RecordTable
    /// At least one byte. It lies on the disk as it is, unsealed.
    package var key: [UInt8]
    /// `nil`: the record is deleted.
    package var value: SymmetricKey?

    package init(_ table: RecordTable, _ key: [UInt8], _ value: SymmetricKey?) {
        self.table = table
        self.key = key
        self.value = value
    }
}

/// A record, opened.
package struct Record: Sendable {
    package var key: [UInt8]
    package var value: SymmetricKey

    package init(key: [UInt8], value: SymmetricKey) {
        self.key = key
        self.value = value
    }
}

/// Where a client keeps what it must not lose. A value is plaintext here, in memory that is wiped, and sealed on the disk.
package protocol RecordStore: AnyObject {
    /// All of it, or nothing: one transaction, on the disk when this returns. Of several writes to one record the last one stays.
    ///
    /// After ``StoreError/unavailable(_:)`` it is open whether the batch is stored: go on from what the store holds when it is opened anew.
    /// After any other error nothing of it is.
    func write(_ batch: [RecordWrite]) throws(StoreError)

    /// - Returns: `nil` if there is no such record.
    func value(in table: RecordTable, at key: [UInt8]) throws(StoreError) -> SymmetricKey?

    /// Records whose keys begin with `prefix`, in ascending order of keys.
    /// - Parameters:
    ///   - after: only keys above this one.
    ///   - before: only keys below this one, the nearest ones if the limit is under their number; they too come in ascending order.
    ///   - limit: records at most; none below 1.
    func records(
        in table: RecordTable, prefix: [UInt8], after: [UInt8]?, before: [UInt8]?, limit: Int
    ) throws(StoreError) -> [Record]
}

extension RecordStore {
    package func records(in table: RecordTable, prefix: [UInt8] = []) throws(StoreError) -> [Record] {
        try records(in: table, prefix: prefix, after: nil, before: nil, limit: .max)
    }
}
