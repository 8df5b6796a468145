/// Reads a list as it comes in, a piece at a time, and keeps nothing of it but the addresses and an unfinished line.
///
/// Strict: a line that is not what the format says, a count that does not agree, an end that is missing, and the list is
/// refused as a whole.
package struct FeedParser: Sendable {
    package let format: FeedSource.Format
    package let limits: FeedLimits
    /// Bytes consumed so far.
    package private(set) var bytes = 0

    /// The most bytes of a line, or of an object in JSON.
    package static let longestLine = 16_384

    private var gatherer: FeedGatherer
    private var unfinished: [UInt8] = []
    /// Of the line that is being read, from 1.
    private var line = 1
    // One of the four is in use: as payloads of an enum they would be copied for every line.
    private var text: FeedTextReader
    private var table = FeedTableReader()
    private var objects = FeedObjectLineReader()
    private var array = FeedArrayReader()

    package init(_ format: FeedSource.Format, limits: FeedLimits = FeedLimits()) {
        self.format = format
        self.limits = limits
        gatherer = FeedGatherer(limits: limits)
        text = FeedTextReader(needsEnd: format == .feodoText)
    }

    /// The next piece, of any length.
    /// - Throws: ``FeedError``; the parser is of no use afterwards.
    package mutating func consume(_ chunk: [UInt8]) throws(FeedError) { try consume(chunk.span) }

    /// The next piece, of any length.
    /// - Throws: ``FeedError``; the parser is of no use afterwards.
    package mutating func consume(_ chunk: Span<UInt8>) throws(FeedError) {
        guard chunk.count <= limits.bytes - bytes else { throw .tooLarge(limits.bytes) }
        let isBeginning = bytes == 0
        bytes += chunk.count
        if isBeginning { try Self.look(at: chunk) }
        if format == .feodoJSON {
            try array.consume(chunk, into: &gatherer)
        } else {
            try consumeLines(chunk)
        }
    }

    /// The end of the list; the parser is of no use afterwards.
    /// - Throws: ``FeedError`` where it was cut off, or a count does not agree.
    package mutating func finish() throws(FeedError) -> FeedContent {
        guard bytes > 0 else { throw FeedError("the list is empty: not a byte came", remedy: FeedError.lookAtAddress) }
        if !unfinished.isEmpty {
            // Half a line may look whole, as a part of an address often is an address. An object shows by itself.
            guard format == .spamhausDrop else { throw .cutOff(line) }
            try consumeLines([UInt8(ascii: "\n")].span)
        }
        switch format {
        case .feodoText, .plain: try text.finish(gatherer)
        case .feodoCSV: try table.finish(gatherer)
        case .spamhausDrop: try objects.finish(gatherer)
        case .feodoJSON: try array.finish()
        }
        return gatherer.takeContent()
    }

    /// What is no list at all gets an error that says so.
    private static func look(at beginning: Span<UInt8>) throws(FeedError) {
        for index in 0..<min(beginning.count, 512) {
            let byte = beginning[index]
            if byte == UInt8(ascii: " ") || (9...13).contains(byte) || [0xEF, 0xBB, 0xBF].contains(byte) { continue }
            if byte == UInt8(ascii: "<") {
                throw FeedError("a web page came instead of a list", remedy: FeedError.lookAtAddress)
            }
            if byte == 0x1F, index + 1 < beginning.count, beginning[index + 1] == 0x8B {
                throw FeedError(
                    "the list is compressed (gzip), which is not read", remedy: "Give the address of the plain file.")
            }
            return
        }
    }

    private mutating func consumeLines(_ chunk: Span<UInt8>) throws(FeedError) {
        var start = 0
        for index in 0..<chunk.count where chunk[index] == UInt8(ascii: "\n") {
            if unfinished.isEmpty {
                try read(chunk.extracting(start..<index))
            } else {
                try keep(chunk.extracting(start..<index))
                var whole: [UInt8] = []
                swap(&whole, &unfinished)
                try read(whole.span)
                whole.removeAll(keepingCapacity: true)
                unfinished = whole
            }
            line += 1
            start = index + 1
        }
        if start < chunk.count { try keep(chunk.extracting(start..<chunk.count)) }
    }

    private mutating func keep(_ part: Span<UInt8>) throws(FeedError) {
        guard unfinished.count + part.count <= Self.longestLine else { throw .longLine(line) }
        for index in 0..<part.count { unfinished.append(part[index]) }
    }

    private mutating func read(_ whole: Span<UInt8>) throws(FeedError) {
        guard whole.count <= Self.longestLine else { throw .longLine(line) }
        var end = whole.count
        if end > 0, whole[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        let content = whole.extracting(0..<end)
        switch format {
        case .feodoText, .plain: try text.read(content, line: line, into: &gatherer)
        case .feodoCSV: try table.read(content, line: line, into: &gatherer)
        case .spamhausDrop: try objects.read(content, line: line, into: &gatherer)
        case .feodoJSON: break
        }
    }
}
