import TLSWire

/// Cuts one direction of a stream into TLS records (RFC 8446 §5.1). Every byte that goes in comes out in exactly one item.
struct RecordScanner {
    /// What a stretch of the stream is.
    enum Item {
        case record(ScannedRecord)
        /// Bytes in which no record could be found, after a gap or in a stream that was joined late.
        case skipped(Int, at: Int, Sighting)
        /// From here on the stream is no TLS. `sample` holds the first bytes, which are counted by what follows.
        case foreign(at: Int, sample: [UInt8], Sighting)
        /// So many bytes of a stream that is no TLS.
        case moreForeign(Int)
        /// Here it becomes TLS after all: another protocol asked for it (STARTTLS), or a proxy led to it.
        case begins(at: Int, Sighting)
    }

    private enum Mode {
        case records
        /// Looks for the place where records begin again.
        case seeking
        case foreign
    }

    /// Whether payloads are kept that are under keys: somebody can open them.
    var keepsAll: Bool
    /// Of payloads that are not kept, the first bytes that are all the same.
    private let sampleLength: Int
    private var mode = Mode.records
    /// A header that is not whole, or in another protocol what may be the beginning of a hello.
    private var held: [UInt8] = []
    private var seeker = RecordSeeker()
    /// Of the first byte that is not attributed yet.
    private var heldOffset = 0
    private var current: ScannedRecord?
    /// Whole records since records were looked for; a stream that was seen from its start needs none.
    private var trust = RecordScanner.enoughTrust
    /// Bytes whose distribution is still to be counted.
    private var uncounted = ByteHistogram.limit
    private var speaksSSL2 = false

    /// About how many bytes of memory it needs.
    var heldBytes: Int { (current?.payload.count ?? 0) + held.count + seeker.heldBytes }

    /// - Parameter sampleLength: bytes that are wanted of each payload, to be shown.
    init(keepsAll: Bool = false, sampleLength: Int = 0) {
        self.keepsAll = keepsAll
        self.sampleLength = sampleLength
    }

    /// With so many records where they were looked for, it was no chance.
    private static let enoughTrust = 2

    /// Bytes are missing before the next ones.
    mutating func skip(_ count: Int, _ sighting: Sighting, _ output: (Item) -> Void) {
        if let remaining = current?.remaining {
            let inside = min(count, remaining)
            current?.missing += inside
            if remaining == inside { complete(output) }
            if inside == count { return }
        }
        giveUpHeld(sighting, output)
        if mode != .foreign { mode = .seeking }
    }

    /// The stream was joined in its middle.
    mutating func seek() { mode = .seeking }

    mutating func feed(
        _ bytes: UnsafeRawBufferPointer, at offset: Int, _ sighting: Sighting, _ output: (Item) -> Void
    ) {
        var place = 0
        while place < bytes.count {
            if let remaining = current?.remaining {
                let count = min(bytes.count - place, remaining)
                take(UnsafeRawBufferPointer(rebasing: bytes[place..<place + count]), sighting)
                place += count
                if remaining == count { complete(output) }
                continue
            }
            switch mode {
            case .foreign:
                look(in: UnsafeRawBufferPointer(rebasing: bytes[place...]), at: offset + place, sighting, output)
                return
            case .seeking:
                if seeker.held.isEmpty { heldOffset = offset + place }
                resume(with: UnsafeRawBufferPointer(rebasing: bytes[place...]), sighting, output)
                return
            case .records:
                place += header(UnsafeRawBufferPointer(rebasing: bytes[place...]), at: offset + place, sighting, output)
            }
        }
    }

    /// More of the current record's payload.
    private mutating func take(_ bytes: UnsafeRawBufferPointer, _ sighting: Sighting) {
        guard let record = current else { return }
        if record.header.contentType == .applicationData { countHighBits(bytes, from: record.seen) }
        if record.keepsPayload {
            current?.payload.append(contentsOf: bytes)
        } else {
            let wanted = max(uncounted > 0 ? ScannedRecord.leanLength : 0, sampleLength) - record.payload.count
            if wanted > 0 { current?.payload.append(contentsOf: bytes.prefix(wanted)) }
        }
        current?.seen += bytes.count
        current?.last = sighting
    }

    /// Stretch by stretch: text may follow what is even.
    private mutating func countHighBits(_ bytes: UnsafeRawBufferPointer, from seen: Int) {
        var place = 0
        while place < bytes.count {
            let inside = (seen + place) % ScannedRecord.leanLength
            let count = min(ScannedRecord.leanLength - inside, bytes.count - place)
            let high = ByteHistogram.highBits(bytes[place..<(place + count)])
            if seen + place < ScannedRecord.leanLength {
                current?.highBits += high
            } else {
                current?.laterHighBits += high
                if inside + count == ScannedRecord.leanLength { judgeStretch(inside + count) }
            }
            place += count
        }
    }

    private mutating func judgeStretch(_ count: Int) {
        guard let high = current?.laterHighBits else { return }
        if ByteHistogram.leans(count, high: high) { current?.hasLaterText = true }
        current?.laterHighBits = 0
    }

    // MARK: Headers

