/// Links other than Ethernet, and what else may follow one.
extension PacketDecoder {
    func decode(link: LinkType, depth: Int = 0) -> DecodedPacket {
        switch link {
        case .ethernet: ethernet(at: 0)
        case .raw: ip(at: 0)
        case .null: headed(4)
        case .cooked: cooked(kind: uint16(2), type: uint16(14), at: 16)
        case .cooked2: cooked(kind: uint16(8), type: uint16(0), at: 20)
        case .ppp: ppp(at: 0)
        case .pppHDLC: pppHDLC()
        case .ciscoHDLC: ciscoHDLC()
        case .pppDirected: ppp(at: 1)
        case .pppoe: pppoe(at: 0)
        case .wifi: wifi(at: 0)
        case .radiotap: radiotap()
        case .prism: prism()
        case .avs: avs()
        case .atm: logicalLink(at: 0)
        case .fddi: logicalLink(at: 13)
        case .frameRelay: frameRelay()
        case .mpls: mpls(at: 0)
        case .enc: headed(12)
        case .pflog: headed(bytes.isEmpty ? 1 : (Int(bytes[0]) + 3) & ~3)
        case .nflog: nflog()
        case .ipnet: headed(24)
        case .pktap: pktap(depth: depth)
        case .other: .other(.unknownLink)
        }
    }

    /// IP behind a header of a fixed length.
    private func headed(_ count: Int) -> DecodedPacket {
        guard bytes.count > count else { return .other(.truncated) }
        return ip(at: count)
    }

    /// - Parameter kind: of the device (ARPHRD_).
    private func cooked(kind: UInt16?, type: UInt16?, at start: Int) -> DecodedPacket {
        switch kind {
        // Netlink is the kernel's own talk.
        case 824: .other(.notIP)
        default: network(at: start, etherType: type)
        }
    }

    /// IEEE 802.2, and SNAP behind it (RFC 1042), where Ethernet has a length instead of a type.
    func logicalLink(at start: Int) -> DecodedPacket {
        guard let points = uint16(start) else { return .other(.truncated) }
        switch points {
        case 0xAAAA: break
        // IP alone; the spanning tree, IS-IS.
        case 0x0606: return ip(at: start + 3)
        case 0x4242, 0xFEFE: return .other(.notIP)
        default: return .other(.unopened)
        }
        guard let head = uint32(start + 2), let type = uint16(start + 6) else { return .other(.truncated) }
        switch head & 0xFFFFFF {
        case 0, 0x0000F8: return type < 0x0600 ? .other(.unopened) : network(at: start + 8, etherType: type)
        // Cisco's neighbours and spanning trees.
        case 0x00000C: return .other(.notIP)
        // A bridged Ethernet frame (RFC 1483 §4.2).
        case 0x0080C2 where type == 7: return ethernet(at: start + 10)
        case 0x0080C2 where type == 1: return ethernet(at: start + 10)
        default: return .other(.unopened)
        }
    }

    /// EtherTypes other than IP and tags.
    func uncommon(_ type: UInt16, at start: Int) -> DecodedPacket {
        switch type {
        case 0x8847, 0x8848: mpls(at: start)
        case 0x8864: pppoe(at: start)
        case 0x880B: ppp(at: start)
        case 0x6558: ethernet(at: start)
        // Cisco's VN-Tag.
        case 0x8926: vnTag(at: start)
        // ARP, reverse ARP, LLDP, 802.1X, link aggregation, finding of a PPPoE server, fault management, time, loop tests,
        // waking, DEC maintenance, ring protection.
        case 0x0806, 0x8035, 0x88CC, 0x888E, 0x8809, 0x8863, 0x8902, 0x88F7, 0x9000, 0x0842, 0x6001, 0x6002, 0x88E3,
            0x88FB:
            .other(.notIP)
        default: .other(.unopened)
        }
    }

    private func vnTag(at start: Int) -> DecodedPacket {
        switch uint16(start + 4) {
        case 0x0800, 0x86DD: ip(at: start + 6)
        case 0x8100:
            uint16(start + 8).map { $0 == 0x0800 || $0 == 0x86DD } == true ? ip(at: start + 10) : .other(.unopened)
        case nil: .other(.truncated)
        default: .other(.unopened)
        }
    }

    /// A stack of at most 16 labels (RFC 3032 §2.1), then IP, or Ethernet behind a control word (RFC 4448 §4.6).
    func mpls(at start: Int) -> DecodedPacket {
        var place = start
        for _ in 0..<16 {
            guard place + 4 < bytes.count else { return .other(.truncated) }
            let isBottom = bytes[place + 2] & 1 == 1
            place += 4
            guard isBottom else { continue }
            return switch bytes[place] >> 4 {
            case 4, 6: ip(at: place)
            case 0: bytes[place] == 0 ? ethernet(at: place + 4) : .other(.unopened)
            default: .other(.unopened)
            }
        }
        return .other(.malformed)
    }

