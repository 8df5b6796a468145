/// Finds the TCP segment in a captured packet. Nothing here allocates.
struct PacketDecoder {
    /// - Parameter originalLength: of the packet on the wire; fewer bytes may have been captured.
    static func decode(_ bytes: UnsafeRawBufferPointer, link: LinkType, originalLength: Int) -> DecodedPacket {
        let decoder = PacketDecoder(bytes: bytes, originalLength: max(originalLength, bytes.count))
        switch link {
        case .ethernet: return decoder.ethernet(at: 0)
        case .raw: return decoder.ip(at: 0)
        default: return decoder.decode(link: link)
        }
    }

    /// What is in a tunnel.
    /// - Parameter bytes: of the inner packet what was captured.
    static func decode(
        _ bytes: UnsafeRawBufferPointer, _ content: TunnelledPacket.Content, originalLength: Int
    ) -> DecodedPacket {
        let decoder = PacketDecoder(bytes: bytes, originalLength: max(originalLength, bytes.count))
        return switch content {
        case .ip: decoder.ip(at: 0)
        case .ethernet: decoder.ethernet(at: 0)
        case .ppp: decoder.ppp(at: 0)
        case .etherType(let type): decoder.network(at: 0, etherType: type)
        }
    }

    /// What was put together from fragments.
    /// - Parameter bytes: all of it.
    static func decode(
        _ bytes: UnsafeRawBufferPointer, protocol number: UInt8, _ source: IPAddress, _ destination: IPAddress
    ) -> DecodedPacket {
        PacketDecoder(bytes: bytes, originalLength: bytes.count)
            .upper(at: 0, end: bytes.count, protocol: number, source, destination)
    }

    let bytes: UnsafeRawBufferPointer
    let originalLength: Int

    // MARK: Links

    func ethernet(at start: Int) -> DecodedPacket {
        network(at: start + 14, etherType: uint16(start + 12))
    }

    /// Follows up to eight tags of virtual networks (IEEE 802.1Q).
    func network(at start: Int, etherType: UInt16?) -> DecodedPacket {
        var (start, etherType) = (start, etherType)
        for _ in 0..<8 {
            switch etherType {
            case 0x0800, 0x86DD: return ip(at: start)
            case 0x8100, 0x88A8, 0x9100, 0x9200, 0x9300:
                etherType = uint16(start + 2)
                start += 4
            // Cisco's metadata: version 1, four bytes of options, of which the one is a security group's tag. More options could hide
            // what nobody reads.
            case 0x8909:
                guard let head = uint32(start) else { return .other(.truncated) }
                guard head == 0x0101_0001 else { return .other(.unopened) }
                etherType = uint16(start + 6)
                start += 8
            case nil: return .other(.truncated)
            case .some(let type): return type < 0x0600 ? logicalLink(at: start) : uncommon(type, at: start)
            }
        }
        return .other(.unopened)
    }

    // MARK: IP

    func ip(at start: Int) -> DecodedPacket {
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
        let (from, to) = (IPAddress(v4: source), IPAddress(v4: destination))
        let number = bytes[start + 9]
        guard fragment & 0x3FFF == 0 else {
            return self.fragment(
                at: start + header, end: end, next: number, field: (fragment & 0x1FFF) << 3,
                isLast: fragment & 0x2000 == 0,
                identification: UInt32(uint16(start + 4) ?? 0), from, to)
        }
        if number == 6 { return tcp(at: start + header, end: end, from, to) }
        return upper(at: start + header, end: end, protocol: number, from, to)
    }

    /// RFC 8200 §3
    private func ipv6(at start: Int) -> DecodedPacket {
        guard let length = uint16(start + 4), let source = address(start + 8),
            let destination = address(start + 24)
        else { return .other(.truncated) }
        // With segmentation offload, and in jumbograms, the length is 0.
        let end = length == 0 ? originalLength : start + 40 + Int(length)
        let next = bytes[start + 6]
        if next == 6 { return tcp(at: start + 40, end: end, source, destination) }
        return upper(at: start + 40, end: end, protocol: next, source, destination)
    }

