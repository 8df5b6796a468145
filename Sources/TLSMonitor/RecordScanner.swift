import TLSWire

/// Cuts one direction of a stream into TLS records (RFC 8446 §5.1). Every byte that goes in comes out in exactly one item.
struct RecordScanner {
    /// What a stretch of the stream is.
    enum Item {
        case record(ScannedRecord)
        /// Bytes in which no record could be found, after a gap or in a stream that was joined late.
        case skipped(Int, at: Int, Sighting)
        /// From here on the stream is no TLS: so many bytes, and whatever follows. `sample` holds the first.
        case foreign(Int, at: Int, sample: [UInt8], Sighting)
        /// More bytes of a stream that is no TLS.
        case moreForeign(Int)
    }

    private enum Mode {
        case records
        /// Looks for the place where records begin again.
        case seeking
        case foreign
    }

    /// Whether payloads are kept that are under keys: somebody can open them.
    private let keepsAll: Bool
    private var mode = Mode.records
    /// A header that is not whole.
    private var held: [UInt8] = []
    private var seeker = RecordSeeker()
    /// Of the first byte that is not attributed yet.
    private var heldOffset = 0
    private var current: ScannedRecord?
    /// Whole records since records were looked for; a stream that was seen from its start needs none.
    private var trust = RecordScanner.enoughTrust

    init(keepsAll: Bool = false) {
        self.keepsAll = keepsAll
    }

    private static let sampleLength = 32
    /// With so many records where they were looked for, it was no chance.
    private static let enoughTrust = 2

    /// Bytes are missing before the next ones.
    mutating func skip(_ count: Int, _ sighting: Sighting, _ output: (Item) -> Void) {
        if var record = current {
            let inside = min(count, record.remaining)
            record.missing += inside
            current = record
            if record.remaining == 0 { complete(output) }
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
        var bytes = bytes
        var offset = offset
        func advance(_ count: Int) {
            bytes = UnsafeRawBufferPointer(rebasing: bytes[count...])
            offset += count
        }
        while !bytes.isEmpty {
            if var record = current {
                // Not shared any more, so that its bytes are not copied each time.
                current = nil
                let count = min(bytes.count, record.remaining)
                if record.keepsPayload { record.payload.append(contentsOf: bytes[..<count]) }
                if !record.keepsPayload, record.sample.count < ScannedRecord.sampleLength {
                    record.sample.append(
                        contentsOf: bytes[..<min(count, ScannedRecord.sampleLength - record.sample.count)])
                }
                record.seen += count
                record.last = sighting
                current = record
                advance(count)
                if record.remaining == 0 { complete(output) }
                continue
            }
            switch mode {
            case .foreign:
                output(.moreForeign(bytes.count))
                return
            case .seeking:
                if seeker.held.isEmpty { heldOffset = offset }
                resume(with: bytes, sighting, output)
                return
            case .records:
                if held.isEmpty { heldOffset = offset }
                let count = min(bytes.count, TLSRecordHeader.length - held.count)
                held.append(contentsOf: bytes[..<count])
                advance(count)
                begin(before: bytes, sighting, output)
            }
        }
    }

    /// Begins a record if its header is whole.
    private mutating func begin(
        before rest: UnsafeRawBufferPointer, _ sighting: Sighting, _ output: (Item) -> Void
    ) {
        let header: TLSRecordHeader
        do throws(TLSDecodeError) {
            header = try held.withUnsafeBufferPointer { (bytes) throws(TLSDecodeError) in
                try TLSRecordHeader(decoding: UnsafeRawBufferPointer(bytes))
            }
        } catch {
            if case .truncated = error, held.isEmpty || TLSContentType(rawValue: held[0]) != nil { return }
            if trust < Self.enoughTrust {
                output(.skipped(held.count, at: heldOffset, sighting))
                held = []
                mode = .seeking
                return
            }
            mode = .foreign
            let sample = held + rest.prefix(Self.sampleLength)
            output(.foreign(held.count, at: heldOffset, sample: sample, sighting))
            held = []
            return
        }
        held = []
        current = ScannedRecord(
            header: header, offset: heldOffset, first: sighting, last: sighting,
            keepsPayload: keepsAll || header.contentType != .applicationData)
        if header.payloadLength == 0 { complete(output) }
    }

    private mutating func complete(_ output: (Item) -> Void) {
        guard let record = current else { return }
        current = nil
        trust += 1
        output(.record(record))
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
        if count > 0 { output(.skipped(count, at: heldOffset, sighting)) }
        held = []
        seeker = RecordSeeker()
    }

    /// Nothing more will come: a record that is not whole comes out as it is.
    mutating func finish(_ sighting: Sighting, _ output: (Item) -> Void) {
        complete(output)
        giveUpHeld(sighting, output)
    }
}

/// A record as it was seen.
struct ScannedRecord {
    var header: TLSRecordHeader
    /// Of its first byte, in the stream.
    var offset: Int
    var first: Sighting
    var last: Sighting
    /// Whether all of its payload is kept.
    var keepsPayload: Bool
    /// Bytes of its payload that were seen, and that are known to be missing.
    var seen = 0
    var missing = 0
    /// All that was seen of the payload, if it is kept: of records that may be in the clear, or can be opened.
    var payload: [UInt8] = []
    /// The first bytes of the payload of any other.
    var sample: [UInt8] = []

    static let sampleLength = 4_096

    var remaining: Int { header.payloadLength - seen - missing }
    var isWhole: Bool { seen == header.payloadLength }
    /// Bytes of the stream that it accounts for.
    var byteCount: Int { TLSRecordHeader.length + seen }
}
