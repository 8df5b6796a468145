internal import CNetlink

/// A question to nf_tables.
struct NetlinkRequest {
    /// `NFT_MSG_GET…`.
    var kind: nf_tables_msg_types
    /// Whether many messages answer, ended by `NLMSG_DONE`.
    var isDump: Bool
    /// For errors.
    var words: String
    var attributes: (inout NetlinkWriter) -> Void

    func bytes(sequence: UInt32) -> [UInt8] {
        var writer = NetlinkWriter(capacity: 256)
        // A lone answer is acknowledged: of an end of a range that is not there, kernels say neither that nor anything else (seen with 6.18).
        let flags = UInt16(isDump ? NLM_F_DUMP : NLM_F_ACK)
        writer.message(type: kind.message, flags: flags, sequence: sequence, family: inetFamily, attributes)
        return writer.bytes
    }
}

/// `NFPROTO_INET`: IPv4 and IPv6 in one table.
let inetFamily = UInt8(1)

extension nf_tables_msg_types {
    /// The type in a message's header.
    var message: UInt16 { UInt16(NFNL_SUBSYS_NFTABLES) << 8 | UInt16(truncatingIfNeeded: rawValue) }
}

/// An attribute's number, as the kernel's headers name it.
func ~= (kind: some RawRepresentable<UInt32>, type: UInt16) -> Bool { kind.rawValue == UInt32(type) }

extension NetlinkWriter {
    mutating func attribute(_ kind: some RawRepresentable<UInt32>, _ data: some Collection<UInt8>) {
        attribute(UInt16(truncatingIfNeeded: kind.rawValue), data)
    }

    mutating func attribute(_ kind: some RawRepresentable<UInt32>, text: String) {
        attribute(UInt16(truncatingIfNeeded: kind.rawValue), text: text)
    }

    mutating func attribute(_ kind: some RawRepresentable<UInt32>, _ number: some FixedWidthInteger) {
        attribute(UInt16(truncatingIfNeeded: kind.rawValue), number)
    }

    mutating func attribute(_ kind: some RawRepresentable<UInt32>, enumeration: some RawRepresentable<UInt32>) {
        attribute(UInt16(truncatingIfNeeded: kind.rawValue), enumeration.rawValue)
    }

    mutating func nest(_ kind: some RawRepresentable<UInt32>, _ body: (inout NetlinkWriter) -> Void) {
        nest(UInt16(truncatingIfNeeded: kind.rawValue), body)
    }
}
