/// What a parser has found so far.
struct FeedGatherer: Sendable {
    let limits: FeedLimits
    private(set) var entries = 0
    var published: Int64?
    var copyright: String?

    private var hosts4: [UInt32] = []
    private var ranges4: [ClosedRange<UInt32>] = []
    private var hosts6: [UInt128] = []
    private var ranges6: [ClosedRange<UInt128>] = []
    private var tooWide: [String] = []
    private var tooWideCount = 0

    init(limits: FeedLimits) { self.limits = limits }

    /// Takes the entry that is written in a part of a text.
    mutating func add(_ text: Span<UInt8>, from start: Int, to end: Int, line: Int) throws(FeedError) {
        guard let entry = AddressText.entry(text, from: start, to: end) else {
            let words = FeedError.quoted(text, from: start, to: end)
            throw FeedError(line: line, "\(words) is no address and no network", remedy: FeedError.formatChanged)
        }
        guard entries < limits.entries else {
            throw FeedError(
                line: line, "the list holds more than \(limits.entries) entries",
                remedy: "Use a smaller list, or split this one.")
        }
        entries += 1
        switch entry {
        case .ipv4(let range):
            if range.count == 1 {
                hosts4.append(range.lowerBound)
            } else if range.upperBound - range.lowerBound < FeedSanity.widest4 {
                ranges4.append(range)
            } else {
                refuse(text, from: start, to: end)
            }
        case .ipv6(let range):
            if range.lowerBound == range.upperBound {
                hosts6.append(range.lowerBound)
            } else if range.upperBound - range.lowerBound < FeedSanity.widest6 {
                ranges6.append(range)
            } else {
                refuse(text, from: start, to: end)
            }
        case .bitsBehindPrefix(let network):
            let words = FeedError.quoted(text, from: start, to: end)
            throw FeedError(
                line: line, "\(words) has bits behind its prefix: the network would be \(network)",
                remedy: FeedError.formatChanged)
        }
    }

    /// An entry too wide for any list is kept apart from the beginning: it would swallow the others when they are merged.
    private mutating func refuse(_ text: Span<UInt8>, from start: Int, to end: Int) {
        tooWideCount += 1
        if tooWide.count < 16 { tooWide.append(FeedError.plain(text, from: start, to: end)) }
    }

    /// Gives it away, so that nothing is there twice while it is sorted.
    mutating func takeContent() -> FeedContent {
        var four: [UInt32] = []
        var networks4: [ClosedRange<UInt32>] = []
        var six: [UInt128] = []
        var networks6: [ClosedRange<UInt128>] = []
        swap(&four, &hosts4)
        swap(&networks4, &ranges4)
        swap(&six, &hosts6)
        swap(&networks6, &ranges6)
        let list = FeedList(
            hosts4: consume four, ranges4: consume networks4, hosts6: consume six, ranges6: consume networks6)
        return FeedContent(
            list: list, entries: entries, tooWide: tooWide, tooWideCount: tooWideCount, published: published,
            copyright: copyright)
    }
}
