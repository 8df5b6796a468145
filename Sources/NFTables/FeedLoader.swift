internal import CNetlink
package import Firewall

/// Fills a set that no rule uses yet with very many addresses, in small transactions: little memory, and nobody else waits longer than one of them. Usable from
/// any thread; goes over the socket of its ``NFTables``, as a protected table takes changes from that one alone, and lets everybody else use it first.
package struct FeedLoader: Sendable {
    private let tables: NFTables
    /// Elements of one transaction.
    private let chunk: Int
    /// Elements of one message: an attribute is less than 64 KiB, and one of IPv6 with its end takes 64 bytes.
    private static let ofMessage = 1000

    package init(_ tables: NFTables, chunk: Int = 250) {
        self.tables = tables
        self.chunk = max(1, min(chunk, 20_000))
    }

    /// How many follow in one transaction. Since its ranges lie in an array (6.18 at the latest), a kernel writes a set of ranges anew at the end of every transaction
    /// that changes it, which takes some 0.2 µs for each that is there (measured): so the transactions grow with the set, or loading would take time by the square.
    private func size(after count: Int, isInterval: Bool) -> Int {
        isInterval ? max(chunk, min(count / Self.growth, Self.most)) : chunk
    }

    /// By a sixteenth at a time, writing anew takes less than adding does, and nobody waits longer than for that sixteenth.
    private static let growth = 16
    /// 3 MiB of messages.
    private static let most = 50_000

    /// Loads hosts into a set of single addresses, whose ``NamedSet/size`` should be their number or more.
    /// - Parameter goesOn: asked before each chunk, with how many are loaded; `false` ends it there.
    /// - Returns: how many were loaded.
    /// - Throws: ``NFTablesError``. What was loaded before stays in the set: delete that.
    @discardableResult
    package func load(
        _ hosts: [UInt32], into set: NamedSet, goesOn: (Int) -> Bool = { _ in true }
    ) throws(NFTablesError) -> Int {
        try load(hosts.count, set, .address(.ipv4), isInterval: false, goesOn) { $0.hosts(hosts[$1]) }
    }

    @discardableResult
    package func load(
        _ hosts: [UInt128], into set: NamedSet, goesOn: (Int) -> Bool = { _ in true }
    ) throws(NFTablesError) -> Int {
        try load(hosts.count, set, .address(.ipv6), isInterval: false, goesOn) { $0.hosts(hosts[$1]) }
    }

    /// Loads ranges, in ascending order and without overlaps, into a set of intervals.
    @discardableResult
    package func load(
        _ ranges: [ClosedRange<UInt32>], into set: NamedSet, goesOn: (Int) -> Bool = { _ in true }
    ) throws(NFTablesError) -> Int {
        try load(ranges.count, set, .address(.ipv4), isInterval: true, goesOn) { $0.ranges(ranges[$1]) }
    }

    @discardableResult
    package func load(
        _ ranges: [ClosedRange<UInt128>], into set: NamedSet, goesOn: (Int) -> Bool = { _ in true }
    ) throws(NFTablesError) -> Int {
        try load(ranges.count, set, .address(.ipv6), isInterval: true, goesOn) { $0.ranges(ranges[$1]) }
    }

    private func load(
        _ count: Int, _ set: NamedSet, _ key: NamedSet.Key, isInterval: Bool, _ goesOn: (Int) -> Bool,
        _ write: (inout NetlinkWriter, Range<Int>) -> Void
    ) throws(NFTablesError) -> Int {
        let words = "load addresses into the set \(set.name)"
        guard set.key == key, set.isInterval == isInterval, !set.isMap else {
            throw .notExpressible(operation: words, why: "it is made for others")
        }
        do { _ = try KernelName(set.name) } catch { throw .notExpressible(operation: words, why: error.why) }
        var writer = NetlinkWriter(capacity: chunk * 80 + 256)
        var start = 0
        var most = Int.max
        while start < count, goesOn(start) {
            let some = start..<min(start + min(size(after: start, isInterval: isInterval), most), count)
            do throws(NFTablesError) {
                writer = try load(some, set, words, recycling: writer, write)
                start = some.upperBound
            } catch {
                // Without CAP_NET_ADMIN in the first user namespace a socket sends some 400 KiB at once.
                guard case .tooLarge = error, some.count > 1 else { throw error }
                most = some.count / 2
            }
        }
        return start
    }

    /// One transaction.
    private func load(
        _ some: Range<Int>, _ set: NamedSet, _ words: String, recycling writer: NetlinkWriter,
        _ write: (inout NetlinkWriter, Range<Int>) -> Void
    ) throws(NFTablesError) -> NetlinkWriter {
        try tables.patiently { (exchange) throws(NFTablesError) in
            var batch = exchange.batch(writer)
            batch.begin()
            for first in stride(from: some.lowerBound, to: some.upperBound, by: Self.ofMessage) {
                batch.message(NFT_MSG_NEWSETELEM, flags: NLM_F_CREATE, table: NFTA_SET_ELEM_LIST_TABLE) { writer in
                    writer.attribute(NFTA_SET_ELEM_LIST_SET, text: set.name)
                    writer.nest(NFTA_SET_ELEM_LIST_ELEMENTS) {
                        write(&$0, first..<min(first + Self.ofMessage, some.upperBound))
                    }
                }
            }
            batch.finish()
            try exchange.send(batch, words: words)
            return batch.writer
        }
    }
}

extension NetlinkWriter {
    fileprivate mutating func hosts<Address: FixedWidthInteger & BitwiseCopyable>(_ hosts: ArraySlice<Address>) {
        for host in hosts { element(host, more: 0) }
    }

    fileprivate mutating func ranges<Address: FixedWidthInteger & BitwiseCopyable>(
        _ ranges: ArraySlice<ClosedRange<Address>>
    ) {
        for range in ranges {
            element(range.lowerBound, more: 0)
            guard range.upperBound < .max else { continue }
            element(range.upperBound + 1, more: 8)
            attribute(NFTA_SET_ELEM_FLAGS, NFT_SET_ELEM_INTERVAL_END.rawValue)
        }
    }

    /// An element with its key; `more` bytes of it follow.
    private mutating func element<Address: FixedWidthInteger & BitwiseCopyable>(_ key: Address, more: UInt16) {
        let size = UInt16(MemoryLayout<Address>.size)
        put(Heads(size: size, more: more))
        put(key.bigEndian)
    }
}

/// The heads of three attributes, each in the one before: an element, its key, the key's value.
private struct Heads: BitwiseCopyable {
    private var element: (length: UInt16, type: UInt16)
    private var key: (length: UInt16, type: UInt16)
    private var value: (length: UInt16, type: UInt16)

    init(size: UInt16, more: UInt16) {
        let nested = UInt16(1 << 15)
        element = (12 + size + more, nested | UInt16(NFTA_LIST_ELEM.rawValue))
        key = (8 + size, nested | UInt16(NFTA_SET_ELEM_KEY.rawValue))
        value = (4 + size, UInt16(NFTA_DATA_VALUE.rawValue))
    }
}
