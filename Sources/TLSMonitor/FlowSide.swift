/// One direction of a connection.
///
/// What is put in order hands bytes to what cuts records, and that hands records to what judges them: each changes only itself
/// meanwhile, on one thread. Debug builds check that; in a release build the checks would cost a sixth of the time.
final class FlowSide {
    let direction: FlowDirection
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    var stream = StreamReassembler()
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    var scanner: RecordScanner
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    var search: MarkerSearch
    /// For markers inside of what is compressed.
    var compressed: CompressedSearch?
    var histogram = ByteHistogram()
    var ledger = ByteLedger()
    var segments = 0
    var bytes = 0
    var records = 0
    var missing = 0
    var isTruncated = false
    var isKnownLate = false
    /// The first bytes that were no TLS.
    var foreign: [UInt8] = []

    init(_ direction: FlowDirection, scanner: RecordScanner, search: MarkerSearch) {
        self.direction = direction
        self.scanner = scanner
        self.search = search
    }
}
