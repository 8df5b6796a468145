import Glibc

/// An address, a network or a range as lists write them: `192.0.2.7`, `192.0.2.0/24`, `192.0.2.1-192.0.2.9`.
enum AddressText {
    enum Entry: Hashable {
        case ipv4(ClosedRange<UInt32>)
        case ipv6(ClosedRange<UInt128>)
        /// `192.0.2.1/24`: what was meant is not sure.
        case bitsBehindPrefix(IPPrefix)
    }

    /// `nil` for anything else.
    static func entry(_ text: Span<UInt8>, from start: Int, to end: Int) -> Entry? {
        for index in start..<end {
            if text[index] == UInt8(ascii: "/") { return network(text, from: start, slash: index, to: end) }
            if text[index] == UInt8(ascii: "-") { return range(text, from: start, dash: index, to: end) }
        }
        if let value = ipv4(text, from: start, to: end) { return .ipv4(value...value) }
        guard let address = ipv6(text, from: start, to: end) else { return nil }
        return whole(address, address)
    }

    private static func network(_ text: Span<UInt8>, from start: Int, slash: Int, to end: Int) -> Entry? {
        guard let length = number(text, from: slash + 1, to: end, digits: 3) else { return nil }
        if let value = ipv4(text, from: start, to: slash) {
            guard length <= 32 else { return nil }
            let rest = length == 0 ? UInt32.max : (1 << (32 - length)) - 1
            guard value & rest == 0 else { return .bitsBehindPrefix(IPPrefix(IPAddress(ipv4: value), length: length)) }
            return .ipv4(value...(value | rest))
        }
        // A network of mapped addresses is written as IPv4 or not at all.
        guard length <= 128, let address = ipv6(text, from: start, to: slash), address.family == .ipv6 else {
            return nil
        }
        let rest = length == 0 ? UInt128.max : (1 << UInt128(128 - length)) - 1
        guard address.value & rest == 0 else { return .bitsBehindPrefix(IPPrefix(address, length: length)) }
        return .ipv6(address.value...(address.value | rest))
    }

    private static func range(_ text: Span<UInt8>, from start: Int, dash: Int, to end: Int) -> Entry? {
        var before = dash
        var behind = dash + 1
        while before > start, text[before - 1] == UInt8(ascii: " ") { before -= 1 }
        while behind < end, text[behind] == UInt8(ascii: " ") { behind += 1 }
        guard let first = address(text, from: start, to: before), let last = address(text, from: behind, to: end)
        else { return nil }
        return whole(first, last)
    }

    private static func whole(_ first: IPAddress, _ last: IPAddress) -> Entry? {
        guard first.family == last.family, first.value <= last.value else { return nil }
        guard first.family == .ipv4 else { return .ipv6(first.value...last.value) }
        return .ipv4(UInt32(truncatingIfNeeded: first.value)...UInt32(truncatingIfNeeded: last.value))
    }

    private static func address(_ text: Span<UInt8>, from start: Int, to end: Int) -> IPAddress? {
        if let value = ipv4(text, from: start, to: end) { return IPAddress(ipv4: value) }
        return ipv6(text, from: start, to: end)
    }

    /// Four numbers without leading zeros.
    private static func ipv4(_ text: Span<UInt8>, from start: Int, to end: Int) -> UInt32? {
        guard end - start >= 7, end - start <= 15 else { return nil }
        var value: UInt32 = 0
        var part: UInt32 = 0
        var digits = 0
        var parts = 0
        for index in start..<end {
            let byte = text[index]
            if byte == UInt8(ascii: ".") {
                guard digits > 0, parts < 3 else { return nil }
                value = value << 8 | part
                parts += 1
                part = 0
                digits = 0
                continue
            }
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9"), !(digits > 0 && part == 0) else { return nil }
            part = part * 10 + UInt32(byte - UInt8(ascii: "0"))
            digits += 1
            guard part <= 255 else { return nil }
        }
        guard parts == 3, digits > 0 else { return nil }
        return value << 8 | part
    }

    private static func ipv6(_ text: Span<UInt8>, from start: Int, to end: Int) -> IPAddress? {
        guard end - start >= 2, end - start <= 45 else { return nil }
        let value = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 46) { buffer -> UInt128? in
            for index in start..<end {
                guard text[index] != 0 else { return nil }
                buffer[index - start] = CChar(bitPattern: text[index])
            }
            buffer[end - start] = 0
            var address = in6_addr()
            guard let base = buffer.baseAddress, inet_pton(AF_INET6, base, &address) == 1 else { return nil }
            return withUnsafeBytes(of: &address) { UInt128(bigEndian: $0.loadUnaligned(as: UInt128.self)) }
        }
        return value.map { IPAddress(ipv6: $0) }
    }

    /// A decimal number of at most so many digits, without leading zeros.
    static func number(_ text: Span<UInt8>, from start: Int, to end: Int, digits: Int) -> Int? {
        guard end > start, end - start <= min(digits, 18) else { return nil }
        var value = 0
        for index in start..<end {
            let byte = text[index]
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return end - start > 1 && text[start] == UInt8(ascii: "0") ? nil : value
    }
}
