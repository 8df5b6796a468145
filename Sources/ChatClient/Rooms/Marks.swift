import TLSSyntax

/// How far the server was told that this device has stored a room's log. What it has answered it must not forget: a server that has was
/// set back to an earlier state.
///
/// Its record stands in ``RecordTable/marks``:
///
///     struct {
///         uint8 version;              /* 1 */
///         uint64 confirmed;
///     } Marks;
struct Marks: Hashable {
    /// The latest place that the server says it has stored.
    var confirmed: UInt64 = 0
    /// The latest place that it was told, on this connection.
    var sent: UInt64 = 0
    /// When it is told the next time, in milliseconds of the steady clock.
    var due: UInt64?

    private static let version: UInt8 = 1

    init() {}

    init(from reader: inout SyntaxReader) throws(SyntaxError) {
        let start = reader.offset
        guard try reader.uint8() == Self.version else {
            throw .invalidValue(offset: start, "a mark of another version")
        }
        confirmed = try reader.uint64()
        guard confirmed < SenderCounter.maximum else {
            throw .invalidValue(offset: start, "a place that nobody has come to")
        }
    }

    var encoded: [UInt8] {
        var bytes = [Self.version]
        bytes.write(confirmed)
        return bytes
    }
}
