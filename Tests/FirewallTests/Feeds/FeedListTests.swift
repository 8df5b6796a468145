import Testing

@testable import Firewall

@Suite("feed list")
struct FeedListTests {
    @Test("sorts, drops what comes twice and hosts that lie in ranges, and merges ranges that overlap")
    func tidies() {
        let list = FeedList(
            hosts4: [9, 5, 5, 1, 20], ranges4: [8...10, 30...40, 35...50, 51...52], hosts6: [3, 2, 3], ranges6: [3...7])
        #expect(list.hosts4 == [1, 5, 20])
        #expect(list.ranges4 == [8...10, 30...50, 51...52])
        #expect(list.hosts6 == [2])
        #expect(list.count == 8)
        #expect(list.covered4 == 3 + 3 + 21 + 2)
        #expect(list.joined().ranges4 == [8...10, 30...52])
    }

    @Test("holds at both ends of the numbers")
    func holdsAtEnds() {
        let list = FeedList(
            hosts4: [0, .max], ranges4: [1...2, .max - 2 ... .max - 1], hosts6: [0, .max], ranges6: [.max - 9 ... .max])
        #expect(list.hosts4 == [0, .max])
        #expect(list.hosts6 == [0])
        #expect(list.joined().ranges4.count == 2)
        #expect(list.contains(IPAddress(ipv4: .max)))
        #expect(list.contains(IPAddress(ipv6: .max)))
        #expect(FeedList(ranges4: [0 ... .max]).covered4 == 1 << 32)
        #expect(FeedList(ranges6: [0 ... .max]).covered6 == 1 << 64)
    }

    @Test("contains what a plain search finds")
    func containsLikeSearch() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let hosts = (0..<20).map { _ in UInt32.random(in: 0..<200, using: &generator) }
            let ranges = (0..<5).map { _ -> ClosedRange<UInt32> in
                let first = UInt32.random(in: 0..<200, using: &generator)
                return first...(first + UInt32.random(in: 1..<10, using: &generator))
            }
            let list = FeedList(hosts4: hosts, ranges4: ranges)
            for value in UInt32(0)..<220 {
                let isThere = hosts.contains(value) || ranges.contains { $0.contains(value) }
                #expect(list.contains(IPAddress(ipv4: value)) == isThere)
                #expect(list.joined().contains(IPAddress(ipv4: value)) == isThere)
                #expect((list.entry(with: IPAddress(ipv4: value)) != nil) == isThere)
            }
            #expect(zip(list.ranges4, list.ranges4.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound })
        }
    }

    @Test("feeds of one direction become one list, and each can still be asked for")
    func unites() throws {
        let feeds = LoadedFeeds([
            .init(name: "a", direction: .out, list: FeedList(hosts4: [1, 2])),
            .init(name: "b", direction: .both, list: FeedList(hosts4: [2], ranges4: [10...19])),
            .init(name: "c", direction: .both, list: FeedList(ranges4: [20...29], hosts6: [1])),
        ])
        #expect(feeds.union(.out) == FeedList(hosts4: [1, 2]))
        #expect(feeds.union(.both) == FeedList(hosts4: [2], ranges4: [10...29], hosts6: [1]))
        #expect(feeds.union(.in).isEmpty)
        #expect(feeds.listing(IPAddress(ipv4: 2)).map(\.name) == ["a", "b"])
        #expect(feeds.listing(IPAddress(ipv4: 3)).isEmpty)
        let generation = FeedGeneration(number: 3, lists: feeds.unions)
        #expect(generation.keys.map { generation.name($0) } == ["f3_out_4h", "f3_both_4h", "f3_both_4n", "f3_both_6h"])
        #expect(generation.counts[FeedSetKey(.both, .ranges4)] == 1)
    }

    @Test("holds a change of more than half and at least a hundred")
    func holdsChanges() {
        for (before, after, isHeld) in [
            (1_000, 1_500, false), (1_000, 1_501, true), (1_000, 500, false), (1_000, 499, true), (5, 104, false),
            (5, 105, true), (0, 99, false), (0, 100, true), (150, 51, false), (150, 0, true),
        ] {
            #expect(FeedChange(before: before, after: after).needsConfirmation == isHeld, "\(before) to \(after)")
        }
        #expect(!FeedChange(before: nil, after: 1_000_000).needsConfirmation)
    }
}