    // MARK: PPP

    /// RFC 1661 §2, with address and control in front or without; the protocol may have been compressed to one byte (§6.5).
    func ppp(at start: Int) -> DecodedPacket {
        var place = start
        if uint16(place) == 0xFF03 { place += 2 }
        guard place >= 0, place < bytes.count, bytes[place] != 0xFF else { return .other(.truncated) }
        if bytes[place] & 1 == 1 { return ppp(UInt16(bytes[place]), at: place + 1) }
        guard let number = uint16(place) else { return .other(.truncated) }
        return ppp(number, at: place + 2)
    }

    private func ppp(_ number: UInt16, at place: Int) -> DecodedPacket {
        switch number {
        case 0x0021, 0x0057: ip(at: place)
        case 0x0281, 0x0283: mpls(at: place)
        // Protocols that set the link up and watch it.
        case 0x8000...: .other(.notIP)
        default: .other(.unopened)
        }
    }

    private func pppHDLC() -> DecodedPacket {
        switch uint16(0) {
        case 0x0F00, 0x8F00: ciscoHDLC()
        case nil: .other(.truncated)
        default: ppp(at: 0)
        }
    }

    private func ciscoHDLC() -> DecodedPacket {
        guard let type = uint16(2) else { return .other(.truncated) }
        // Keep-alives and neighbours.
        return type == 0x2000 || type == 0xFEFE ? .other(.notIP) : network(at: 4, etherType: max(type, 0x0600))
    }

    /// RFC 2516 §4, §6
    func pppoe(at start: Int) -> DecodedPacket {
        guard let head = uint16(start) else { return .other(.truncated) }
        return head == 0x1100 ? ppp(at: start + 6) : .other(.malformed)
    }

    /// RFC 2427 §3, with addresses of two bytes.
    private func frameRelay() -> DecodedPacket {
        guard bytes.count > 3 else { return .other(.truncated) }
        switch (bytes[2], bytes[3]) {
        case (3, 0xCC), (3, 0x8E): return ip(at: 4)
        case (3, 0):
            guard bytes.count > 9 else { return .other(.truncated) }
            return bytes[4] == 0x80 && bytes[5] == 0 && bytes[6] == 0 && bytes[7] == 0
                ? network(at: 10, etherType: uint16(8)) : .other(.unopened)
        // Keeping the line.
        case (3, 8), (3, 9): return .other(.notIP)
        default: return .other(.unopened)
        }
    }

    // MARK: What systems log

    /// Attributes in the byte order of the capturing host; number 9 is the packet.
    private func nflog() -> DecodedPacket {
        var place = 4
        for _ in 0..<64 {
            guard place + 4 <= bytes.count, let stored = uint16(place), let type = uint16(place + 2) else {
                return .other(.truncated)
            }
            let isBig = type & 0x00FF != 0 && type >> 8 == 0
            let (length, kind) = isBig ? (Int(stored), type) : (Int(stored.byteSwapped), type.byteSwapped)
            guard length >= 4 else { return .other(.malformed) }
            if kind & 0x7FFF == 9 { return ip(at: place + 4) }
            place += (length + 3) & ~3
        }
        return .other(.malformed)
    }

    /// Little-endian: the length of its header, a kind, and the link type of what follows.
    private func pktap(depth: Int) -> DecodedPacket {
        guard depth < 2, let length = uint32(0)?.byteSwapped, let link = uint32(8)?.byteSwapped else {
            return .other(.truncated)
        }
        guard length >= 12, Int(length) <= bytes.count else { return .other(.truncated) }
        return shifted(Int(length)) { $0.decode(link: LinkType(number: link), depth: depth + 1) }
    }

    /// What an inner header's positions count from.
    ///
    /// Ranges in what comes out are moved back, so that they lie in the packet.
    func shifted(_ count: Int, _ body: (PacketDecoder) -> DecodedPacket) -> DecodedPacket {
        let inner = PacketDecoder(
            bytes: UnsafeRawBufferPointer(rebasing: bytes[count...]), originalLength: originalLength - count)
        switch body(inner) {
        case .tcp(var segment):
            segment.payload = segment.payload.lowerBound + count..<segment.payload.upperBound + count
            return .tcp(segment)
        case .fragment(var fragment):
            fragment.data = fragment.data.lowerBound + count..<fragment.data.upperBound + count
            return .fragment(fragment)
        case .tunnel(var tunnel):
            tunnel.start += count
            tunnel.end += count
            return .tunnel(tunnel)
        case .other(let kind): return .other(kind)
        }
    }
}
