/// Finds the TCP segment in a captured packet.
struct PacketDecoder {
    /// - Parameter originalLength: of the packet on the wire; fewer bytes may have been captured.
    static func decode(_ bytes: UnsafeRawBufferPointer, link: LinkType, originalLength: Int) -> DecodedPacket {
        let decoder = PacketDecoder(bytes: bytes, originalLength: max(originalLength, bytes.count))
        return decoder.decode(link: link)
    }

    private let bytes: UnsafeRawBufferPointer
    private let originalLength: Int

    private func decode(link: LinkType) -> DecodedPacket {
        switch link {
        case .ethernet: ethernet()
        case .null: null()
        case .cooked: network(at: 16, etherType: uint16(14))
        case .cooked2: network(at: 20, etherType: uint16(0))
        case .raw: ip(at: 0)
        case .other: .other(.unknownLink)
        }
    }

    // MARK: Links

    private func ethernet() -> DecodedPacket {
        network(at: 14, etherType: uint16(12))
    }

    private func null() -> DecodedPacket {
        guard bytes.count > 4 else { return .other(.truncated) }
        return ip(at: 4)
    }

    /// Follows up to four VLAN tags (IEEE 802.1Q).
    private func network(at start: Int, etherType: UInt16?) -> DecodedPacket {
        var (start, etherType) = (start, etherType)
        for _ in 0..<4 {
            guard let type = etherType, [0x8100, 0x88A8, 0x9100].contains(type) else { break }
            etherType = uint16(start + 2)
            start += 4
        }
        switch etherType {
        case 0x0800, 0x86DD: return ip(at: start)
        case nil: return .other(.truncated)
        // ARP, reverse ARP, LLDP, 802.1X.
        case 0x0806, 0x8035, 0x88CC, 0x888E: return .other(.notIP)
        // A length instead of a type: the spanning tree protocol, or something else.
        case .some(let length) where length <= 1_500:
            return .other(uint16(start) == 0x4242 ? .notIP : .unopened)
        default: return .other(.unopened)
        }
    }

    // MARK: IP

    private func ip(at start: Int) -> DecodedPacket {
        guard start < bytes.count else { return .other(.truncated) }
        return switch bytes[start] >> 4 {
        case 4: ipv4(at: start)
        case 6: ipv6(at: start)
        default: .other(.malformed)
        }
    }

    /// RFC 791 §3.1
    private func ipv4(at start: Int) -> DecodedPacket {
        guard let total = uint16(start + 2), let fragment = uint16(start + 6),
            let source = uint32(start + 12), let destination = uint32(start + 16)
        else { return .other(.truncated) }
        let header = Int(bytes[start] & 0x0F) * 4
        guard header >= 20 else { return .other(.malformed) }
        // With segmentation offload the length is 0: the packet goes on to the end of what was on the wire.
        let end = total == 0 ? originalLength : start + Int(total)
        guard end >= start + header else { return .other(.malformed) }
        if fragment & 0x3FFF != 0 { return .other(.fragment) }
        return transport(
            at: start + header, end: end, protocol: bytes[start + 9], IPAddress(v4: source),
            IPAddress(v4: destination))
    }

    /// RFC 8200 §3, §4
    private func ipv6(at start: Int) -> DecodedPacket {
        guard let length = uint16(start + 4), let source = address(start + 8),
            let destination = address(start + 24)
        else { return .other(.truncated) }
        let end = length == 0 ? originalLength : start + 40 + Int(length)
        var next = bytes[start + 6]
        var place = start + 40
        for _ in 0..<8 {
            switch next {
            case 0, 43, 60, 135:
                guard place + 1 < bytes.count else { return .other(.truncated) }
                next = bytes[place]
                place += (Int(bytes[place + 1]) + 1) * 8
            case 44: return .other(.fragment)
            default: return transport(at: place, end: end, protocol: next, source, destination)
            }
        }
        return .other(.malformed)
    }

    // MARK: TCP

    private func transport(
        at start: Int, end: Int, protocol number: UInt8, _ source: IPAddress,
        _ destination: IPAddress
    ) -> DecodedPacket {
        switch number {
        case 6: break
        case 17: return .other(.udp)
        // ICMP, IGMP, ICMPv6, and that nothing follows.
        case 1, 2, 58, 59: return .other(.otherProtocol)
        default: return .other(.unopened)
        }
        guard let sourcePort = uint16(start), let destinationPort = uint16(start + 2),
            let sequence = uint32(start + 4), let acknowledgement = uint32(start + 8), start + 20 <= bytes.count
        else { return .other(.truncated) }
        let header = Int(bytes[start + 12] >> 4) * 4
        guard header >= 20, start + header <= end else { return .other(.malformed) }
        let first = min(start + header, bytes.count)
        let last = max(first, min(end, bytes.count))
        return .tcp(
            TCPSegment(
                source: Endpoint(address: source, port: sourcePort),
                destination: Endpoint(address: destination, port: destinationPort), sequence: sequence,
                acknowledgement: acknowledgement,
                flags: TCPSegment.Flags(rawValue: bytes[start + 13]), payload: first..<last,
                missing: max(0, end - max(last, start + header))))
    }

    // MARK: Numbers, big-endian

    private func uint16(_ place: Int) -> UInt16? {
        guard place >= 0, place + 2 <= bytes.count else { return nil }
        return UInt16(bytes[place]) << 8 | UInt16(bytes[place + 1])
    }

    private func uint32(_ place: Int) -> UInt32? {
        guard place >= 0, place + 4 <= bytes.count else { return nil }
        return UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self))
    }

    private func address(_ place: Int) -> IPAddress? {
        guard place >= 0, place + 16 <= bytes.count else { return nil }
        return IPAddress(
            high: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)),
            low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: place + 8, as: UInt64.self)))
    }
}
