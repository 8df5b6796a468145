/// Packets in packets. Here they are only recognised; ``PacketReader`` opens them.
extension PacketDecoder {
    /// RFC 2784 §2, RFC 2890 §2, RFC 2637 §4.1
    func gre(at start: Int, end: Int) -> DecodedPacket {
        guard let flags = uint16(start), let type = uint16(start + 2) else { return .other(.truncated) }
        var place = start + 4
        if flags & 7 == 1 {
            place += 4 + (flags & 0x1000 != 0 ? 4 : 0) + (flags & 0x80 != 0 ? 4 : 0)
            guard type == 0x880B else { return .other(.unopened) }
            // One that only acknowledges carries nothing.
            if flags & 0x1000 == 0 { return .other(.otherProtocol) }
            return tunnel(.gre, .ppp, at: place, end: end)
        }
        // Routing in it was given up long ago.
        guard flags & 7 == 0, flags & 0x4000 == 0 else { return .other(.unopened) }
        for bit: UInt16 in [0x8000, 0x2000, 0x1000] where flags & bit != 0 { place += 4 }
        switch type {
        // Keep-alives.
        case 0: return .other(.otherProtocol)
        case 0x88BE: return tunnel(.erspan, .ethernet, at: place + (flags & 0x1000 != 0 ? 8 : 0), end: end)
        case 0x22EB:
            guard place + 12 <= bytes.count else { return .other(.truncated) }
            return tunnel(.erspan, .ethernet, at: place + (bytes[place + 11] & 1 == 1 ? 20 : 12), end: end)
        default: return tunnel(.gre, .etherType(type), at: place, end: end)
        }
    }

    /// Ports tell the tunnels, and their headers must agree; all else is UDP.
    func udp(at start: Int, end: Int) -> DecodedPacket {
        guard let source = uint16(start), let destination = uint16(start + 2) else { return .other(.truncated) }
        let place = start + 8
        switch (source, destination) {
        case (_, 4_789), (_, 8_472): return vxlan(at: place, end: end) ?? .other(.udp)
        case (_, 6_081): return geneve(at: place, end: end) ?? .other(.udp)
        case (3_544, _), (_, 3_544): return teredo(at: place, end: end) ?? .other(.udp)
        case (2_152, _), (_, 2_152): return gtp(at: place, end: end) ?? .other(.udp)
        case (1_701, _), (_, 1_701): return l2tp(at: place, end: end) ?? .other(.udp)
        default: return .other(.udp)
        }
    }

    private func tunnel(_ tunnel: Tunnel, _ content: TunnelledPacket.Content, at place: Int, end: Int) -> DecodedPacket
    {
        place <= end
            ? .tunnel(TunnelledPacket(tunnel: tunnel, content: content, start: place, end: end)) : .other(.malformed)
    }

    /// RFC 7348 §5
    private func vxlan(at place: Int, end: Int) -> DecodedPacket? {
        guard let flags = uint32(place), flags & 0xFF00_0000 == 0x0800_0000, place + 8 <= bytes.count else {
            return nil
        }
        return tunnel(.vxlan, .ethernet, at: place + 8, end: end)
    }

    /// RFC 8926 §3.4
    private func geneve(at place: Int, end: Int) -> DecodedPacket? {
        guard let head = uint16(place), let type = uint16(place + 2), head >> 14 == 0 else { return nil }
        return tunnel(.geneve, .etherType(type), at: place + 8 + Int(head >> 8 & 0x3F) * 4, end: end)
    }

    /// RFC 4380 §5.1.1: what proves who sent it, and where from, may come first.
    private func teredo(at place: Int, end: Int) -> DecodedPacket? {
        var place = place
        if uint16(place) == 1 {
            guard place + 4 <= bytes.count else { return nil }
            place += 13 + Int(bytes[place + 2]) + Int(bytes[place + 3])
        }
        if uint16(place) == 0 { place += 8 }
        guard place < bytes.count, bytes[place] >> 4 == 6 else { return nil }
        return tunnel(.teredo, .ip, at: place, end: end)
    }

    /// TS 29.281 §5: version 1, of its messages the one with a user's packet.
    private func gtp(at place: Int, end: Int) -> DecodedPacket? {
        guard let head = uint16(place), head & 0xF0FF == 0x30FF else { return nil }
        var place = place + 8
        if head & 0x0700 != 0 {
            place += 4
            for _ in 0..<8 {
                guard place <= bytes.count, place > 0 else { return nil }
                if head & 0x0400 == 0 || bytes[place - 1] == 0 { break }
                guard place < bytes.count, bytes[place] > 0 else { return nil }
                place += Int(bytes[place]) * 4
            }
        }
        guard place < bytes.count, [4, 6].contains(bytes[place] >> 4) else { return nil }
        return tunnel(.gtp, .ip, at: place, end: end)
    }

    /// RFC 2661 §3.1: version 2, no control message.
    private func l2tp(at place: Int, end: Int) -> DecodedPacket? {
        guard let flags = uint16(place), flags & 0x000F == 2, flags & 0x8000 == 0 else { return nil }
        var start = place + 6 + (flags & 0x4000 != 0 ? 2 : 0) + (flags & 0x0800 != 0 ? 4 : 0)
        if flags & 0x0200 != 0 {
            guard let padding = uint16(start) else { return nil }
            start += 2 + Int(padding)
        }
        return tunnel(.l2tp, .ppp, at: start, end: end)
    }
}
