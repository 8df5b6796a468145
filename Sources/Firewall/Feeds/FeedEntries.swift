/// All entries of a ``FeedList``, ascending: of IPv4, then of IPv6. Hosts and ranges are taken from their arrays as they are asked for.
package struct FeedEntries: Sequence, Sendable {
    private let list: FeedList

    init(_ list: FeedList) { self.list = list }

    package func makeIterator() -> Iterator { Iterator(list: list) }

    package struct Iterator: IteratorProtocol {
        fileprivate let list: FeedList
        private var host4 = 0
        private var range4 = 0
        private var host6 = 0
        private var range6 = 0

        fileprivate init(list: FeedList) { self.list = list }

        package mutating func next() -> ClosedRange<IPAddress>? {
            if let (first, last) = Self.next(list.hosts4, &host4, list.ranges4, &range4) {
                return IPAddress(ipv4: first)...IPAddress(ipv4: last)
            }
            guard let (first, last) = Self.next(list.hosts6, &host6, list.ranges6, &range6) else { return nil }
            return IPAddress(ipv6: first)...IPAddress(ipv6: last)
        }

        private static func next<Value: Comparable>(
            _ hosts: [Value], _ host: inout Int, _ ranges: [ClosedRange<Value>], _ range: inout Int
        ) -> (Value, Value)? {
            let hasRange = range < ranges.count
            if host < hosts.count, !hasRange || hosts[host] < ranges[range].lowerBound {
                host += 1
                return (hosts[host - 1], hosts[host - 1])
            }
            guard hasRange else { return nil }
            range += 1
            return (ranges[range - 1].lowerBound, ranges[range - 1].upperBound)
        }
    }
}

extension FeedList {
    /// Its hosts and ranges, as they are asked for.
    package var entries: FeedEntries { FeedEntries(self) }
}
