internal import CNetlink
internal import Firewall

/// What the kernel answers, as values. What is not for our table, or not whole, is `nil`.
enum KernelReply {
    struct Rule: Sendable {
        var chain: String
        var expressions: ArraySlice<UInt8>
    }

    struct Element: Sendable {
        var key: [UInt8]
        var isEnd = false
        var timeout: UInt64?
        var remaining: UInt64?
        var verdict: Verdict?

        /// The kernel does not tell the time of elements that have the set's.
        func state(last: [UInt8], of set: NamedSet) -> ElementState {
            let timeout = timeout ?? (remaining == nil ? nil : set.timeout)
            return ElementState(first: key, last: last, timeout: timeout, remaining: remaining, verdict: verdict)
        }
    }

    static func generation(_ message: NetlinkMessages.Message) -> UInt32? {
        guard message.type == NFT_MSG_NEWGEN.message else { return nil }
        return message.attributes.first { NFTA_GEN_ID ~= $0.type }?.uint32
    }

    static func tableFlags(_ message: NetlinkMessages.Message) -> UInt32? {
        guard message.type == NFT_MSG_NEWTABLE.message else { return nil }
        var isOurs = false
        var flags: UInt32 = 0
        for attribute in message.attributes {
            switch attribute.type {
            case NFTA_TABLE_NAME: isOurs = attribute.text == Ruleset.table
            case NFTA_TABLE_FLAGS: flags = attribute.uint32 ?? 0
            default: break
            }
        }
        return isOurs ? flags : nil
    }

    static func counter(_ message: NetlinkMessages.Message) -> (String, CounterValue)? {
        guard message.type == NFT_MSG_NEWOBJ.message else { return nil }
        var isOurs = false
        var name: String?
        var value: CounterValue?
        for attribute in message.attributes {
            switch attribute.type {
            case NFTA_OBJ_TABLE: isOurs = attribute.text == Ruleset.table
            case NFTA_OBJ_NAME: name = attribute.text
            case NFTA_OBJ_DATA: value = counterValue(attribute.nested)
            default: break
            }
        }
        guard isOurs, let name, let value else { return nil }
        return (name, value)
    }

    private static func counterValue(_ attributes: NetlinkAttributes) -> CounterValue? {
        var packets: UInt64?
        var bytes: UInt64?
        for attribute in attributes {
            switch attribute.type {
            case NFTA_COUNTER_PACKETS: packets = attribute.uint64
            case NFTA_COUNTER_BYTES: bytes = attribute.uint64
            default: break
            }
        }
        guard let packets, let bytes else { return nil }
        return CounterValue(packets: packets, bytes: bytes)
    }

    /// A set's name and flags.
    static func set(_ message: NetlinkMessages.Message) -> (String, UInt32)? {
        guard message.type == NFT_MSG_NEWSET.message else { return nil }
        var isOurs = false
        var name: String?
        var flags: UInt32 = 0
        for attribute in message.attributes {
            switch attribute.type {
            case NFTA_SET_TABLE: isOurs = attribute.text == Ruleset.table
            case NFTA_SET_NAME: name = attribute.text
            case NFTA_SET_FLAGS: flags = attribute.uint32 ?? 0
            default: break
            }
        }
        guard isOurs, let name else { return nil }
        return (name, flags)
    }

    /// A chain's name, and whether it has a hook.
    static func chain(_ message: NetlinkMessages.Message) -> (String, Bool)? {
        guard message.type == NFT_MSG_NEWCHAIN.message else { return nil }
        var isOurs = false
        var name: String?
        var isBase = false
        for attribute in message.attributes {
            switch attribute.type {
            case NFTA_CHAIN_TABLE: isOurs = attribute.text == Ruleset.table
            case NFTA_CHAIN_NAME: name = attribute.text
            case NFTA_CHAIN_HOOK: isBase = true
            default: break
            }
        }
        guard isOurs, let name else { return nil }
        return (name, isBase)
    }

    static func rule(_ message: NetlinkMessages.Message) -> Rule? {
        guard message.type == NFT_MSG_NEWRULE.message else { return nil }
        var isOurs = false
        var chain: String?
        var expressions: ArraySlice<UInt8> = []
        for attribute in message.attributes {
            switch attribute.type {
            case NFTA_RULE_TABLE: isOurs = attribute.text == Ruleset.table
            case NFTA_RULE_CHAIN: chain = attribute.text
            case NFTA_RULE_EXPRESSIONS: expressions = attribute.value
            default: break
            }
        }
        guard isOurs, let chain else { return nil }
        return Rule(chain: chain, expressions: expressions)
    }
}

/// FNV-1a with 64 bits: the same in every run, unlike `Hasher`.
enum FNV {
    static let start: UInt64 = 0xCBF2_9CE4_8422_2325

    static func digest(_ bytes: some Sequence<UInt8>, after start: UInt64) -> UInt64 {
        bytes.reduce(start) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
