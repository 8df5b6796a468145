internal import CNetlink
internal import Firewall

extension RuleEncoder {
    mutating func add(_ statement: Statement) throws(NotExpressible) {
        switch statement {
        case .loopback(let side):
            meta(side == .source ? NFT_META_IIF : NFT_META_OIF)
            compare(inMemory(UInt32(1)))
        case .interface(let side, let name): try interface(side, name)
        case .family(let family): only(family)
        case .transport(let number): only(transport: number)
        case .address(let field, let prefix): try address(field, prefix)
        case .addressRange(let field, let range): try addressRange(field, range)
        case .addressSet(let field, let set):
            let set = try KernelName(set)
            try load(field)
            lookup(set)
        case .port(let side, let ports): port(side, ports)
        case .icmpTypes(let types): try icmp(types)
        case .connection(let states): try connection(states)
        case .first: try first()
        case .trial:
            meta(NFT_META_NFPROTO)
            lookup(try KernelName(Ruleset.trialSet))
        case .older: try older()
        case .below(let rate, let burst): try limit(rate, burst, isOver: false)
        case .above(let rate, let burst): try limit(rate, burst, isOver: true)
        case .meter(let field, let set, let allowed): try meter(field, KernelName(set), allowed)
        case .sample(let count): try sample(count)
        default: try act(statement)
        }
    }

    // MARK: What has to fit

    /// Of the flags FIN 1, SYN 2, RST 4 and ACK 16 others than SYN alone (RFC 9293 §3.1).
    private mutating func older() throws(NotExpressible) {
        meta(NFT_META_NFPROTO)
        lookup(try KernelName(Ruleset.olderSet))
        only(transport: 6)
        payload(NFT_PAYLOAD_TRANSPORT_HEADER, offset: 13, length: 1)
        mask([0x17])
        compare([0x02], NFT_CMP_NEQ)
    }

    private mutating func interface(_ side: Statement.Side, _ name: String) throws(NotExpressible) {
        let isPattern = name.hasSuffix("*")
        var bytes = Array((isPattern ? name.dropLast() : name[...]).utf8)
        guard bytes.count <= 15, !bytes.isEmpty || isPattern, !bytes.contains(0) else {
            throw NotExpressible("the card's name \"\(name.prefix(40))\" is not 1 to 15 bytes")
        }
        // "*" alone fits all.
        if bytes.isEmpty { return }
        if !isPattern { bytes += [UInt8](repeating: 0, count: 16 - bytes.count) }
        meta(side == .source ? NFT_META_IIFNAME : NFT_META_OIFNAME)
        compare(bytes)
    }

    private mutating func only(_ family: AddressFamily) {
        guard self.family != family else { return }
        meta(NFT_META_NFPROTO)
        compare([family == .ipv4 ? 2 : 10])
        self.family = family
    }

    private mutating func only(transport: UInt8) {
        guard self.transport != transport else { return }
        meta(NFT_META_L4PROTO)
        compare([transport])
        self.transport = transport
    }

    /// Addresses into register 1, masked.
    private mutating func load(_ field: Statement.AddressField, bits: Int? = nil) throws(NotExpressible) {
        guard (1...field.family.bits).contains(field.prefix) else {
            throw NotExpressible("a prefix of \(field.prefix) bits")
        }
        only(field.family)
        let offset: UInt32
        switch (field.family, field.side) {
        case (.ipv4, .source): offset = 12
        case (.ipv4, .destination): offset = 16
        case (.ipv6, .source): offset = 8
        case (.ipv6, .destination): offset = 24
        }
        payload(NFT_PAYLOAD_NETWORK_HEADER, offset: offset, length: UInt32(field.family.bytes))
        let bits = bits ?? field.prefix
        if bits < field.family.bits { mask(field.family.mask(bits)) }
    }

