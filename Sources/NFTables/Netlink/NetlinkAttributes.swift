internal import CNetlink

/// Attributes one after the other (`struct nlattr`). Whatever the bytes are, reading them never goes past their end: the first that does not fit ends them.
package struct NetlinkAttributes: Sequence, IteratorProtocol, Sendable {
    package struct Attribute: Sendable {
        /// Without the flags of the two highest bits.
        package let type: UInt16
        package let value: ArraySlice<UInt8>

        /// The attributes inside of it.
        package var nested: NetlinkAttributes { NetlinkAttributes(value) }
        /// Up to the first 0 byte; bytes that are not UTF-8 become U+FFFD.
        package var text: String { String(decoding: value.prefix { $0 != 0 }, as: UTF8.self) }
        /// As netfilter writes numbers, most significant byte first; `nil` unless the size is the number's.
        package var uint16: UInt16? { number() }
        package var uint32: UInt32? { number() }
        package var uint64: UInt64? { number() }

        private func number<Number: FixedWidthInteger>() -> Number? {
            guard value.count == MemoryLayout<Number>.size else { return nil }
            return value.reduce(0) { $0 << 8 | Number($1) }
        }
    }

    private var rest: ArraySlice<UInt8>

    package init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    package mutating func next() -> Attribute? {
        guard rest.count >= 4 else { return nil }
        let length = Int(rest.half(at: 0))
        guard length >= 4, length <= rest.count else {
            rest = []
            return nil
        }
        let attribute = Attribute(
            type: rest.half(at: 2) & 0x3FFF, value: rest.prefix(length).dropFirst(4))
        rest = rest.dropFirst((length + 3) & ~3)
        return attribute
    }
}