    /// - Returns: how many of `bytes` belong to a header.
    private mutating func header(
        _ bytes: UnsafeRawBufferPointer, at offset: Int, _ sighting: Sighting, _ output: (Item) -> Void
    ) -> Int {
        if held.isEmpty {
            heldOffset = offset
            // Nearly always it is whole.
            if bytes.count >= TLSRecordHeader.length, let header = TLSRecordHeader(plausible: bytes) {
                begin(header, sighting, output)
                return TLSRecordHeader.length
            }
        }
        let count = min(bytes.count, TLSRecordHeader.length - held.count)
        held.append(contentsOf: bytes.prefix(count))
        let header = held.withUnsafeBytes { TLSRecordHeader(plausible: $0) }
        if let header {
            held = []
            begin(header, sighting, output)
            return count
        }
        if held.count < TLSRecordHeader.length, TLSContentType(rawValue: held[0]) != nil { return count }
        return noHeader(after: count, of: bytes, sighting, output)
    }

    private mutating func noHeader(
        after count: Int, of bytes: UnsafeRawBufferPointer, _ sighting: Sighting, _ output: (Item) -> Void
    ) -> Int {
        switch SSL2Header.read(held, isFirst: heldOffset == 0 && trust == Self.enoughTrust, speaksSSL2: speaksSSL2) {
        case .whole(let header)?:
            speaksSSL2 = true
            // What was held beyond the header belongs to the payload; the bytes of one header come in one piece, or nearly.
            let back = held.count - header.length
            current = ScannedRecord(
                header: header.asRecordHeader, headerLength: header.length, offset: heldOffset, first: sighting,
                last: sighting, keepsPayload: true)
            let rest = Array(held.suffix(back))
            held = []
            rest.withUnsafeBytes { take(UnsafeRawBufferPointer(rebasing: $0.prefix(header.payloadLength)), sighting) }
            if current?.remaining == 0 { complete(output) }
            return count
        case .needsMore?: return count
        case nil: break
        }
        if trust < Self.enoughTrust {
            output(.skipped(held.count, at: heldOffset, sighting))
            held = []
            mode = .seeking
            return count
        }
        mode = .foreign
        let rest = bytes[count...]
        output(.foreign(at: heldOffset, sample: held + rest.prefix(64), sighting))
        return count
    }

    private mutating func begin(_ header: TLSRecordHeader, _ sighting: Sighting, _ output: (Item) -> Void) {
        current = ScannedRecord(
            header: header, offset: heldOffset, first: sighting, last: sighting,
            keepsPayload: keepsAll || header.contentType != .applicationData)
        if header.payloadLength == 0 { complete(output) }
    }

    private mutating func complete(_ output: (Item) -> Void) {
        if let seen = current?.seen, seen > ScannedRecord.leanLength { judgeStretch(seen % ScannedRecord.leanLength) }
        guard let record = current.take() else { return }
        trust += 1
        if !record.keepsPayload { uncounted -= min(uncounted, record.payload.count) }
        output(.record(record))
    }

    // MARK: Other bytes

    /// Looks for the hello with which TLS may begin behind another protocol.
    private mutating func look(
        in bytes: UnsafeRawBufferPointer, at offset: Int, _ sighting: Sighting, _ output: (Item) -> Void
    ) {
        if held.isEmpty { return look(in: bytes, from: offset, sighting, output) }
        let joined = held + bytes
        held = []
        let start = heldOffset
        joined.withUnsafeBytes { look(in: $0, from: start, sighting, output) }
    }

    private mutating func look(
        in bytes: UnsafeRawBufferPointer, from offset: Int, _ sighting: Sighting, _ output: (Item) -> Void
    ) {
        switch HelloSearch.search(bytes) {
        case .none(let count):
            if bytes.count > count { output(.moreForeign(bytes.count - count)) }
            held = Array(bytes.suffix(count))
            heldOffset = offset + bytes.count - count
        case .found(let place):
            if place > 0 { output(.moreForeign(place)) }
            output(.begins(at: offset + place, sighting))
            mode = .records
            feed(UnsafeRawBufferPointer(rebasing: bytes[place...]), at: offset + place, sighting, output)
        }
    }

    /// Looks for the place where records begin again.
    private mutating func resume(
        with bytes: UnsafeRawBufferPointer, _ sighting: Sighting, _ output: (Item) -> Void
    ) {
        guard let start = seeker.feed(bytes) else {
            let lost = seeker.giveUp()
            if lost > 0 { output(.skipped(lost, at: heldOffset, sighting)) }
            heldOffset += lost
            return
        }
        if start > 0 { output(.skipped(start, at: heldOffset, sighting)) }
        mode = .records
        trust = 0
        let rest = seeker.held[start...]
        let offset = heldOffset + start
        seeker = RecordSeeker()
        rest.withUnsafeBytes { feed($0, at: offset, sighting, output) }
    }

    private mutating func giveUpHeld(_ sighting: Sighting, _ output: (Item) -> Void) {
        let count = held.count + seeker.held.count
        if count > 0 { output(mode == .foreign ? .moreForeign(count) : .skipped(count, at: heldOffset, sighting)) }
        held = []
        seeker = RecordSeeker()
    }

    /// Nothing more will come: a record that is not whole comes out as it is.
    mutating func finish(_ sighting: Sighting, _ output: (Item) -> Void) {
        complete(output)
        giveUpHeld(sighting, output)
    }
}
