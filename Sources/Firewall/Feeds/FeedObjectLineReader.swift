/// Spamhaus DROP: an object a line, the last of which says how many there were.
struct FeedObjectLineReader: Sendable {
    private var object = FlatObject()
    private var isDone = false

    mutating func read(_ text: Span<UInt8>, line: Int, into gatherer: inout FeedGatherer) throws(FeedError) {
        if text.count == 0 { return }
        guard !isDone else { throw .behindEnd(line) }
        guard object.parse(text) else { throw .noObject(text, line: line) }
        if let field = object.field(FeedField.cidr, in: text) {
            try gatherer.add(field, of: text, line: line)
            return
        }
        guard let type = object.field(FeedField.type, in: text),
            FlatObject.matches(text, type.value, FeedField.metadata)
        else {
            throw FeedError(line: line, "the object has no \"cidr\"", remedy: FeedError.formatChanged)
        }
        guard let records = object.field(FeedField.records, in: text), records.kind == .number,
            let count = AddressText.number(
                text, from: records.value.lowerBound, to: records.value.upperBound, digits: 9)
        else {
            throw FeedError(
                line: line, "the last line does not say the number of \"records\"", remedy: FeedError.formatChanged)
        }
        guard count == gatherer.entries else { throw .disagreeing(count, gatherer.entries, line: line) }
        isDone = true
        if let time = object.field(FeedField.timestamp, in: text), time.kind == .number {
            gatherer.published = AddressText.number(
                text, from: time.value.lowerBound, to: time.value.upperBound, digits: 12
            ).map(Int64.init)
        }
        if let words = object.field(FeedField.copyright, in: text), words.kind == .string,
            let bytes = FlatObject.bytes(words, in: text)
        {
            gatherer.copyright = FeedError.displayed(String(decoding: bytes, as: UTF8.self), most: 200)
        }
    }

    func finish(_ gatherer: borrowing FeedGatherer) throws(FeedError) {
        guard isDone else {
            throw FeedError(
                "the last line, which says the number of \"records\", is missing: the list was cut off",
                remedy: FeedError.triedAgain)
        }
    }
}

/// Names in lists, as bytes.
enum FeedField {
    static let cidr = Array("cidr".utf8)
    static let type = Array("type".utf8)
    static let metadata = Array("metadata".utf8)
    static let records = Array("records".utf8)
    static let timestamp = Array("timestamp".utf8)
    static let copyright = Array("copyright".utf8)
    static let address = Array("ip_address".utf8)
    static let csvAddress = Array("dst_ip".utf8)
}

extension FeedGatherer {
    /// Takes the entry that is a string of an object.
    mutating func add(_ field: FlatObject.Field, of text: Span<UInt8>, line: Int) throws(FeedError) {
        guard field.kind == .string else {
            throw FeedError(line: line, "the address is not a string", remedy: FeedError.formatChanged)
        }
        guard field.hasEscapes else {
            return try add(text, from: field.value.lowerBound, to: field.value.upperBound, line: line)
        }
        guard let bytes = FlatObject.bytes(field, in: text) else { throw .noObject(text, line: line) }
        try add(bytes.span, from: 0, to: bytes.count, line: line)
    }
}
