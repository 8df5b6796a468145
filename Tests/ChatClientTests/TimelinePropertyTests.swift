import Chat
import ChatClient
import Testing

@Suite("a room's timeline, for any log")
struct TimelinePropertyTests {
    /// A log of three users who talk, change, react and lose messages, at random.
    private func log(_ random: inout SeededRandom) throws -> [StoredMessage] {
        let senders = ["alice/laptop", "alice/phone", "bob/phone", "carol/pc"]
        let emojis = [try Sample.emoji("👍"), try Sample.emoji("❤️")]
        var tokens: [String: UInt64] = [:]
        return try (UInt64(1)...40).map { place in
            let sender = senders.randomElement(using: &random) ?? "alice/laptop"
            tokens[sender, default: 0] += 1
            let target = UInt64.random(in: 1...45, using: &random)
            let text = try MessageText("text \(place)")
            let token = tokens[sender] ?? 1
            let body: MessageBody =
                switch Int.random(in: 0..<12, using: &random) {
                case 0...3: .text(text)
                case 4: .reply(target: target, text)
                case 5, 6: .edit(target: target, text)
                case 7: .delete(target: target)
                case 8:
                    .reaction(
                        target: target, emojis.randomElement(using: &random) ?? emojis[0],
                        isAdded: .random(using: &random))
                case 9: .read(upTo: target)
                case 10:
                    .again(
                        token: .random(in: 1...token, using: &random), time: Timestamp(milliseconds: place),
                        Bool.random(using: &random) ? .text(text) : .edit(target: target, text))
                default: .action(text)
                }
            let isLost = Int.random(in: 0..<6, using: &random) == 0
            return try Sample.entry(
                place, sender, content: isLost ? .unreadable(.missing(asking: nil)) : .body(body), token: token)
        }
    }

    private func items(_ log: some Sequence<StoredMessage>) throws -> [TimelineItem] {
        var timeline = Timeline(me: try Sample.device("alice/laptop"))
        for message in log { timeline.apply(message) }
        return timeline.items()
    }

    @Test("the order in which entries come, and how often, changes nothing", arguments: UInt64(0)..<60)
    func anyOrder(seed: UInt64) throws {
        var random = SeededRandom(seed)
        let log = try log(&random)
        let expected = try items(log)
        #expect(try items(log) == expected)
        #expect(try items(log.reversed()) == expected)
        #expect(try items(log + log) == expected)
        let shuffled = (log + log.shuffled(using: &random).prefix(20)).shuffled(using: &random)
        #expect(try items(shuffled) == expected)
        #expect(expected.count > 5)
    }

    @Test("the newest so many items are the last of all", arguments: UInt64(0)..<20)
    func limits(seed: UInt64) throws {
        var random = SeededRandom(seed)
        var timeline = Timeline(me: try Sample.device("alice/laptop"))
        for message in try log(&random) { timeline.apply(message) }
        let all = timeline.items()
        for limit in [0, 1, 7, 1_000] { #expect(timeline.items(limit: limit) == Array(all.suffix(limit))) }
        #expect(timeline.items(limit: -1).isEmpty)
    }

    @Test(
        "a page from some place on is shown as if nothing else had been loaded, and forgetting is exact",
        arguments: UInt64(0)..<60)
    func forgetting(seed: UInt64) throws {
        var random = SeededRandom(seed)
        let log = try log(&random)
        var timeline = Timeline(me: try Sample.device("alice/laptop"))
        for message in log { timeline.apply(message) }
        timeline.keepNewest(15)
        let kept = try #require(timeline.range)
        #expect(timeline.count == 15)
        #expect(try timeline.items() == items(log.filter { $0.sequence >= kept.lowerBound || isReceipt($0) }))
        // Loaded again, it is whole.
        for message in log.reversed() { timeline.apply(message) }
        #expect(try timeline.items() == items(log))
        timeline.keepNewest(0)
        #expect(timeline.items().isEmpty && timeline.range == nil)
    }

    private func isReceipt(_ message: StoredMessage) -> Bool {
        if case .body(.read) = message.content { true } else { false }
    }
}
