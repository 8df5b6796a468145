internal import CNetlink
internal import Firewall

/// Writes a transaction as one batch of messages (`NFNL_MSG_BATCH_BEGIN` … `NFNL_MSG_BATCH_END`), which the kernel carries out whole or not at all.
struct TransactionEncoder {
    private(set) var writer: NetlinkWriter
    /// The number of the next message.
    private(set) var sequence: UInt32
    private(set) var numbers: BatchNumbers
    /// By which a rule finds a set that lives and dies with it.
    var nextSet: UInt32 = 1
    /// Where the last operation's message stands in the bytes.
    private var last = 0

    /// - Parameter writer: whose room is used again.
    init(writer: NetlinkWriter, sequence: UInt32, generation: UInt32?) {
        self.writer = writer
        self.sequence = sequence
        numbers = BatchNumbers(first: sequence)
        self.writer.removeAll()
        frame(UInt16(NFNL_MSG_BATCH_BEGIN)) { writer in
            if let generation { writer.attribute(NFNL_BATCH_GENID, generation) }
        }
    }

    mutating func finish() {
        writer.acknowledge(at: last)
        numbers.end(last: sequence &- 1)
        frame(UInt16(NFNL_MSG_BATCH_END))
    }

    /// What follows belongs to the next operation.
    mutating func begin() { numbers.begin(at: sequence) }

    /// A message about our table, which it names by itself in the attribute `table`.
    mutating func message(
        _ kind: nf_tables_msg_types, flags: Int32 = 0, table: some RawRepresentable<UInt32>,
        _ body: (inout NetlinkWriter) -> Void
    ) {
        last = writer.bytes.count
        writer.message(
            type: kind.message, flags: UInt16(truncatingIfNeeded: flags), sequence: sequence, family: inetFamily
        ) { writer in
            writer.attribute(table, text: Ruleset.table)
            body(&writer)
        }
        sequence &+= 1
    }

    private mutating func frame(_ type: UInt16, _ body: (inout NetlinkWriter) -> Void = { _ in }) {
        writer.message(
            type: type, flags: 0, sequence: sequence, family: 0, resource: UInt16(NFNL_SUBSYS_NFTABLES), body)
        sequence &+= 1
    }
}
