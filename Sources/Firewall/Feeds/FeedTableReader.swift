/// Feodo Tracker's table: remarks, an uncommented line of column names, and quoted cells.
struct FeedTableReader: Sendable {
    private var columns = 0
    private var address = 0
    private var cells: [Range<Int>] = []
    private var end: FeedEnd?

    mutating func read(_ text: Span<UInt8>, line: Int, into gatherer: inout FeedGatherer) throws(FeedError) {
        if text.count == 0 { return }
        if text[0] == UInt8(ascii: "#") {
            return try FeedRemark.read(text, from: 0, line: line, end: &end, into: &gatherer)
        }
        guard end == nil else { throw .behindEnd(line) }
        guard split(text) else {
            throw FeedError(
                line: line, "the cells are not all in quotes with commas between", remedy: FeedError.formatChanged)
        }
        if columns == 0 { return try readNames(text, line: line) }
        guard cells.count == columns else {
            throw FeedError(
                line: line, "the line has \(cells.count) cells, and the table \(columns) columns",
                remedy: FeedError.formatChanged)
        }
        try gatherer.add(text, from: cells[address].lowerBound, to: cells[address].upperBound, line: line)
    }

    func finish(_ gatherer: borrowing FeedGatherer) throws(FeedError) {
        guard columns > 0 else {
            throw FeedError(
                "the line with the names of the columns (\"dst_ip\" among them) is missing: the list was cut off",
                remedy: FeedError.triedAgain)
        }
        guard let end else { return }
        guard end.entries == gatherer.entries else {
            throw .disagreeing(end.entries, gatherer.entries, line: end.line)
        }
    }

    private mutating func readNames(_ text: Span<UInt8>, line: Int) throws(FeedError) {
        let found = cells.firstIndex { FlatObject.matches(text, $0, FeedField.csvAddress) }
        guard let found else {
            throw FeedError(
                line: line, "no column has the name \"dst_ip\"", remedy: FeedError.formatChanged)
        }
        address = found
        columns = cells.count
    }

    /// Finds the cells of a line, without their quotes. A doubled quote is a quote within a cell.
    private mutating func split(_ text: Span<UInt8>) -> Bool {
        cells.removeAll(keepingCapacity: true)
        let quote = UInt8(ascii: "\"")
        var index = 0
        while cells.count < 64 {
            guard index < text.count, text[index] == quote else { return false }
            index += 1
            let start = index
            while index < text.count {
                if text[index] != quote {
                    index += 1
                } else if index + 1 < text.count, text[index + 1] == quote {
                    index += 2
                } else {
                    break
                }
            }
            guard index < text.count else { return false }
            cells.append(start..<index)
            index += 1
            if index == text.count { return true }
            guard text[index] == UInt8(ascii: ",") else { return false }
            index += 1
        }
        return false
    }
}
