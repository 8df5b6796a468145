/// A set of addresses, or a map from ports to verdicts, that rules look things up in and that changes without them.
package struct NamedSet: Hashable, Sendable {
    package enum Key: Hashable, Sendable {
        case address(AddressFamily)
        /// A port, as TCP and UDP write it.
        case port
        /// `NFPROTO_IPV4` (2) and `NFPROTO_IPV6` (10).
        case family
    }

    package struct Element: Hashable, Sendable {
        /// As packets carry it: an address of 4 or 16 bytes, a port of 2, a family of 1.
        package var first: [UInt8]
        /// The last that is meant, itself included; the same as ``first`` for one alone. Differs only in sets of intervals.
        package var last: [UInt8]
        /// Milliseconds until it goes; `nil`: never, or the set's own.
        package var timeout: UInt64?
        /// In maps.
        package var verdict: Verdict?

        package init(_ first: [UInt8], through last: [UInt8]? = nil, timeout: UInt64? = nil, verdict: Verdict? = nil) {
            self.first = first
            self.last = last ?? first
            self.timeout = timeout
            self.verdict = verdict
        }

        package init(_ address: IPAddress, timeout: UInt64? = nil) { self.init(address.bytes, timeout: timeout) }

        package init(_ prefix: IPPrefix, timeout: UInt64? = nil) {
            self.init(prefix.first.bytes, through: prefix.last.bytes, timeout: timeout)
        }
    }

    /// At most 31 bytes of `a-z`, `0-9`, `_`.
    package var name: String
    package var key: Key
    /// Elements are ranges that do not overlap.
    package var isInterval: Bool
    /// Elements may go by themselves.
    package var hasTimeouts: Bool
    /// Rules add to it.
    package var isDynamic: Bool
    /// Elements say what happens: a verdict map.
    package var isMap: Bool
    /// Milliseconds for elements that name none.
    package var timeout: UInt64?
    /// The most elements; `nil`: no bound of ours. Needed where rules add.
    package var size: UInt32?
    /// Small sets alone carry theirs; feeds are loaded apart.
    package var elements: [Element]

    package init(
        _ name: String, key: Key, isInterval: Bool = false, hasTimeouts: Bool = false, isDynamic: Bool = false,
        isMap: Bool = false, timeout: UInt64? = nil, size: UInt32? = nil, elements: [Element] = []
    ) {
        self.name = name
        self.key = key
        self.isInterval = isInterval
        self.hasTimeouts = hasTimeouts
        self.isDynamic = isDynamic
        self.isMap = isMap
        self.timeout = timeout
        self.size = size
        self.elements = elements
    }
}