    /// What IP carries, behind up to eight extension headers (RFC 8200 §4).
    func upper(
        at start: Int, end: Int, protocol number: UInt8, _ source: IPAddress, _ destination: IPAddress
    ) -> DecodedPacket {
        var (next, place) = (number, start)
        for _ in 0..<8 {
            switch next {
            case 6: return tcp(at: place, end: end, source, destination)
            // Hop-by-hop, routing, destination, mobility, host identity, shim6; an authentication header (RFC 4302 §2.2).
            case 0, 43, 60, 135, 139, 140, 51:
                guard place + 1 < bytes.count else { return .other(.truncated) }
                let length = next == 51 ? (Int(bytes[place + 1]) + 2) * 4 : (Int(bytes[place + 1]) + 1) * 8
                next = bytes[place]
                place += length
                guard place <= end else { return .other(.malformed) }
            case 44:
                guard let field = uint16(place + 2), let identification = uint32(place + 4) else {
                    return .other(.truncated)
                }
                next = bytes[place]
                place += 8
                guard place <= end else { return .other(.malformed) }
                // Alone it is whole (RFC 6946).
                guard field & 0xFFF9 != 0 else { continue }
                return fragment(
                    at: place, end: end, next: next, field: field & 0xFFF8, isLast: field & 1 == 0,
                    identification: identification, source, destination)
            case 17: return udp(at: place, end: end)
            case 4, 41: return .tunnel(TunnelledPacket(tunnel: .ipInIP, content: .ip, start: place, end: end))
            case 47: return gre(at: place, end: end)
            // Echo and its answer (RFC 792, RFC 4443 §4).
            case 1 where isType([0, 8], at: place), 58 where isType([128, 129], at: place): return .other(.echo)
            // ICMP, IGMP, ICMPv6, that nothing follows, and how routers talk: EIGRP, OSPF, PIM, VRRP.
            case 1, 2, 58, 59, 88, 89, 103, 112: return .other(.otherProtocol)
            default: return .other(.unopened)
            }
        }
        return .other(.malformed)
    }

    private func fragment(
        at start: Int, end: Int, next: UInt8, field offset: UInt16, isLast: Bool, identification: UInt32,
        _ source: IPAddress, _ destination: IPAddress
    ) -> DecodedPacket {
        let length = end - start
        // Nothing is longer than IP's length can say; all but the last are multiples of eight bytes.
        guard length >= 0, Int(offset) + length <= 65_535 else { return .other(.malformed) }
        guard isLast || length > 0 && length.isMultiple(of: 8) else { return .other(.fragment) }
        let first = min(start, bytes.count), last = max(first, min(end, bytes.count))
        return .fragment(
            IPFragment(
                source: source, destination: destination, identification: identification, next: next,
                offset: Int(offset), isLast: isLast, data: first..<last, missing: length - (last - first)))
    }

    // MARK: TCP

    private func tcp(
        at start: Int, end: Int, _ source: IPAddress, _ destination: IPAddress
    ) -> DecodedPacket {
        guard start + 20 <= bytes.count, let sourcePort = uint16(start), let destinationPort = uint16(start + 2),
            let sequence = uint32(start + 4), let acknowledgement = uint32(start + 8)
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
                missing: max(0, end - max(last, start + header)), hasTrailer: hasTrailer(behind: end)))
    }

    private func isType(_ types: [UInt8], at place: Int) -> Bool { place < bytes.count && types.contains(bytes[place]) }

    /// Ethernet fills up short frames with zeros.
    private func hasTrailer(behind end: Int) -> Bool {
        end < bytes.count && bytes[max(0, end)...].contains { $0 != 0 }
    }

    // MARK: Numbers, big-endian

    func uint16(_ place: Int) -> UInt16? {
        guard place >= 0, place + 2 <= bytes.count else { return nil }
        return UInt16(bytes[place]) << 8 | UInt16(bytes[place + 1])
    }

    func uint32(_ place: Int) -> UInt32? {
        guard place >= 0, place + 4 <= bytes.count else { return nil }
        return UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self))
    }

    func address(_ place: Int) -> IPAddress? {
        guard place >= 0, place + 16 <= bytes.count else { return nil }
        return IPAddress(
            high: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)),
            low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: place + 8, as: UInt64.self)))
    }
}
