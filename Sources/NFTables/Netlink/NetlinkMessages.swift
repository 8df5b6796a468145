internal import CNetlink

/// The messages in one datagram (`struct nlmsghdr`). Whatever the bytes are, reading them never goes past their end: the first message that does not fit ends them.
package struct NetlinkMessages: Sequence, IteratorProtocol, Sendable {
    package struct Message: Sendable {
        /// For netfilter: the subsystem's number in the upper byte, the message's in the lower.
        package let type: UInt16
        package let flags: UInt16
        package let sequence: UInt32
        package let port: UInt32
        /// What follows the header.
        package let payload: ArraySlice<UInt8>

        /// The attributes behind the four bytes of `struct nfgenmsg`.
        package var attributes: NetlinkAttributes { NetlinkAttributes(payload.dropFirst(4)) }
    }

    private var rest: ArraySlice<UInt8>

    package init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    package mutating func next() -> Message? {
        guard rest.count >= 16 else { return nil }
        let length = Int(rest.word(at: 0))
        guard length >= 16, length <= rest.count else {
            rest = []
            return nil
        }
        let message = Message(
            type: rest.half(at: 4), flags: rest.half(at: 6), sequence: rest.word(at: 8), port: rest.word(at: 12),
            payload: rest.prefix(length).dropFirst(16))
        rest = rest.dropFirst((length + 3) & ~3)
        return message
    }
}

extension ArraySlice<UInt8> {
    /// Two bytes in the machine's order; 0 where there are none.
    func half(at offset: Int) -> UInt16 { integer(at: offset) }
    /// Four bytes in the machine's order; 0 where there are none.
    func word(at offset: Int) -> UInt32 { integer(at: offset) }

    private func integer<Number: FixedWidthInteger>(at offset: Int) -> Number {
        guard offset >= 0, count >= MemoryLayout<Number>.size, offset <= count - MemoryLayout<Number>.size else {
            return 0
        }
        return withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Number.self) }
    }
}
