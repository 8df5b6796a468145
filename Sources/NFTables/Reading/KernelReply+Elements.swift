internal import CNetlink
internal import Firewall

extension KernelReply {
    /// The elements of one message.
    static func elements(_ message: NetlinkMessages.Message) -> [Element]? {
        guard message.type == NFT_MSG_NEWSETELEM.message else { return nil }
        var elements: [Element] = []
        for attribute in message.attributes where NFTA_SET_ELEM_LIST_ELEMENTS ~= attribute.type {
            for element in attribute.nested {
                if let element = self.element(element.nested) { elements.append(element) }
            }
        }
        return elements
    }

    /// Intervals, the highest first, of starts and ends, which the kernel tells in an order of its own. A start without an end reaches to the top.
    static func pair(_ elements: [Element], of set: NamedSet) -> [ElementState] {
        // From the top down: of two with the same key the start, which belongs to the interval above.
        let sorted = elements.sorted { left, right in
            left.key == right.key ? !left.isEnd && right.isEnd : right.key.lexicographicallyPrecedes(left.key)
        }
        var states: [ElementState] = []
        var end: [UInt8]?
        for element in sorted {
            if element.isEnd {
                end = element.key.predecessor
            } else {
                let last = end ?? [UInt8](repeating: 0xFF, count: element.key.count)
                states.append(element.state(last: last, of: set))
                end = element.key.predecessor
            }
        }
        return states
    }

    private static func element(_ attributes: NetlinkAttributes) -> Element? {
        var element = Element(key: [])
        for attribute in attributes {
            switch attribute.type {
            case NFTA_SET_ELEM_KEY:
                element.key = attribute.nested.first { NFTA_DATA_VALUE ~= $0.type }.map { Array($0.value) } ?? []
            case NFTA_SET_ELEM_FLAGS:
                element.isEnd = (attribute.uint32 ?? 0) & NFT_SET_ELEM_INTERVAL_END.rawValue != 0
            case NFTA_SET_ELEM_TIMEOUT: element.timeout = attribute.uint64
            case NFTA_SET_ELEM_EXPIRATION: element.remaining = attribute.uint64
            case NFTA_SET_ELEM_DATA: element.verdict = verdict(attribute.nested)
            default: break
            }
        }
        return element.key.isEmpty ? nil : element
    }

    private static func verdict(_ attributes: NetlinkAttributes) -> Verdict? {
        var code: UInt32?
        var chain = ""
        for attribute in attributes where NFTA_DATA_VERDICT ~= attribute.type {
            for attribute in attribute.nested {
                switch attribute.type {
                case NFTA_VERDICT_CODE: code = attribute.uint32
                case NFTA_VERDICT_CHAIN: chain = attribute.text
                default: break
                }
            }
        }
        switch code.map({ Int32(bitPattern: $0) }) {
        case 0: return .drop
        case 1: return .accept
        case -3: return .jump(chain)
        case -4: return .goto(chain)
        case -5: return .return
        default: return nil
        }
    }
}

extension [UInt8] {
    /// The number before this one, the most significant byte first; `nil` before the lowest.
    var predecessor: [UInt8]? {
        var bytes = self
        for index in bytes.indices.reversed() {
            bytes[index] &-= 1
            if bytes[index] != 0xFF { return bytes }
        }
        return nil
    }
}
