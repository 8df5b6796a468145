/// The lists in force, each with the feed from which it came.
package struct LoadedFeeds: Hashable, Sendable {
    package struct Feed: Hashable, Sendable {
        package var name: String
        package var direction: FirewallRule.Direction
        package var list: FeedList

        package init(name: String, direction: FirewallRule.Direction, list: FeedList) {
            self.name = name
            self.direction = direction
            self.list = list
        }
    }

    package var feeds: [Feed]

    package init(_ feeds: [Feed] = []) { self.feeds = feeds }

    /// What the kernel looks up for a direction: the lists of all feeds of exactly that direction, as one.
    package func union(_ direction: FirewallRule.Direction) -> FeedList {
        feeds.lazy.filter { $0.direction == direction }.reduce(FeedList()) { $0.union($1.list) }.joined()
    }

    /// The feeds that list an address, in their order.
    package func listing(_ address: IPAddress) -> [Feed] { feeds.filter { $0.list.contains(address) } }
}

extension LoadedFeeds {
    /// The three lists that are loaded, empty ones left out.
    package var unions: [(direction: FirewallRule.Direction, list: FeedList)] {
        FirewallRule.Direction.allCases.map { ($0, union($0)) }.filter { !$0.1.isEmpty }
    }
}

extension FeedGeneration {
    /// The sets that the lists need.
    package init(number: Int, lists: [(direction: FirewallRule.Direction, list: FeedList)]) {
        var counts: [FeedSetKey: Int] = [:]
        for (direction, list) in lists {
            counts[FeedSetKey(direction, .hosts4)] = list.hosts4.count
            counts[FeedSetKey(direction, .ranges4)] = list.ranges4.count
            counts[FeedSetKey(direction, .hosts6)] = list.hosts6.count
            counts[FeedSetKey(direction, .ranges6)] = list.ranges6.count
        }
        self.init(number: number, counts: counts)
    }
}
