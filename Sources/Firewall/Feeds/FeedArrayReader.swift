/// Feodo Tracker's JSON: an array of flat objects, however its lines are broken.
struct FeedArrayReader: Sendable {
    private enum State: Sendable {
        case beforeArray
        /// Behind `[`: an object, or the end of an array without any.
        case first
        /// Behind a comma.
        case next
        case object
        case string
        case escape
        case behindObject
        case done
    }

    private var state = State.beforeArray
    private var object = FlatObject()
    private var text: [UInt8] = []
    private var line = 1
    /// Where the present object begins.
    private var start = 1

    mutating func consume(_ chunk: Span<UInt8>, into gatherer: inout FeedGatherer) throws(FeedError) {
        for index in 0..<chunk.count {
            let byte = chunk[index]
            if byte == UInt8(ascii: "\n") { line += 1 }
            switch state {
            case .object, .string, .escape:
                guard text.count < FeedParser.longestLine else { throw .longLine(start) }
                text.append(byte)
                try readInside(byte, into: &gatherer)
            default:
                if [32, 9, 10, 13].contains(byte) { continue }
                try readBetween(byte)
            }
        }
    }

    func finish() throws(FeedError) {
        guard case .done = state else { throw .cutOff(line) }
    }

    private mutating func readInside(_ byte: UInt8, into gatherer: inout FeedGatherer) throws(FeedError) {
        switch (state, byte) {
        case (.escape, _): state = .string
        case (.string, UInt8(ascii: "\\")): state = .escape
        case (.string, UInt8(ascii: "\"")): state = .object
        case (.object, UInt8(ascii: "\"")): state = .string
        case (.object, UInt8(ascii: "}")):
            try readObject(into: &gatherer)
            state = .behindObject
        default: break
        }
    }

    private mutating func readObject(into gatherer: inout FeedGatherer) throws(FeedError) {
        var whole: [UInt8] = []
        swap(&whole, &text)
        guard object.parse(whole.span) else { throw .noObject(whole.span, line: start) }
        guard let field = object.field(FeedField.address, in: whole.span) else {
            throw FeedError(line: start, "the object has no \"ip_address\"", remedy: FeedError.formatChanged)
        }
        try gatherer.add(field, of: whole.span, line: start)
        whole.removeAll(keepingCapacity: true)
        text = whole
    }

    private mutating func readBetween(_ byte: UInt8) throws(FeedError) {
        switch (state, byte) {
        case (.beforeArray, UInt8(ascii: "[")): state = .first
        case (.first, UInt8(ascii: "{")), (.next, UInt8(ascii: "{")):
            state = .object
            start = line
            text.append(byte)
        case (.first, UInt8(ascii: "]")), (.behindObject, UInt8(ascii: "]")): state = .done
        case (.behindObject, UInt8(ascii: ",")): state = .next
        case (.done, _): throw .behindEnd(line)
        default:
            throw FeedError(
                line: line, "an array of objects is expected, and it does not go on so", remedy: FeedError.formatChanged
            )
        }
    }
}
