internal import CNetlink

/// `struct nlmsgerr` with its extended acknowledgement: how something that was asked went.
struct NetlinkAcknowledgement {
    /// `NLMSG_ERROR` and `NLMSG_DONE` of linux/netlink.h.
    static let type = UInt16(2)
    static let done = UInt16(3)

    /// The error number, above 0; 0: done.
    var code: Int32
    /// What the kernel says about it, often nothing.
    var words: String

    /// `nil` when it is not one.
    init?(_ message: NetlinkMessages.Message) {
        let payload = message.payload
        guard message.type == Self.type, payload.count >= 20 else { return nil }
        let value = Int32(bitPattern: payload.word(at: 0))
        guard value <= 0, value > Int32.min else { return nil }
        code = -value
        words = ""
        // NLM_F_ACK_TLVS: attributes follow the header of what was asked; without NLM_F_CAPPED, all of that comes first.
        guard message.flags & UInt16(NLM_F_ACK_TLVS) != 0 else { return }
        var behind = 20
        if message.flags & UInt16(NLM_F_CAPPED) == 0 {
            let length = Int(payload.word(at: 4))
            guard length >= 16, length <= payload.count else { return }
            behind = 4 + (length + 3) & ~3
        }
        for attribute in NetlinkAttributes(payload.dropFirst(behind)) where NLMSGERR_ATTR_MSG ~= attribute.type {
            words = String(attribute.text.prefix(200))
        }
    }
}
