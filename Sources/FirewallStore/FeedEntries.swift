package import Firewall

/// A list's hosts and ranges, in ascending order, IPv4 before IPv6.
package struct FeedEntries: Sequence, Sendable {
    let list: FeedList

    package init(_ list: FeedList) { self.list = list }

    package struct Iterator: IteratorProtocol {
        private var four: Merge<UInt32>
        private var six: Merge<UInt128>

        fileprivate init(_ list: FeedList) {
            four = Merge(hosts: list.hosts4, ranges: list.ranges4)
            six = Merge(hosts: list.hosts6, ranges: list.ranges6)
        }

        package mutating func next() -> ClosedRange<IPAddress>? {
            if let range = four.next() { return IPAddress(ipv4: range.lowerBound)...IPAddress(ipv4: range.upperBound) }
            while let range = six.next() {
                let low = IPAddress(ipv6: range.lowerBound)
                let high = IPAddress(ipv6: range.upperBound)
                // A network with mapped IPv4 addresses at one of its ends is none that a packet could come from.
                if low.family == .ipv6, high.family == .ipv6 { return low...high }
            }
            return nil
        }
    }

    package func makeIterator() -> Iterator { Iterator(list) }

    /// Two sorted arrays as one.
    private struct Merge<Address: FixedWidthInteger> {
        let hosts: [Address]
        let ranges: [ClosedRange<Address>]
        var host = 0
        var range = 0

        init(hosts: [Address], ranges: [ClosedRange<Address>]) {
            self.hosts = hosts
            self.ranges = ranges
        }

        mutating func next() -> ClosedRange<Address>? {
            let isHost = host < hosts.count && (range >= ranges.count || hosts[host] < ranges[range].lowerBound)
            if isHost {
                defer { host += 1 }
                return hosts[host]...hosts[host]
            }
            guard range < ranges.count else { return nil }
            defer { range += 1 }
            return ranges[range]
        }
    }
}

extension FirewallStore {
    /// Writes down what a feed lists now; see ``replaceThreats(of:at:_:)-swift.method``.
    package func replaceThreats(of feed: String, at time: Int64, list: FeedList) {
        replaceThreats(of: feed, at: time, FeedEntries(list))
    }
}
