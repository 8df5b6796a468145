internal import CNetlink
package import Firewall
internal import Synchronization

/// The kernel's table `inet conclave`, over one netlink socket of the network namespace in which the calling thread is. Any thread may call; calls wait for each
/// other, short ones before the chunks of a ``FeedLoader``. One socket for all, because a protected table takes changes from the socket that made it alone.
package final class NFTables: Sendable {
    let link: Mutex<NetlinkExchange>
    /// By which the kernel names this socket in events.
    package let port: UInt32
    /// How many wait that a loader lets go first.
    private let urgent = Atomic<Int>(0)

    /// - Throws: ``NFTablesError/noKernelSupport``, ``NFTablesError/system(call:code:)``. Rights are asked for by the first use.
    package init() throws(NFTablesError) {
        let exchange = try NetlinkExchange()
        port = exchange.port
        link = Mutex(exchange)
    }

    /// Does all of it at one moment, or nothing. The kernel's answer is final: nothing that it refuses is tried again, as nothing that it may refuse here (what is
    /// in use, full, not there) goes away by waiting.
    /// - Parameter generation: what ``generationID()`` or ``inventory()`` said, if nothing may have changed since.
    /// - Throws: who is at fault, and by which operation: ``NFTablesError``.
    package func commit(_ transaction: KernelTransaction, expecting generation: UInt32? = nil) throws(NFTablesError) {
        guard !transaction.operations.isEmpty else { return }
        try alone { (exchange) throws(NFTablesError) in
            try exchange.commit(transaction, expecting: generation)
        }
    }

    /// Uses the socket before any loader.
    func alone<Result>(
        _ body: (inout NetlinkExchange) throws(NFTablesError) -> Result
    ) throws(NFTablesError) -> Result where Result: Sendable {
        urgent.add(1, ordering: .relaxed)
        return try link.withLock { (exchange) throws(NFTablesError) in
            urgent.subtract(1, ordering: .relaxed)
            return try body(&exchange)
        }
    }

    /// Uses the socket when nobody else wants it.
    func patiently<Result>(
        _ body: (inout NetlinkExchange) throws(NFTablesError) -> Result
    ) throws(NFTablesError) -> Result where Result: Sendable {
        while urgent.load(ordering: .relaxed) > 0 { Pause.short() }
        return try link.withLock { (exchange) throws(NFTablesError) in try body(&exchange) }
    }
}
