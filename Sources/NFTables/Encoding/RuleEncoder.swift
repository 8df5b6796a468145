internal import CNetlink
internal import Firewall

/// Writes a rule's statements as the kernel's expressions, small programs over registers: load, mask, compare.
///
/// Addresses are only read from packets of their family, and ports of TCP and UDP: unless the rule has said so before, the comparison is put in front.
struct RuleEncoder {
    /// Values one of which has to fit; the kernel deletes the set with the rule.
    struct AnonymousSet {
        /// A pattern that the kernel fills.
        static let name = "__set%d"
        var number: UInt32
        var kind: KeyKind
        var values: [[UInt8]]
    }

    /// The expressions so far.
    var writer = NetlinkWriter(capacity: 512)
    private(set) var anonymousSets: [AnonymousSet] = []
    /// What the rule has already made sure of.
    var family: AddressFamily?
    var transport: UInt8?
    var hasPorts = false
    private let firstSet: UInt32

    init(firstSet: UInt32) { self.firstSet = firstSet }

    mutating func expression(_ name: String, _ body: (inout NetlinkWriter) -> Void) {
        writer.nest(NFTA_LIST_ELEM) { writer in
            writer.attribute(NFTA_EXPR_NAME, text: name)
            writer.nest(NFTA_EXPR_DATA, body)
        }
    }

    /// Goes on when the register is one of `values`.
    mutating func isOne(of values: [[UInt8]], _ kind: KeyKind) {
        if values.count == 1 { return compare(values[0]) }
        let number = firstSet + UInt32(anonymousSets.count)
        anonymousSets.append(AnonymousSet(number: number, kind: kind, values: values))
        expression("lookup") { writer in
            writer.attribute(NFTA_LOOKUP_SET, text: AnonymousSet.name)
            writer.attribute(NFTA_LOOKUP_SREG, enumeration: NFT_REG_1)
            writer.attribute(NFTA_LOOKUP_SET_ID, number)
        }
    }

    mutating func lookup(_ set: KernelName, isMap: Bool = false) {
        expression("lookup") { writer in
            writer.attribute(NFTA_LOOKUP_SET, text: set.text)
            writer.attribute(NFTA_LOOKUP_SREG, enumeration: NFT_REG_1)
            if isMap { writer.attribute(NFTA_LOOKUP_DREG, enumeration: NFT_REG_VERDICT) }
        }
    }

    mutating func compare(_ value: [UInt8], _ operation: nft_cmp_ops = NFT_CMP_EQ) {
        expression("cmp") { writer in
            writer.attribute(NFTA_CMP_SREG, enumeration: NFT_REG_1)
            writer.attribute(NFTA_CMP_OP, enumeration: operation)
            writer.nest(NFTA_CMP_DATA) { $0.attribute(NFTA_DATA_VALUE, value) }
        }
    }

    mutating func range(_ first: [UInt8], _ last: [UInt8]) {
        expression("range") { writer in
            writer.attribute(NFTA_RANGE_SREG, enumeration: NFT_REG_1)
            writer.attribute(NFTA_RANGE_OP, enumeration: NFT_RANGE_EQ)
            writer.nest(NFTA_RANGE_FROM_DATA) { $0.attribute(NFTA_DATA_VALUE, first) }
            writer.nest(NFTA_RANGE_TO_DATA) { $0.attribute(NFTA_DATA_VALUE, last) }
        }
    }

    mutating func mask(_ mask: [UInt8]) {
        let nothing = [UInt8](repeating: 0, count: mask.count)
        expression("bitwise") { writer in
            writer.attribute(NFTA_BITWISE_SREG, enumeration: NFT_REG_1)
            writer.attribute(NFTA_BITWISE_DREG, enumeration: NFT_REG_1)
            writer.attribute(NFTA_BITWISE_LEN, UInt32(mask.count))
            writer.nest(NFTA_BITWISE_MASK) { $0.attribute(NFTA_DATA_VALUE, mask) }
            writer.nest(NFTA_BITWISE_XOR) { $0.attribute(NFTA_DATA_VALUE, nothing) }
        }
    }

    mutating func meta(_ key: nft_meta_keys) {
        expression("meta") { writer in
            writer.attribute(NFTA_META_KEY, enumeration: key)
            writer.attribute(NFTA_META_DREG, enumeration: NFT_REG_1)
        }
    }

    mutating func payload(_ base: nft_payload_bases, offset: UInt32, length: UInt32) {
        expression("payload") { writer in
            writer.attribute(NFTA_PAYLOAD_DREG, enumeration: NFT_REG_1)
            writer.attribute(NFTA_PAYLOAD_BASE, enumeration: base)
            writer.attribute(NFTA_PAYLOAD_OFFSET, offset)
            writer.attribute(NFTA_PAYLOAD_LEN, length)
        }
    }
}
