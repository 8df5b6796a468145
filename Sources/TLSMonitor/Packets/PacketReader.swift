/// Reads packets to the bottom: puts fragments together and, if asked to, opens tunnels.
struct PacketReader {
    /// Whether packets in packets are opened.
    var opensTunnels: Bool
    private var fragments = FragmentAssembler()

    /// Packets in packets that are opened at most.
    static let depthLimit = 8

    init(opensTunnels: Bool = false) {
        self.opensTunnels = opensTunnels
    }

    /// Fragments of packets that could not be put together, so far and now that nothing more comes.
    var leftFragments: Int { fragments.abandoned + fragments.waiting }

    /// - Parameters:
    ///   - found: what ``PacketDecoder`` found in `bytes`.
    ///   - time: of the capture, in nanoseconds.
    ///   - take: gets what a segment turned out to be and the bytes that its range lies in, or another kind and how often.
    mutating func read(
        _ found: DecodedPacket, _ bytes: UnsafeRawBufferPointer, time: Int64, depth: Int = 0, _ take: (Finding) -> Void
    ) {
        switch found {
        case .tcp(let segment): take(.segment(segment, bytes))
        case .other(let kind): take(.other(kind, 1))
        case .tunnel(let packet):
            guard opensTunnels, depth < Self.depthLimit else { return take(.other(.tunnel(packet.tunnel), 1)) }
            guard packet.start <= bytes.count, packet.start <= packet.end else { return take(.other(.truncated, 1)) }
            let last = max(packet.start, min(packet.end, bytes.count))
            let inner = UnsafeRawBufferPointer(rebasing: bytes[packet.start..<last])
            let contents = PacketDecoder.decode(
                inner, packet.content, originalLength: packet.end - packet.start)
            read(contents, inner, time: time, depth: depth + 1, take)
        case .fragment(let fragment):
            guard depth < Self.depthLimit else { return take(.other(.fragment, 1)) }
            switch fragments.add(fragment, bytes, time: time) {
            case .waits: break
            case .conflict(let count): take(.other(.fragmentConflict, count))
            case .whole(let whole): read(whole, fragment, time: time, depth: depth + 1, take)
            }
        }
    }

    /// What was found at the bottom.
    enum Finding {
        case segment(TCPSegment, UnsafeRawBufferPointer)
        case other(OtherTraffic, Int)
    }

    private mutating func read(
        _ whole: FragmentAssembler.Whole, _ fragment: IPFragment, time: Int64, depth: Int, _ take: (Finding) -> Void
    ) {
        whole.bytes.withUnsafeBytes { bytes in
            let contents = PacketDecoder.decode(
                bytes, protocol: whole.next, fragment.source, fragment.destination)
            if whole.known == [0..<bytes.count] {
                return read(contents, bytes, time: time, depth: depth, take)
            }
            // Not all was captured: a TCP segment is told in the parts that were, with what is missing behind each.
            guard case .tcp(let segment) = contents, let head = whole.known.first, head.lowerBound == 0,
                head.upperBound >= segment.payload.lowerBound
            else { return take(.other(.truncated, 1)) }
            tell(segment, bytes, whole.known, take)
        }
    }

    private func tell(
        _ segment: TCPSegment, _ bytes: UnsafeRawBufferPointer, _ known: [Range<Int>], _ take: (Finding) -> Void
    ) {
        let payload = segment.payload
        for (index, range) in known.enumerated() {
            let part = range.clamped(to: payload)
            guard index == 0 || !part.isEmpty else { continue }
            let isLast = index == known.count - 1
            let end = isLast ? payload.upperBound : min(known[index + 1].lowerBound, payload.upperBound)
            var piece = segment
            piece.payload = index == 0 ? payload.lowerBound..<max(payload.lowerBound, part.upperBound) : part
            let distance = piece.payload.lowerBound - payload.lowerBound
            let opening: UInt32 = index > 0 && segment.flags.contains(.syn) ? 1 : 0
            piece.sequence = segment.sequence &+ UInt32(truncatingIfNeeded: distance) &+ opening
            piece.missing = max(0, end - piece.payload.upperBound)
            if index > 0 { piece.flags.remove(.syn) }
            if !isLast { piece.flags.remove(.fin) }
            take(.segment(piece, bytes))
        }
    }
}
