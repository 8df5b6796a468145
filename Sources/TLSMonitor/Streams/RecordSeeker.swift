import TLSWire

/// Looks for the place where records begin again, after a gap or in a stream that was joined late.
///
/// Every byte is looked at once, however small the pieces are in which the stream comes.
struct RecordSeeker {
    /// Bytes that are not given up yet.
    private(set) var held: [UInt8] = []
    /// Places before it have been judged.
    private var examined = 0
    /// For the end of every record that may begin in what is held, where it may begin.
    private var starts: [Int: Int] = [:]

    /// About how many bytes of memory it needs.
    var heldBytes: Int { held.count + starts.count * 48 }

    /// Bytes that are searched before they are given up.
    private static let limit = 2 * (TLSRecordHeader.longestPayload + TLSRecordHeader.length)
    /// Bytes by which a hello is known: the record's header, and the message's.
    private static let view = TLSRecordHeader.length + 4

    /// - Returns: where records begin in ``held``, once that is known.
    mutating func feed(_ bytes: UnsafeRawBufferPointer) -> Int? {
        var oldest = held.count
        let pieceStart = held.count
        held.append(contentsOf: bytes)
        while examined + Self.view <= held.count {
            let place = examined
            examined += 1
            guard let header = header(at: place), header.payloadLength > 0 else { continue }
            if isHello(header, at: place) { return place }
            // Older versions, which chance brings as often, only where a segment begins.
            guard header.version == .tls12 || place == pieceStart else { continue }
            let end = place + TLSRecordHeader.length + header.payloadLength
            starts[end] = min(place, starts[end] ?? place)
            oldest = min(oldest, end)
        }
        // Ends whose next header is whole only now, or that are the end of all that came.
        for end in max(0, oldest - TLSRecordHeader.length)..<max(oldest, held.count + 1) {
            guard let start = starts[end] else { continue }
            if end == held.count || header(at: end) != nil { return start }
        }
        return nil
    }

    /// Bytes that may be given up, because no record was found in so many; they are forgotten.
    mutating func giveUp() -> Int {
        guard held.count > Self.limit else { return 0 }
        let count = held.count - Self.view
        held.removeFirst(count)
        examined = 0
        starts.removeAll(keepingCapacity: true)
        return count
    }

    /// A hello in a record of its own begins a connection, whatever came before.
    private func isHello(_ header: TLSRecordHeader, at place: Int) -> Bool {
        let body = place + TLSRecordHeader.length
        guard header.contentType == .handshake, body + 4 <= held.count, [1, 2].contains(held[body]), held[body + 1] == 0
        else { return false }
        return Int(held[body + 2]) << 8 | Int(held[body + 3]) == header.payloadLength - 4
    }

    private func header(at place: Int) -> TLSRecordHeader? {
        guard place + TLSRecordHeader.length <= held.count, TLSContentType(rawValue: held[place]) != nil else {
            return nil
        }
        return held[place...].withUnsafeBytes { bytes in
            do throws(TLSDecodeError) { return try TLSRecordHeader(decoding: bytes) } catch { return nil }
        }
    }
}
