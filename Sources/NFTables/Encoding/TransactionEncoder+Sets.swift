internal import CNetlink
internal import Firewall

/// What `nft` calls the kinds of keys (the numbers of its `enum datatypes`): the kernel keeps them, so that it can list a set.
enum KeyKind: UInt32 {
    case family = 2
    case ipv4 = 7
    case ipv6 = 8
    case transport = 12
    case port = 13
    case icmp = 14
    case icmp6 = 29

    var bytes: Int {
        switch self {
        case .family, .transport, .icmp, .icmp6: 1
        case .port: 2
        case .ipv4: 4
        case .ipv6: 16
        }
    }
}

extension NamedSet {
    var keyKind: KeyKind {
        switch key {
        case .address(.ipv4): .ipv4
        case .address(.ipv6): .ipv6
        case .port: .port
        case .family: .family
        }
    }

    var kernelFlags: UInt32 {
        var flags: UInt32 = 0
        if isInterval { flags |= NFT_SET_INTERVAL.rawValue }
        if hasTimeouts { flags |= NFT_SET_TIMEOUT.rawValue }
        if isDynamic { flags |= NFT_SET_EVAL.rawValue }
        if isMap { flags |= NFT_SET_MAP.rawValue }
        return flags
    }
}

extension TransactionEncoder {
    mutating func addSet(_ set: NamedSet) throws(NotExpressible) {
        let name = try KernelName(set.name)
        guard set.hasTimeouts || set.timeout == nil else {
            throw NotExpressible("the set has a timeout, but its elements may have none")
        }
        let number = nextSet
        nextSet += 1
        message(NFT_MSG_NEWSET, flags: NLM_F_CREATE, table: NFTA_SET_TABLE) { writer in
            writer.attribute(NFTA_SET_NAME, text: name.text)
            writer.attribute(NFTA_SET_FLAGS, set.kernelFlags)
            writer.attribute(NFTA_SET_KEY_TYPE, enumeration: set.keyKind)
            writer.attribute(NFTA_SET_KEY_LEN, UInt32(set.keyKind.bytes))
            if set.isMap { writer.attribute(NFTA_SET_DATA_TYPE, NFT_DATA_VERDICT.rawValue) }
            writer.attribute(NFTA_SET_ID, number)
            if let timeout = set.timeout { writer.attribute(NFTA_SET_TIMEOUT, timeout) }
            // With a size a set of single keys becomes a hash table that never grows: no pause to rebuild it.
            if let size = set.size { writer.nest(NFTA_SET_DESC) { $0.attribute(NFTA_SET_DESC_SIZE, size) } }
        }
        try addElements(set.elements, to: set)
    }

    mutating func deleteSet(_ name: String) throws(NotExpressible) {
        let name = try KernelName(name)
        message(NFT_MSG_DELSET, table: NFTA_SET_TABLE) { $0.attribute(NFTA_SET_NAME, text: name.text) }
    }

    mutating func flushSet(_ name: String) throws(NotExpressible) {
        let name = try KernelName(name)
        message(NFT_MSG_DELSETELEM, table: NFTA_SET_ELEM_LIST_TABLE) {
            $0.attribute(NFTA_SET_ELEM_LIST_SET, text: name.text)
        }
    }

    mutating func addElements(_ elements: [NamedSet.Element], to set: NamedSet) throws(NotExpressible) {
        try change(NFT_MSG_NEWSETELEM, flags: NLM_F_CREATE, elements, set)
    }

    mutating func deleteElements(_ elements: [NamedSet.Element], of set: NamedSet) throws(NotExpressible) {
        try change(NFT_MSG_DELSETELEM, flags: 0, elements, set)
    }

    /// A set of a few values that only the next rule knows.
    mutating func addAnonymousSet(_ set: RuleEncoder.AnonymousSet) {
        message(NFT_MSG_NEWSET, flags: NLM_F_CREATE, table: NFTA_SET_TABLE) { writer in
            writer.attribute(NFTA_SET_NAME, text: RuleEncoder.AnonymousSet.name)
            writer.attribute(NFTA_SET_FLAGS, NFT_SET_ANONYMOUS.rawValue | NFT_SET_CONSTANT.rawValue)
            writer.attribute(NFTA_SET_KEY_TYPE, enumeration: set.kind)
            writer.attribute(NFTA_SET_KEY_LEN, UInt32(set.kind.bytes))
            writer.attribute(NFTA_SET_ID, set.number)
            writer.nest(NFTA_SET_DESC) { $0.attribute(NFTA_SET_DESC_SIZE, UInt32(set.values.count)) }
        }
        message(NFT_MSG_NEWSETELEM, flags: NLM_F_CREATE, table: NFTA_SET_ELEM_LIST_TABLE) { writer in
            writer.attribute(NFTA_SET_ELEM_LIST_SET, text: RuleEncoder.AnonymousSet.name)
            writer.attribute(NFTA_SET_ELEM_LIST_SET_ID, set.number)
            writer.nest(NFTA_SET_ELEM_LIST_ELEMENTS) { writer in
                for value in set.values { writer.element(key: value) }
            }
        }
    }