    private mutating func address(_ field: Statement.AddressField, _ prefix: IPPrefix) throws(NotExpressible) {
        guard prefix.family == field.family else { throw NotExpressible("\(prefix) is of the other family") }
        // All of a family.
        if prefix.length == 0 { return only(field.family) }
        try load(field, bits: min(prefix.length, field.prefix))
        compare(prefix.first.bytes)
    }

    private mutating func addressRange(
        _ field: Statement.AddressField, _ range: ClosedRange<IPAddress>
    ) throws(NotExpressible) {
        guard range.lowerBound.family == field.family, range.upperBound.family == field.family else {
            throw NotExpressible("\(range.lowerBound)-\(range.upperBound) is not of one family")
        }
        try load(field)
        self.range(range.lowerBound.bytes, range.upperBound.bytes)
    }

    private mutating func loadPort(_ side: Statement.Side) {
        if !hasPorts, transport != 6, transport != 17 {
            meta(NFT_META_L4PROTO)
            isOne(of: [[6], [17]], .transport)
        }
        hasPorts = true
        payload(NFT_PAYLOAD_TRANSPORT_HEADER, offset: side == .source ? 0 : 2, length: 2)
    }

    private mutating func port(_ side: Statement.Side, _ ports: ClosedRange<UInt16>) {
        loadPort(side)
        let (first, last) = (onWire(ports.lowerBound), onWire(ports.upperBound))
        if first == last { compare(first) } else { range(first, last) }
    }

    private mutating func icmp(_ types: [UInt8]) throws(NotExpressible) {
        guard !types.isEmpty else { throw NotExpressible("no type of ICMP") }
        guard transport == 1 || transport == 58 else {
            throw NotExpressible("types of ICMP without its protocol before them, 1 or 58")
        }
        payload(NFT_PAYLOAD_TRANSPORT_HEADER, offset: 0, length: 1)
        isOne(of: Set(types).sorted().map { [$0] }, transport == 1 ? .icmp : .icmp6)
    }

    private mutating func connection(_ states: Set<Statement.ConnectionState>) throws(NotExpressible) {
        guard !states.isEmpty else { throw NotExpressible("no state of connections") }
        expression("ct") { writer in
            writer.attribute(NFTA_CT_KEY, enumeration: NFT_CT_STATE)
            writer.attribute(NFTA_CT_DREG, enumeration: NFT_REG_1)
        }
        mask(inMemory(states.reduce(0) { $0 | $1.rawValue }))
        compare([0, 0, 0, 0], NFT_CMP_NEQ)
    }

    private mutating func first() throws(NotExpressible) {
        try connection([.new])
        expression("ct") { writer in
            writer.attribute(NFTA_CT_KEY, enumeration: NFT_CT_STATUS)
            writer.attribute(NFTA_CT_DREG, enumeration: NFT_REG_1)
        }
        mask(inMemory(UInt32(IPS_CONFIRMED.rawValue)))
        compare([0, 0, 0, 0])
    }

    // MARK: How often

    private mutating func limit(_ rate: UInt64, _ burst: UInt32, isOver: Bool) throws(NotExpressible) {
        guard rate > 0, rate <= 1_000_000_000, burst > 0 else {
            throw NotExpressible("a limit of \(rate) a second, burst \(burst)")
        }
        expression("limit") { $0.limit(rate, seconds: 1, burst, isOver: isOver) }
    }

    /// An element lives from its first packet on and carries a bucket of `allowed` packets that is not filled again before it goes: exact.
    private mutating func meter(
        _ field: Statement.AddressField, _ set: KernelName, _ allowed: UInt32
    ) throws(NotExpressible) {
        // The bucket is counted in nanoseconds of the unit, in 64 bits.
        let seconds: UInt64 = allowed <= 200_000 ? 86_400 : 3600
        guard allowed > 0, allowed <= 5_000_000 else { throw NotExpressible("a meter of \(allowed) packets") }
        try load(field)
        expression("dynset") { writer in
            writer.attribute(NFTA_DYNSET_SET_NAME, text: set.text)
            writer.attribute(NFTA_DYNSET_OP, enumeration: NFT_DYNSET_OP_ADD)
            writer.attribute(NFTA_DYNSET_SREG_KEY, enumeration: NFT_REG_1)
            writer.nest(NFTA_DYNSET_EXPR) { writer in
                writer.attribute(NFTA_EXPR_NAME, text: "limit")
                writer.nest(NFTA_EXPR_DATA) { $0.limit(1, seconds: seconds, allowed, isOver: true) }
            }
        }
    }

