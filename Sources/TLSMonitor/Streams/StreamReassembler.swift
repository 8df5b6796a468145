/// Puts one direction of a TCP connection back in order (RFC 9293 §3.4, §3.10).
///
/// What arrived first counts; what is sent again is compared with it. Offsets count from the first byte of the stream.
struct StreamReassembler {
    /// Bytes that may wait for a segment that is missing; then the gap is final.
    static let pendingLimit = 4 << 20
    /// Pieces that may wait: tiny ones cost more than their bytes.
    static let pieceLimit = 4_096

    /// What comes out, in order.
    enum Output {
        case bytes(UnsafeRawBufferPointer, at: Int, Sighting)
        /// So many bytes are not in the capture.
        case gap(Int, at: Int, Sighting)
        /// The same place was sent twice, with different bytes.
        case conflict(at: Int, Sighting)
        /// So many bytes were sent again, too late to compare them.
        case unverified(Int, at: Int, Sighting)
        /// So many zeros were counted as data by the packet that carried them, and are none.
        case filling(Int, at: Int, Sighting)
    }

    /// Zeros at the place of the next byte. Some routers count as data what fills up the shortest frame of Ethernet behind an
    /// acknowledgement: what comes next shows whether these are data.
    private struct Filling {
        /// Behind the last one.
        var end: Int
        var sighting: Sighting
    }

    /// The shortest frame has room for 46 bytes, or 42 with a tag; the headers of IPv4 and TCP take 40 of them.
    private static func mayFill(_ payload: UnsafeRawBufferPointer) -> Bool {
        (payload.count == 6 || payload.count == 2) && payload.allSatisfy { $0 == 0 }
    }

    private var filling: Filling?

    private struct Piece {
        var offset: Int
        var bytes: [UInt8]
        var sighting: Sighting

        var end: Int { offset + bytes.count }
    }

    /// The sequence number of offset 0; `nil` before the first segment.
    private var origin: UInt32?
    /// The offset of the next byte to come out.
    private(set) var next = 0
    private(set) var startsInTheMiddle = false
    private(set) var hasEnded = false
    private var pending: [Piece] = []
    /// Bytes that wait for a segment that is missing.
    private(set) var pendingBytes = 0
    /// Up to where the receiver says that it has the stream, and where the sender ended it.
    private var acknowledged = 0
    private var end: Int?
    var recent = RecentBytes()

    /// Something that comes before what was seen has not come yet.
    var isWaiting: Bool { !pending.isEmpty || max(acknowledged, end ?? 0) > next }

    /// About how many bytes of memory it needs.
    var heldBytes: Int { pendingBytes + recent.count }

    /// The SYN was seen: its sequence number.
    mutating func synchronise(_ sequence: UInt32) { origin = sequence &+ 1 }

    /// The receiver acknowledges everything before `sequence`.
    /// - Parameter isOpening: it acknowledges the SYN, and nothing else.
    mutating func acknowledge(_ sequence: UInt32, isOpening: Bool) {
        if isOpening { origin = origin ?? sequence }
        guard let origin else { return }
        let expected = origin &+ UInt32(truncatingIfNeeded: next)
        acknowledged = max(acknowledged, next + Int(Int32(bitPattern: sequence &- expected)))
    }

    /// Whether `sequence` in a SYN begins another connection than this one.
    func isOther(synchronising sequence: UInt32) -> Bool {
        origin.map { $0 != sequence &+ 1 } ?? false
    }

    mutating func receive(
        _ segment: TCPSegment, _ payload: UnsafeRawBufferPointer, _ sighting: Sighting, _ output: (Output) -> Void
    ) {
        var sequence = segment.sequence
        if segment.flags.contains(.syn) {
            sequence &+= 1
            origin = origin ?? sequence
        }
        guard !payload.isEmpty || segment.flags.contains(.fin) else { return }
        if origin == nil {
            origin = sequence
            startsInTheMiddle = true
        }
        guard let origin else { return }
        // Serial arithmetic: the distance to the next byte is less than 2^31 either way.
        let expected = origin &+ UInt32(truncatingIfNeeded: next)
        let offset = next + Int(Int32(bitPattern: sequence &- expected))
        if segment.flags.contains(.fin) {
            hasEnded = true
            end = end ?? offset + payload.count + segment.missing
        }
        // A keep-alive repeats a byte, and not always truly: then it is 0 (RFC 9293 §3.8.4).
        if payload.count == 1, payload[0] == 0, offset < next { return }
        if let filling {
            self.filling = nil
            if offset >= filling.end { keep(filling, output) } else { drop(filling, output) }
        }
        if offset == next, Self.mayFill(payload), segment.flags.isDisjoint(with: [.psh, .fin, .syn]) {
            filling = Filling(end: offset + payload.count, sighting: sighting)
            return
        }
        take(payload, at: offset, sighting, output)
    }

