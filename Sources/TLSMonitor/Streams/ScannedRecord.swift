import TLSWire

/// A record as it was seen.
struct ScannedRecord {
    var header: TLSRecordHeader
    /// Of the header, in bytes: 5, or for SSL 2.0 2 or 3.
    var headerLength = TLSRecordHeader.length
    /// Of its first byte, in the stream.
    var offset: Int
    var first: Sighting
    var last: Sighting
    /// Whether all of its payload is kept.
    var keepsPayload: Bool
    /// Bytes of its payload that were seen, and that are known to be missing.
    var seen = 0
    var missing = 0
    /// All that was seen of the payload, if it is kept: of records that may be in the clear, or can be opened. Else its first bytes, or
    /// none.
    var payload: [UInt8] = []
    /// Of the first ``leanLength`` bytes of a payload that is marked as encrypted: how many have the highest bit set.
    var highBits = 0

    /// The same of the stretch that is being read behind them.
    var laterHighBits = 0
    /// A later stretch of so many bytes holds text.
    var hasLaterText = false

    /// Bytes of a payload that are judged, and kept to be counted.
    static let leanLength = 4_096

    var remaining: Int { header.payloadLength - seen - missing }
    var isWhole: Bool { seen == header.payloadLength }
    /// A record of SSL 2.0 (RFC 5246 §E.2, RFC 6101 §E).
    var isSSL2: Bool { headerLength != TLSRecordHeader.length }
    /// Bytes of the stream that it accounts for.
    var byteCount: Int { headerLength + seen }
}
