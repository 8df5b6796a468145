import Chat
import ChatWire
import Foundation
import GRDB
import NIOCore
import TLSSyntax
import Testing

@testable import ChatServer
@testable import ServerStore

/// Writes a store of form 1, as servers did before entries had a table of their own.
final class FormOneStore {
    let folder: Folder
    private var rows: [(kind: UInt8, key: [UInt8], value: ByteBuffer)] = []

    init() throws {
        folder = try Folder()
        let schema = ServerSchema(steps: Array(ServerSchema.current.steps.prefix(1)))
        try schema.makeDatabase(StoreFiles(database: folder.database))
    }

    /// All is written.
    func close() throws {
        let queue = try DatabaseQueue(path: folder.database)
        try queue.write { db in
            for (kind, key, value) in rows {
                try db.execute(
                    sql: "INSERT INTO records (kind, key, value) VALUES (?, ?, ?)",
                    arguments: [Int64(kind), Data(key), Data(value.readableBytesView)])
            }
        }
        try queue.close()
    }

    private func put(_ kind: UInt8, _ key: [UInt8], _ value: ByteBuffer) { rows.append((kind, key, value)) }

    static func device(_ name: String) throws -> PeerIdentity { try #require(PeerIdentity(name)) }

    /// A room's log, entry by entry.
    final class Log {
        let id: RoomID
        let first: UInt64
        fileprivate(set) var head: UInt64
        fileprivate(set) var chain: Digest
        private let store: FormOneStore

        /// - Parameter first: the first entry that is kept.
        init(_ store: FormOneStore, _ number: UInt64, founder: PeerIdentity, first: UInt64 = 1) throws {
            self.store = store
            id = RoomID(high: 7, low: number)
            self.first = first
            head = first - 1
            chain = LogChain.start(of: id)
            let before = chain
            let record = try Self.buffer { (value) throws(SyntaxError) in
                value.write(1 as UInt8)
                try RoomPolicy(.open).write(to: &value)
                try value.write(founder)
                value.write(1_700_000_000_000 as UInt64)
                value.write(3 as UInt64)
                value.write(first)
                before.write(to: &value)
                try value.writeNested(lengthBytes: 3, StoreRecord.lengths) { (_) throws(SyntaxError) in }
                try value.writeNested(lengthBytes: 3, StoreRecord.lengths) { (_) throws(SyntaxError) in }
            }
            store.put(8, id.bytes, record)
        }

        private static func buffer(
            _ write: (inout ByteBuffer) throws(SyntaxError) -> Void
        ) throws(SyntaxError) -> ByteBuffer {
            var buffer = ByteBuffer()
            try write(&buffer)
            return buffer
        }

        /// Appends an entry.
        /// - Parameters:
        ///   - token: 0 for what is the server's.
        ///   - isLong: whether its payload has a record of its own.
        func append(
            by sender: PeerIdentity, token: UInt64, _ kind: EntryKind = .message, payload: [UInt8], isLong: Bool = false
        ) throws {
            let payload = ByteBuffer(bytes: payload)
            let entry = LogEntry(
                room: id, sequence: head + 1, time: Timestamp(milliseconds: 1_700_000_000_000 + head), sender: sender,
                token: token, kind: kind, payload: isLong ? .blob(BlobRef(of: payload)) : .inline(payload))
            if isLong { store.put(15, StoreRecord.key(id, Digest(of: payload)), payload) }
            head += 1
            chain = LogChain.next(chain, entry)
            var value = ByteBuffer(bytes: chain.bytes)
            value.writeImmutableBuffer(Shard.encode(.entry(entry)))
            store.put(16, StoreRecord.key(id, head), value)
        }

        /// Numbers up to these may have been used, and are forgotten.
        func floors(_ low: UInt64, _ high: UInt64, of device: PeerIdentity) throws {
            var value = ByteBuffer(integer: low)
            value.writeInteger(high)
            value.writeInteger(0 as UInt64)
            store.put(13, StoreRecord.key(id, device), value)
        }

        /// The place of an entry that is not kept.
        func dropped(_ token: UInt64, at sequence: UInt64, of device: PeerIdentity) throws {
            var value = ByteBuffer(integer: sequence)
            value.writeInteger(1_700_000_000_000 as UInt64)
            store.put(14, StoreRecord.key(id, device, token), value)
        }
    }
}
