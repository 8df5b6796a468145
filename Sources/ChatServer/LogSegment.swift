package import Chat
package import ChatWire
package import NIOCore
import TLSSyntax

/// A part of a room's log: entries that follow one another, and that are dropped together.
package struct LogSegment: Hashable, Sendable {
    /// The number of its last entry; its first one follows on the segment before.
    package var last: UInt64
    /// When the last one came, by the ``AgeClock``.
    package var age: Timestamp
    /// What its entries take on the disk.
    package var bytes: UInt64
    /// The chain with the last one.
    package var chain: Digest

    var value: ByteBuffer {
        StoreRecord.value {
            $0.write(age.milliseconds)
            $0.write(bytes)
            chain.write(to: &$0)
        }
    }

    package init(last: UInt64, age: Timestamp, bytes: UInt64, chain: Digest) {
        self.last = last
        self.age = age
        self.bytes = bytes
        self.chain = chain
    }

    /// - Parameter last: from the record's key.
    package init(last: UInt64, from value: ByteBuffer, _ what: String) throws(RecoveryError) {
        self = try StoreRecord.read(value, what) { (reader) throws(SyntaxError) in
            LogSegment(
                last: last, age: Timestamp(milliseconds: try reader.uint64()), bytes: try reader.uint64(),
                chain: try Digest(from: &reader))
        }
    }
}
