extension LoggedPacket {
    /// Reads the headers at the beginning of a packet, of which the end may be missing. What cannot be read stays `nil` or 0; a packet is always made of it.
    /// - Parameters:
    ///   - prefix: the log statement's.
    ///   - payload: from the IP header on (RFC 791, RFC 8200).
    ///   - time: milliseconds since 1970.
    package init(
        prefix: String, payload: ArraySlice<UInt8>, time: Int64, inputInterface: UInt32 = 0, outputInterface: UInt32 = 0
    ) {
        self.init(
            prefix: prefix, time: time, length: payload.count, inputInterface: inputInterface,
            outputInterface: outputInterface)
        let bytes = PacketBytes(payload)
        switch (bytes[0] ?? 0) >> 4 {
        case 4: readIPv4(bytes)
        case 6: readIPv6(bytes)
        default: break
        }
    }

    /// RFC 791 §3.1.
    private mutating func readIPv4(_ bytes: PacketBytes) {
        guard let first = bytes[0], first & 15 >= 5, let length = bytes.word(2), let number = bytes[9] else { return }
        self.length = Int(length)
        transport = number
        source = bytes.address(12, .ipv4)
        destination = bytes.address(16, .ipv4)
        // Only the first fragment begins with the transport's header.
        guard let fragment = bytes.word(6), fragment & 0x1FFF == 0 else { return }
        readTransport(bytes, at: Int(first & 15) * 4)
    }

    /// RFC 8200 §3, §4.
    private mutating func readIPv6(_ bytes: PacketBytes) {
        guard let length = bytes.word(4), let number = bytes[6] else { return }
        self.length = Int(length) + 40
        transport = number
        source = bytes.address(8, .ipv6)
        destination = bytes.address(24, .ipv6)
        var place = 40
        for _ in 0...Self.maximumExtensions {
            guard let header = IPv6Extension(rawValue: transport) else { return readTransport(bytes, at: place) }
            guard let next = bytes[place] else { return }
            switch header {
            case .hopByHop, .routing, .destinationOptions, .mobility, .identity, .shim6:
                guard let units = bytes[place + 1] else { return }
                place += (Int(units) + 1) * 8
            case .authentication:
                // RFC 4302 §2.2: in units of 4 bytes, less 2.
                guard let units = bytes[place + 1] else { return }
                place += (Int(units) + 2) * 4
            case .fragment:
                guard let offset = bytes.word(place + 2) else { return }
                if offset & 0xFFF8 != 0 {
                    transport = next
                    return
                }
                place += 8
            }
            transport = next
        }
    }

    private mutating func readTransport(_ bytes: PacketBytes, at place: Int) {
        // TCP, UDP, DCCP, SCTP and UDP-Lite begin with the two ports.
        guard [6, 17, 33, 132, 136].contains(transport) else { return }
        sourcePort = bytes.word(place)
        destinationPort = bytes.word(place + 2)
        if transport == 6, let flags = bytes[place + 13] { self.flags = flags }
    }

    /// Headers between IPv6's and the transport's that are looked through; nobody honest sends more.
    static let maximumExtensions = 8
}

/// Headers that may stand between IPv6's and the transport's (IANA, "IPv6 Extension Header Types"), as far as they can be looked through.
private enum IPv6Extension: UInt8 {
    case hopByHop = 0
    case routing = 43
    case fragment = 44
    case authentication = 51
    case destinationOptions = 60
    case mobility = 135
    case identity = 139
    case shim6 = 140
}

/// Bytes of which none is read behind the end.
private struct PacketBytes {
    private let bytes: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    subscript(place: Int) -> UInt8? {
        place >= 0 && place < bytes.count ? bytes[bytes.startIndex + place] : nil
    }

    /// The most significant byte first.
    func word(_ place: Int) -> UInt16? {
        guard let high = self[place], let low = self[place + 1] else { return nil }
        return UInt16(high) << 8 | UInt16(low)
    }

    func address(_ place: Int, _ family: AddressFamily) -> IPAddress? {
        guard place >= 0, place + family.bytes <= bytes.count else { return nil }
        return IPAddress(bytes: bytes.dropFirst(place).prefix(family.bytes))
    }
}