    // MARK: Elements

    /// 400 elements stay under the 64 KiB of an attribute, whatever they carry.
    private mutating func change(
        _ kind: nf_tables_msg_types, flags: Int32, _ elements: [NamedSet.Element], _ set: NamedSet
    ) throws(NotExpressible) {
        let name = try KernelName(set.name)
        for element in elements { try Self.check(element, of: set) }
        var rest = elements[...]
        while !rest.isEmpty {
            let some = rest.prefix(400)
            rest = rest.dropFirst(400)
            message(kind, flags: flags, table: NFTA_SET_ELEM_LIST_TABLE) { writer in
                writer.attribute(NFTA_SET_ELEM_LIST_SET, text: name.text)
                writer.nest(NFTA_SET_ELEM_LIST_ELEMENTS) { writer in
                    for element in some {
                        writer.element(key: element.first, timeout: element.timeout, verdict: element.verdict)
                        if set.isInterval, let end = element.last.successor { writer.element(key: end, isEnd: true) }
                    }
                }
            }
        }
    }

    private static func check(_ element: NamedSet.Element, of set: NamedSet) throws(NotExpressible) {
        let bytes = set.keyKind.bytes
        guard element.first.count == bytes, element.last.count == bytes else {
            throw NotExpressible("an element has \(element.first.count) bytes, and keys of \(set.name) have \(bytes)")
        }
        guard element.first == element.last || set.isInterval && element.first.lexicographicallyPrecedes(element.last)
        else { throw NotExpressible("an element is a range, and \(set.name) has none, or it ends before it begins") }
        guard element.timeout == nil || set.hasTimeouts, element.timeout != 0 else {
            throw NotExpressible("an element has a timeout, and \(set.name) has none")
        }
        guard (element.verdict != nil) == set.isMap else {
            throw NotExpressible("an element of a map has to have a verdict, and no other")
        }
        if let chain = element.verdict?.chain { _ = try KernelName(chain) }
    }
}

extension [UInt8] {
    /// The number after this one, the most significant byte first; `nil` after the highest.
    var successor: [UInt8]? {
        var bytes = self
        for index in bytes.indices.reversed() {
            bytes[index] &+= 1
            if bytes[index] != 0 { return bytes }
        }
        return nil
    }
}

extension NetlinkWriter {
    mutating func element(
        key: [UInt8], isEnd: Bool = false, timeout: UInt64? = nil, verdict: Verdict? = nil
    ) {
        nest(NFTA_LIST_ELEM) { writer in
            writer.nest(NFTA_SET_ELEM_KEY) { $0.attribute(NFTA_DATA_VALUE, key) }
            if isEnd { writer.attribute(NFTA_SET_ELEM_FLAGS, NFT_SET_ELEM_INTERVAL_END.rawValue) }
            if let timeout { writer.attribute(NFTA_SET_ELEM_TIMEOUT, timeout) }
            if let verdict { writer.nest(NFTA_SET_ELEM_DATA) { $0.verdict(verdict) } }
        }
    }

    mutating func verdict(_ verdict: Verdict) {
        nest(NFTA_DATA_VERDICT) { writer in
            writer.attribute(NFTA_VERDICT_CODE, verdict.code)
            if let chain = verdict.chain { writer.attribute(NFTA_VERDICT_CHAIN, text: chain) }
        }
    }
}

extension Verdict {
    /// `NF_DROP`, `NF_ACCEPT`, and `enum nft_verdicts`.
    var code: Int32 {
        switch self {
        case .drop: 0
        case .accept: 1
        case .jump: -3
        case .goto: -4
        case .return: -5
        }
    }

    var chain: String? {
        switch self {
        case .jump(let chain), .goto(let chain): chain
        case .accept, .drop, .return: nil
        }
    }
}
