internal import CNetlink
internal import Firewall

/// A packet of which the kernel tells (`NFULNL_MSG_PACKET`).
struct NFLogMessage {
    let group: UInt16
    /// The packet's number in its group.
    private(set) var sequence: UInt32?
    private(set) var prefix = ""
    private(set) var payload: ArraySlice<UInt8> = []
    /// Milliseconds since 1970; only of packets that came in.
    private(set) var time: Int64?
    private(set) var inputInterface: UInt32 = 0
    private(set) var outputInterface: UInt32 = 0

    /// A log statement's prefix is no longer (`NF_LOG_PREFIXLEN`).
    private static let longestPrefix = 127

    static func type(_ message: nfulnl_msg_types) -> UInt16 {
        UInt16(NFNL_SUBSYS_ULOG) << 8 | UInt16(message.rawValue)
    }

    /// `nil` for messages that are none.
    init?(_ message: NetlinkMessages.Message) {
        guard message.type == Self.type(NFULNL_MSG_PACKET), message.payload.count >= 4 else { return nil }
        // struct nfgenmsg: the family, the version, the group.
        group = message.payload.half(at: 2).byteSwapped
        for attribute in message.attributes {
            switch nfulnl_attr_type(UInt32(attribute.type)) {
            case NFULA_PREFIX:
                let text = attribute.value.prefix(Self.longestPrefix).prefix { $0 != 0 }
                prefix = String(decoding: text, as: UTF8.self)
            case NFULA_PAYLOAD: payload = attribute.value
            case NFULA_SEQ: sequence = attribute.uint32
            case NFULA_TIMESTAMP: time = Self.time(attribute.value)
            case NFULA_IFINDEX_INDEV: inputInterface = attribute.uint32 ?? 0
            case NFULA_IFINDEX_OUTDEV: outputInterface = attribute.uint32 ?? 0
            default: break
            }
        }
    }

    func packet(now: Int64) -> LoggedPacket {
        LoggedPacket(
            prefix: prefix, payload: payload, time: time ?? now, inputInterface: inputInterface,
            outputInterface: outputInterface)
    }

    /// struct nfulnl_msg_packet_timestamp: seconds and microseconds, eight bytes each, the most significant first.
    private static func time(_ bytes: ArraySlice<UInt8>) -> Int64? {
        guard bytes.count >= 16 else { return nil }
        func number(_ bytes: ArraySlice<UInt8>) -> Int64 {
            Int64(truncatingIfNeeded: bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
        }
        let seconds = number(bytes.prefix(8))
        let microseconds = number(bytes.dropFirst(8).prefix(8))
        guard (0...1 << 40).contains(seconds), (0..<1_000_000).contains(microseconds) else { return nil }
        return seconds * 1_000 + microseconds / 1_000
    }
}