    /// They were none.
    private func drop(_ filling: Filling, _ output: (Output) -> Void) {
        output(.filling(filling.end - next, at: next, filling.sighting))
    }

    /// They were data.
    private mutating func keep(_ filling: Filling, _ output: (Output) -> Void) {
        let zeros = [UInt8](repeating: 0, count: max(0, filling.end - next))
        zeros.withUnsafeBytes { take($0, at: next, filling.sighting, output) }
    }

    private mutating func take(
        _ payload: UnsafeRawBufferPointer, at offset: Int, _ sighting: Sighting, _ output: (Output) -> Void
    ) {
        guard !payload.isEmpty else { return }
        if offset + payload.count <= next { return compare(payload, at: offset, sighting, output) }
        if offset < next {
            compare(UnsafeRawBufferPointer(rebasing: payload[..<(next - offset)]), at: offset, sighting, output)
            return take(UnsafeRawBufferPointer(rebasing: payload[(next - offset)...]), at: next, sighting, output)
        }
        if offset == next, pending.isEmpty { return deliver(payload, sighting, output) }
        insert(payload, at: offset, sighting, output)
        drain(output)
        while pendingBytes > Self.pendingLimit || pending.count > Self.pieceLimit { closeGap(output) }
    }

    private func compare(
        _ payload: UnsafeRawBufferPointer, at offset: Int, _ sighting: Sighting, _ output: (Output) -> Void
    ) {
        switch recent.compare(payload, at: offset) {
        case .same: break
        case .differs(let place): output(.conflict(at: place, sighting))
        case .unknown(let count): output(.unverified(count, at: offset, sighting))
        }
    }

    private mutating func deliver(
        _ payload: UnsafeRawBufferPointer, _ sighting: Sighting, _ output: (Output) -> Void
    ) {
        recent.append(payload, at: next)
        output(.bytes(payload, at: next, sighting))
        next += payload.count
    }

    /// Keeps what no earlier piece has.
    private mutating func insert(
        _ payload: UnsafeRawBufferPointer, at offset: Int, _ sighting: Sighting, _ output: (Output) -> Void
    ) {
        let end = offset + payload.count
        var start = offset
        var pieces: [Piece] = []
        func add(upTo limit: Int) {
            guard start < limit else { return }
            pieces.append(
                Piece(offset: start, bytes: Array(payload[(start - offset)..<(limit - offset)]), sighting: sighting))
        }
        let first = firstPiece(endingBehind: start)
        for piece in pending[first...] {
            guard piece.offset < end else { break }
            add(upTo: piece.offset)
            let common = max(start, piece.offset)..<min(end, piece.end)
            if let place = common.first(where: { payload[$0 - offset] != piece.bytes[$0 - piece.offset] }) {
                output(.conflict(at: place, sighting))
            }
            start = max(start, piece.end)
        }
        add(upTo: end)
        guard !pieces.isEmpty else { return }
        pendingBytes += pieces.reduce(0) { $0 + $1.bytes.count }
        for piece in pieces { pending.insert(piece, at: firstPiece(endingBehind: piece.offset)) }
    }

    /// The pieces lie in order, and apart.
    private func firstPiece(endingBehind offset: Int) -> Int {
        var (low, high) = (0, pending.count)
        while low < high {
            let middle = (low + high) / 2
            if pending[middle].end > offset { high = middle } else { low = middle + 1 }
        }
        return low
    }

    private mutating func drain(_ output: (Output) -> Void) {
        var count = 0
        while count < pending.count, pending[count].offset == next {
            let piece = pending[count]
            pendingBytes -= piece.bytes.count
            piece.bytes.withUnsafeBytes { deliver($0, piece.sighting, output) }
            count += 1
        }
        pending.removeFirst(count)
    }

    private mutating func closeGap(_ output: (Output) -> Void) {
        guard let first = pending.first else { return }
        output(.gap(first.offset - next, at: next, first.sighting))
        next = first.offset
        drain(output)
    }

    /// Nothing more will come: what still waits comes out with its gaps.
    mutating func finish(_ last: Sighting, _ output: (Output) -> Void) {
        if let filling {
            if acknowledged >= filling.end || end.map({ $0 >= filling.end }) ?? false {
                keep(filling, output)
            } else {
                drop(filling, output)
            }
        }
        filling = nil
        release(output)
        // What was acknowledged, or lies before the end, was sent. The acknowledgement of the end counts as a byte.
        let sent = end ?? (acknowledged - next > 1 ? acknowledged : next)
        if sent > next { output(.gap(sent - next, at: next, last)) }
    }

    /// What waits comes out with its gaps.
    mutating func release(_ output: (Output) -> Void) {
        while !pending.isEmpty { closeGap(output) }
    }
}
