package import NIOCore

/// What all connections of one event loop share: scratch buffers, so that an idle connection owns none, and the end of
/// the tick, at which everything that the tick had to say goes out in as few records and system calls as fit.
///
/// It belongs to its event loop and must only be used there.
package final class TLSLoop {
    package let eventLoop: any EventLoop
    /// Called at the end of a tick before the connections are flushed.
    package var beforeFlush: (() -> Void)?

    /// Plaintext that a connection just decrypted; empty between two connections.
    var plaintext: ByteBuffer
    /// Ciphertext on its way to a socket; empty between two connections.
    var ciphertext: ByteBuffer
    /// Where small segments are gathered into one record.
    var record: ByteBuffer

    private var dirty: [TLSConnection] = []
    private var isFlushScheduled = false

    package init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        let allocator = ByteBufferAllocator()
        plaintext = allocator.buffer(capacity: 65_536)
        ciphertext = allocator.buffer(capacity: 65_536)
        record = allocator.buffer(capacity: TLSSession.largestPlaintext)
    }

    /// Makes sure that this tick ends with a flush.
    package func requestFlush() {
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        eventLoop.assumeIsolated().execute { self.endTick() }
    }

    func flushLater(_ connection: TLSConnection) {
        dirty.append(connection)
        requestFlush()
    }

    private func endTick() {
        // What the hook sends goes out with this tick.
        beforeFlush?()
        isFlushScheduled = false
        var index = 0
        while index < dirty.count {
            dirty[index].flush()
            index += 1
        }
        dirty.removeAll(keepingCapacity: true)
    }
}
