/// A list with an entry a line and remarks behind `#`: Feodo Tracker's text form, and plain lists.
struct FeedTextReader: Sendable {
    /// Feodo Tracker's form ends with the count of its entries: without it the list was cut off.
    let needsEnd: Bool
    private var end: FeedEnd?

    init(needsEnd: Bool) { self.needsEnd = needsEnd }

    mutating func read(_ text: Span<UInt8>, line: Int, into gatherer: inout FeedGatherer) throws(FeedError) {
        var first = 0
        while first < text.count, text[first].isBlank { first += 1 }
        var last = first
        while last < text.count, text[last] != UInt8(ascii: "#"), needsEnd || text[last] != UInt8(ascii: ";") {
            last += 1
        }
        if last < text.count, last == first {
            try FeedRemark.read(text, from: first, line: line, end: &end, into: &gatherer)
            return
        }
        while last > first, text[last - 1].isBlank { last -= 1 }
        guard last > first else { return }
        guard end == nil else { throw .behindEnd(line) }
        try gatherer.add(text, from: first, to: last, line: line)
    }

    func finish(_ gatherer: borrowing FeedGatherer) throws(FeedError) {
        if let end {
            guard end.entries == gatherer.entries else {
                throw .disagreeing(end.entries, gatherer.entries, line: end.line)
            }
        } else if needsEnd {
            throw FeedError("the list has no line \"# END n entries\": it was cut off", remedy: FeedError.triedAgain)
        } else if gatherer.entries == 0 {
            throw FeedError(
                "the list holds no entry and does not say that it means to (\"# END 0 entries\")",
                remedy: FeedError.lookAtAddress)
        }
    }
}

/// The count at the end of a list, and where it stands.
struct FeedEnd: Hashable, Sendable {
    let entries: Int
    let line: Int
}

/// Remarks that mean something: `# END 5 entries` and `# Last updated: 2026-10-05 11:20:08 UTC`.
enum FeedRemark {
    /// - Parameter start: of the `#`.
    static func read(
        _ text: Span<UInt8>, from start: Int, line: Int, end: inout FeedEnd?, into gatherer: inout FeedGatherer
    ) throws(FeedError) {
        guard text.count - start <= 200 else { return }
        var bytes: [UInt8] = []
        for index in start..<text.count where text[index] != UInt8(ascii: "#") { bytes.append(text[index]) }
        let words = String(decoding: bytes, as: UTF8.self).split(separator: " ")
        if words.count == 3, words[0] == "END", words[2] == "entries" || words[2] == "entry" {
            let digits = words[1].hasPrefix("(") && words[1].hasSuffix(")") ? words[1].dropFirst().dropLast() : words[1]
            guard end == nil, digits.utf8.count <= 9, let count = Int(digits), count >= 0 else {
                throw FeedError(line: line, "the count at the end is not readable", remedy: FeedError.formatChanged)
            }
            end = FeedEnd(entries: count, line: line)
        } else if words.count >= 4, words[0] == "Last", words[1] == "updated:" {
            gatherer.published = UTCTime("\(words[2])T\(words[3])Z")?.seconds
        }
    }
}

extension UInt8 {
    /// A space or a tabulator.
    var isBlank: Bool { self == 32 || self == 9 }
}
