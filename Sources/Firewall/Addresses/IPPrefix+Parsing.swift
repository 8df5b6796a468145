extension IPAddress {
    /// `192.0.2.1` or `2001:db8::1`, as ``init(_:)``.
    /// - Throws: ``AddressError``, which says what is wrong with the text.
    package init(parsing text: some StringProtocol) throws(AddressError) {
        guard let address = IPAddress(text) else { throw AddressError(text, Self.problem(text)) }
        self = address
    }

    fileprivate static func problem(_ text: some StringProtocol) -> AddressError.Problem {
        guard text.utf8.count <= 80 else { return .notAnAddress }
        if let percent = text.firstIndex(of: "%"), IPAddress(text[..<percent]) != nil { return .zone }
        if let bracket = text.lastIndex(of: "]"), text.hasPrefix("[") {
            let inside = text[text.index(after: text.startIndex)..<bracket]
            if IPAddress(inside) != nil { return .port }
        }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        if let colon = text.firstIndex(of: ":"), IPAddress(text[..<colon]) != nil { return .port }
        guard parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } })
        else { return .notAnAddress }
        let isInRange = parts.allSatisfy { part in Int(part).map { $0 <= 255 } ?? false }
        guard isInRange, (2...4).contains(parts.count) else { return .notAnAddress }
        if parts.count < 4 { return .tooFewNumbers }
        return .leadingZero
    }
}

extension IPPrefix {
    /// `192.0.2.0/24`, `2001:db8::/32`, or a host: `192.0.2.7`, `2001:db8::7`. Nothing is put right: bits behind the length are an error.
    /// - Throws: ``AddressError``.
    package init(parsing text: some StringProtocol) throws(AddressError) {
        guard let slash = text.firstIndex(of: "/") else {
            do throws(AddressError) { self.init(try IPAddress(parsing: text)) } catch { throw error }
            return
        }
        let (host, digits) = (text[..<slash], text[text.index(after: slash)...])
        guard let address = IPAddress(host) else { throw AddressError(text, IPAddress.problem(host)) }
        let isWritten4 = !host.utf8.contains(UInt8(ascii: ":"))
        let family: AddressFamily = isWritten4 ? .ipv4 : .ipv6
        guard let length = Self.length(digits), length <= family.bits else {
            throw AddressError(text, .badLength(digits.isEmpty ? nil : family))
        }
        guard address.family == family else {
            throw AddressError(text, .mapped(length >= 96 ? IPPrefix(address, length: length - 96) : nil))
        }
        self.init(address, length: length)
        guard first == address else { throw AddressError(text, .hostBits(self)) }
    }

    /// The same; `nil` for what is none.
    package init?(_ text: some StringProtocol) {
        guard let prefix = try? IPPrefix(parsing: text) else { return nil }
        self = prefix
    }

    /// One to three digits without a zero in front.
    private static func length(_ digits: some StringProtocol) -> Int? {
        let bytes = digits.utf8
        guard (1...3).contains(bytes.count), bytes.allSatisfy({ (0x30...0x39).contains($0) }),
            bytes.count == 1 || bytes.first != 0x30
        else { return nil }
        return Int(digits)
    }
}