    private mutating func sample(_ count: UInt32) throws(NotExpressible) {
        guard count > 0 else { throw NotExpressible("one packet in 0") }
        expression("numgen") { writer in
            writer.attribute(NFTA_NG_DREG, enumeration: NFT_REG_1)
            writer.attribute(NFTA_NG_MODULUS, count)
            writer.attribute(NFTA_NG_TYPE, enumeration: NFT_NG_RANDOM)
        }
        compare([0, 0, 0, 0])
    }

    // MARK: What is done

    private mutating func act(_ statement: Statement) throws(NotExpressible) {
        switch statement {
        case .count(let name):
            let name = try KernelName(name)
            expression("objref") { writer in
                writer.attribute(NFTA_OBJREF_IMM_TYPE, UInt32(NFT_OBJECT_COUNTER))
                writer.attribute(NFTA_OBJREF_IMM_NAME, text: name.text)
            }
        case .log(let prefix, let group, let bytes, let together):
            guard prefix.utf8.count <= 127, !prefix.utf8.contains(0) else {
                throw NotExpressible("a prefix of more than 127 bytes")
            }
            expression("log") { writer in
                if !prefix.isEmpty { writer.attribute(NFTA_LOG_PREFIX, text: prefix) }
                writer.attribute(NFTA_LOG_GROUP, group)
                if bytes > 0 { writer.attribute(NFTA_LOG_SNAPLEN, bytes) }
                if together > 0 { writer.attribute(NFTA_LOG_QTHRESHOLD, together) }
            }
        case .portMap(let map):
            let map = try KernelName(map)
            loadPort(.destination)
            lookup(map, isMap: true)
        case .verdict(let verdict):
            if let chain = verdict.chain { _ = try KernelName(chain) }
            expression("immediate") { writer in
                writer.attribute(NFTA_IMMEDIATE_DREG, enumeration: NFT_REG_VERDICT)
                writer.nest(NFTA_IMMEDIATE_DATA) { $0.verdict(verdict) }
            }
        case .reject:
            expression("reject") { writer in
                writer.attribute(NFTA_REJECT_TYPE, enumeration: NFT_REJECT_ICMPX_UNREACH)
                writer.attribute(NFTA_REJECT_ICMP_CODE, UInt8(NFT_REJECT_ICMPX_ADMIN_PROHIBITED.rawValue))
            }
        default: throw NotExpressible("a statement that is not known")
        }
    }

    private func onWire(_ number: UInt16) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }
    private func inMemory(_ number: UInt32) -> [UInt8] { withUnsafeBytes(of: number) { Array($0) } }
}

extension NetlinkWriter {
    fileprivate mutating func limit(_ rate: UInt64, seconds: UInt64, _ burst: UInt32, isOver: Bool) {
        attribute(NFTA_LIMIT_RATE, rate)
        attribute(NFTA_LIMIT_UNIT, seconds)
        attribute(NFTA_LIMIT_BURST, burst)
        attribute(NFTA_LIMIT_TYPE, enumeration: NFT_LIMIT_PKTS)
        attribute(NFTA_LIMIT_FLAGS, isOver ? NFT_LIMIT_F_INV.rawValue : 0)
    }
}

extension AddressFamily {
    /// The first `length` bits of an address.
    fileprivate func mask(_ length: Int) -> [UInt8] {
        (0..<bytes).map { index in
            let bits = min(8, max(0, length - 8 * index))
            return bits == 0 ? 0 : UInt8(truncatingIfNeeded: 0xFF << (8 - bits))
        }
    }
}
