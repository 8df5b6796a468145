/// Addresses and networks, sorted and without overlap; a host that lies in one of the ranges is not among the hosts.
///
/// 4 bytes for an IPv4 host, 8 for a range, 16 and 32 for IPv6.
package struct FeedList: Hashable, Sendable {
    package private(set) var hosts4: [UInt32]
    /// Of two addresses and more.
    package private(set) var ranges4: [ClosedRange<UInt32>]
    package private(set) var hosts6: [UInt128]
    package private(set) var ranges6: [ClosedRange<UInt128>]

    /// Sorts what came in any order, repeated and overlapping as it may be. Ranges that merely touch stay apart, as they are entries of their own; see ``joined()``.
    package init(
        hosts4: consuming [UInt32] = [], ranges4: consuming [ClosedRange<UInt32>] = [],
        hosts6: consuming [UInt128] = [], ranges6: consuming [ClosedRange<UInt128>] = []
    ) {
        self.hosts4 = hosts4
        self.ranges4 = ranges4
        self.hosts6 = hosts6
        self.ranges6 = ranges6
        Self.tidy(hosts: &self.hosts4, ranges: &self.ranges4)
        Self.tidy(hosts: &self.hosts6, ranges: &self.ranges6)
    }

    /// Hosts and ranges.
    package var count: Int { hosts4.count + ranges4.count + hosts6.count + ranges6.count }
    package var isEmpty: Bool { count == 0 }

    /// How many IPv4 addresses it covers, up to 2^32.
    package var covered4: UInt64 {
        ranges4.reduce(UInt64(hosts4.count)) { $0 + UInt64($1.upperBound - $1.lowerBound) + 1 }
    }

    /// How many IPv6 networks of 64 bits it covers, each host and each part of one counted as a whole.
    package var covered6: UInt128 {
        ranges6.reduce(UInt128(hosts6.count)) { $0 + ($1.upperBound >> 64 - $1.lowerBound >> 64) + 1 }
    }

    package func contains(_ address: IPAddress) -> Bool {
        switch address.family {
        case .ipv4:
            let value = UInt32(truncatingIfNeeded: address.value)
            return Self.contains(value, hosts: hosts4, ranges: ranges4)
        case .ipv6: return Self.contains(address.value, hosts: hosts6, ranges: ranges6)
        }
    }

    /// The host or the range in which an address lies: its first and its last address.
    package func entry(with address: IPAddress) -> ClosedRange<IPAddress>? {
        switch address.family {
        case .ipv4:
            let value = UInt32(truncatingIfNeeded: address.value)
            if let range = Self.range(with: value, in: ranges4) {
                return IPAddress(ipv4: range.lowerBound)...IPAddress(ipv4: range.upperBound)
            }
            return Self.contains(value, hosts: hosts4, ranges: []) ? address...address : nil
        case .ipv6:
            if let range = Self.range(with: address.value, in: ranges6) {
                return IPAddress(ipv6: range.lowerBound)...IPAddress(ipv6: range.upperBound)
            }
            return Self.contains(address.value, hosts: hosts6, ranges: []) ? address...address : nil
        }
    }

    /// All that lies in either.
    package func union(_ other: FeedList) -> FeedList {
        if other.isEmpty { return self }
        if isEmpty { return other }
        return FeedList(
            hosts4: Self.both(hosts4, other.hosts4), ranges4: Self.both(ranges4, other.ranges4),
            hosts6: Self.both(hosts6, other.hosts6), ranges6: Self.both(ranges6, other.ranges6))
    }

    /// The same addresses with as few ranges as can be: those that touch become one.
    package func joined() -> FeedList {
        var list = self
        Self.join(&list.ranges4)
        Self.join(&list.ranges6)
        return list
    }

    /// Takes the entries out that do not satisfy a condition. A host is a range of one.
    mutating func filter(
        ipv4 keeps4: (ClosedRange<UInt32>) -> Bool, ipv6 keeps6: (ClosedRange<UInt128>) -> Bool
    ) {
        hosts4.removeAll { !keeps4($0...$0) }
        ranges4.removeAll { !keeps4($0) }
        hosts6.removeAll { !keeps6($0...$0) }
        ranges6.removeAll { !keeps6($0) }
    }

    /// Of ranges in any order.
    package init(_ ranges: some Sequence<ClosedRange<IPAddress>>) {
        var (hosts4, ranges4) = ([UInt32](), [ClosedRange<UInt32>]())
        var (hosts6, ranges6) = ([UInt128](), [ClosedRange<UInt128>]())
        for range in ranges where range.lowerBound.family == range.upperBound.family {
            switch (range.lowerBound.family, range.lowerBound == range.upperBound) {
            case (.ipv4, true): hosts4.append(UInt32(truncatingIfNeeded: range.lowerBound.value))
            case (.ipv4, false):
                let first = UInt32(truncatingIfNeeded: range.lowerBound.value)
                ranges4.append(first...UInt32(truncatingIfNeeded: range.upperBound.value))
            case (.ipv6, true): hosts6.append(range.lowerBound.value)
            case (.ipv6, false): ranges6.append(range.lowerBound.value...range.upperBound.value)
            }
        }
        self.init(hosts4: hosts4, ranges4: ranges4, hosts6: hosts6, ranges6: ranges6)
    }
}

