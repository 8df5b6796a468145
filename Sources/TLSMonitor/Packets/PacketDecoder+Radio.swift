/// IEEE 802.11 (§9.2, §9.3.2).
extension PacketDecoder {
    func wifi(at start: Int) -> DecodedPacket {
        guard start >= 0, start + 2 <= bytes.count else { return .other(.truncated) }
        let control = bytes[start], flags = bytes[start + 1]
        guard control & 3 == 0 else { return .other(.malformed) }
        // Management and control frames, and data frames without data.
        guard control >> 2 & 3 == 2, control & 0x40 == 0 else { return .other(.notIP) }
        guard flags & 0x40 == 0 else { return .other(.encryptedRadio) }
        var place = start + 24
        if flags & 3 == 3 { place += 6 }
        guard place <= bytes.count else { return .other(.truncated) }
        // Fragments of radio frames, and several packets in one, are not put together here.
        if flags & 4 != 0 || bytes[start + 22] & 0x0F != 0 { return .other(.unopened) }
        if control & 0x80 != 0 {
            guard place + 2 <= bytes.count else { return .other(.truncated) }
            if bytes[place] & 0x80 != 0 { return .other(.unopened) }
            place += flags & 0x80 != 0 ? 6 : 2
        }
        return logicalLink(at: place)
    }

    /// radiotap.org: little-endian, its length at byte 2.
    func radiotap() -> DecodedPacket {
        guard bytes.count >= 8, let length = uint16(2)?.byteSwapped, var present = uint32(4)?.byteSwapped else {
            return .other(.truncated)
        }
        guard length >= 8, Int(length) <= bytes.count else { return .other(.truncated) }
        let fields = present
        var place = 8
        for _ in 0..<16 where present >> 31 == 1 {
            guard let more = uint32(place)?.byteSwapped else { return .other(.truncated) }
            present = more
            place += 4
        }
        // The second field are flags; the first, a time, is aligned to its eight bytes.
        if fields & 1 == 1 { place = (place + 7) & ~7 + 8 }
        let hasPadding = fields & 2 == 2 && place < Int(length) && bytes[place] & 0x20 != 0
        guard hasPadding else { return wifi(at: Int(length)) }
        return padded(at: Int(length))
    }

    /// The frame's header is filled up to four bytes.
    private func padded(at start: Int) -> DecodedPacket {
        guard start + 2 <= bytes.count, bytes[start] >> 2 & 3 == 2 else { return wifi(at: start) }
        let header = 24 + (bytes[start + 1] & 3 == 3 ? 6 : 0) + (bytes[start] & 0x80 != 0 ? 2 : 0)
        guard !header.isMultiple(of: 4), bytes[start] & 0x40 == 0, bytes[start + 1] & 0x40 == 0 else {
            return wifi(at: start)
        }
        return logicalLink(at: start + header + 2)
    }

    /// A header in the byte order of the capturing host, or AVS in its place.
    func prism() -> DecodedPacket {
        if let magic = uint32(0), magic & 0xFFFF_F000 == 0x8021_1000 { return avs() }
        guard let length = uint32(4) else { return .other(.truncated) }
        let count = Int(min(length, length.byteSwapped))
        return count >= 24 && count < 4_096 ? wifi(at: count) : .other(.malformed)
    }

    func avs() -> DecodedPacket {
        guard let length = uint32(4) else { return .other(.truncated) }
        return length >= 24 && length < 4_096 ? wifi(at: Int(length)) : .other(.malformed)
    }
}
