package import ChatWire
package import NIOCore
import TLSSyntax

/// An entry as it is stored: `uint64 last ‖ uint64 low ‖ uint64 high ‖ Digest chain ‖ frame`.
package struct StoredEntry {
    /// What its sender had sent before; nothing if the entry has no number of the sender's. It links the entries of a sender, and tells of
    /// those before what became of their numbers when they are gone.
    package var before: TokenSender
    /// The room's chain with this entry.
    package var chain: Digest
    /// The whole frame, as everyone gets it.
    package var frame: ByteBuffer

    package static let overhead = 24 + Digest.byteCount

    package init(before: TokenSender, chain: Digest, frame: ByteBuffer) {
        self.before = before
        self.chain = chain
        self.frame = frame
    }

    package var value: ByteBuffer {
        var value = ByteBufferAllocator().buffer(capacity: Self.overhead + frame.readableBytes)
        before.write(to: &value)
        chain.write(to: &value)
        value.writeImmutableBuffer(frame)
        return value
    }

    /// - Parameter what: which entry it is, for the error.
    package init(_ value: ByteBuffer, _ what: @autoclosure () -> String) throws(RecoveryError) {
        var rest = value
        guard let head = rest.readSlice(length: Self.overhead), rest.readableBytes > 0 else {
            throw RecoveryError("\(what()) is cut")
        }
        (before, chain) = try StoreRecord.read(head, what()) { (reader) throws(SyntaxError) in
            (try TokenSender(from: &reader), try Digest(from: &reader))
        }
        frame = rest
    }

    /// What the frame tells.
    package func entry(_ what: @autoclosure () -> String) throws(RecoveryError) -> LogEntry {
        guard case .entry(let entry) = try StoreRecord.frame(frame, what()) else {
            throw RecoveryError("\(what()) is another frame")
        }
        return entry
    }
}