extension FeedList {
    func overlaps(_ range: ClosedRange<UInt32>) -> Bool { Self.overlaps(range, hosts: hosts4, ranges: ranges4) }
    func overlaps(_ range: ClosedRange<UInt128>) -> Bool { Self.overlaps(range, hosts: hosts6, ranges: ranges6) }

    /// Whether an entry covers all of it.
    func contains(_ range: ClosedRange<UInt32>) -> Bool {
        Self.range(with: range.lowerBound, in: ranges4).map { $0.upperBound >= range.upperBound } ?? false
    }

    /// Whether an entry covers all of it.
    func contains(_ range: ClosedRange<UInt128>) -> Bool {
        Self.range(with: range.lowerBound, in: ranges6).map { $0.upperBound >= range.upperBound } ?? false
    }

    private static func overlaps<Value: FixedWidthInteger>(
        _ range: ClosedRange<Value>, hosts: [Value], ranges: [ClosedRange<Value>]
    ) -> Bool {
        let host = position(in: hosts) { $0 < range.lowerBound }
        if host < hosts.count, hosts[host] <= range.upperBound { return true }
        let index = position(in: ranges) { $0.upperBound < range.lowerBound }
        return index < ranges.count && ranges[index].lowerBound <= range.upperBound
    }
}

extension FeedList {
    /// One after the other; where one is empty the other as it is, without a copy.
    private static func both<Element>(_ left: [Element], _ right: [Element]) -> [Element] {
        if right.isEmpty { return left }
        return left.isEmpty ? right : left + right
    }

    /// Sorts and merges. An array that is in order already is not written to: other lists may share it, and a million hosts would be copied.
    private static func tidy<Value: FixedWidthInteger>(hosts: inout [Value], ranges: inout [ClosedRange<Value>]) {
        if !zip(ranges, ranges.dropFirst()).allSatisfy({ $0.lowerBound <= $1.lowerBound }) {
            ranges.sort { $0.lowerBound < $1.lowerBound }
        }
        merge(&ranges, touching: false)
        if !zip(hosts, hosts.dropFirst()).allSatisfy({ $0 <= $1 }) { hosts.sort() }
        var kept = 0
        var range = 0
        for index in hosts.indices {
            let host = hosts[index]
            if kept > 0, hosts[kept - 1] == host { continue }
            while range < ranges.count, ranges[range].upperBound < host { range += 1 }
            if range < ranges.count, ranges[range].lowerBound <= host { continue }
            if kept < index { hosts[kept] = host }
            kept += 1
        }
        if kept < hosts.count { hosts.removeLast(hosts.count - kept) }
    }

    private static func join<Value: FixedWidthInteger>(_ ranges: inout [ClosedRange<Value>]) {
        merge(&ranges, touching: true)
    }

    /// Makes one of sorted ranges that overlap, in place.
    private static func merge<Value: FixedWidthInteger>(_ ranges: inout [ClosedRange<Value>], touching: Bool) {
        var kept = 0
        for index in ranges.indices {
            let range = ranges[index]
            if kept > 0 {
                let last = ranges[kept - 1]
                let isTouching = touching && last.upperBound < .max && last.upperBound + 1 == range.lowerBound
                if range.lowerBound <= last.upperBound || isTouching {
                    ranges[kept - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
                    continue
                }
            }
            if kept < index { ranges[kept] = range }
            kept += 1
        }
        if kept < ranges.count { ranges.removeLast(ranges.count - kept) }
    }

    private static func contains<Value: FixedWidthInteger>(
        _ value: Value, hosts: [Value], ranges: [ClosedRange<Value>]
    ) -> Bool {
        let index = position(in: hosts) { $0 < value }
        return index < hosts.count && hosts[index] == value || range(with: value, in: ranges) != nil
    }

    private static func range<Value: FixedWidthInteger>(
        with value: Value, in ranges: [ClosedRange<Value>]
    ) -> ClosedRange<Value>? {
        let index = position(in: ranges) { $0.upperBound < value }
        return index < ranges.count && ranges[index].lowerBound <= value ? ranges[index] : nil
    }

    /// Where in a sorted array the first lies that is not before what is sought.
    private static func position<Element>(in array: [Element], isBefore: (Element) -> Bool) -> Int {
        var low = 0
        var high = array.count
        while low < high {
            let middle = low + (high - low) / 2
            if isBefore(array[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
