/// Addresses of both families, as ranges that neither overlap nor touch, in order.
package struct AddressSet: Hashable, Sendable {
    /// Each within one family.
    package let ranges: [ClosedRange<IPAddress>]

    package init() { ranges = [] }

    package init(_ prefixes: some Sequence<IPPrefix>) { self.init(ranges: prefixes.map(\.range)) }

    /// The union of `ranges`, in any order. A range from IPv4 into IPv6 counts as what it has of either.
    package init(ranges: some Sequence<ClosedRange<IPAddress>>) {
        var merged: [ClosedRange<IPAddress>] = []
        for range in ranges.flatMap(Self.byFamily).sorted(by: { $0.lowerBound < $1.lowerBound }) {
            guard let last = merged.last, Self.reaches(last, range) else {
                merged.append(range)
                continue
            }
            merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
        }
        self.ranges = merged
    }

    private init(normal ranges: [ClosedRange<IPAddress>]) { self.ranges = ranges }

    /// Whether `right`, which does not begin before `left`, continues or overlaps it.
    private static func reaches(_ left: ClosedRange<IPAddress>, _ right: ClosedRange<IPAddress>) -> Bool {
        left.upperBound.family == right.lowerBound.family
            && (right.lowerBound <= left.upperBound || left.upperBound.next == right.lowerBound)
    }

    private static func byFamily(_ range: ClosedRange<IPAddress>) -> [ClosedRange<IPAddress>] {
        guard range.lowerBound.family != range.upperBound.family else { return [range] }
        let (last, first) = (IPAddress(.ipv4, value: .max), IPAddress(.ipv6, value: 0))
        return [range.lowerBound...last, first...range.upperBound]
    }

    package var isEmpty: Bool { ranges.isEmpty }

    /// How many addresses of a family; 2¹²⁸ counts as one less.
    package func count(_ family: AddressFamily) -> UInt128 {
        ranges.reduce(0) { sum, range in
            guard range.lowerBound.family == family else { return sum }
            let size = (range.upperBound.value - range.lowerBound.value).addingReportingOverflow(1)
            let total = sum.addingReportingOverflow(size.partialValue)
            return size.overflow || total.overflow ? .max : total.partialValue
        }
    }

    /// The range in which the address lies, or the next one above it.
    private func index(of address: IPAddress) -> Int {
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < address { low = middle + 1 } else { high = middle }
        }
        return low
    }

    package func contains(_ address: IPAddress) -> Bool { contains(address...address) }

    /// Whether all of it is in the set.
    package func contains(_ prefix: IPPrefix) -> Bool { contains(prefix.range) }

    package func contains(_ range: ClosedRange<IPAddress>) -> Bool {
        let index = index(of: range.lowerBound)
        return index < ranges.count && ranges[index].lowerBound <= range.lowerBound
            && ranges[index].upperBound >= range.upperBound
    }

    package func contains(_ other: AddressSet) -> Bool { other.ranges.allSatisfy { contains($0) } }

    /// Whether any address of it is in the set.
    package func overlaps(_ prefix: IPPrefix) -> Bool { overlaps(prefix.range) }

    package func overlaps(_ range: ClosedRange<IPAddress>) -> Bool {
        let index = index(of: range.lowerBound)
        return index < ranges.count && ranges[index].lowerBound <= range.upperBound
    }

    package func union(_ other: AddressSet) -> AddressSet { AddressSet(ranges: ranges + other.ranges) }

    /// What is in both.
    package func intersection(_ other: AddressSet) -> AddressSet {
        var common: [ClosedRange<IPAddress>] = []
        var (mine, theirs) = (0, 0)
        while mine < ranges.count, theirs < other.ranges.count {
            let (left, right) = (ranges[mine], other.ranges[theirs])
            let (low, high) = (max(left.lowerBound, right.lowerBound), min(left.upperBound, right.upperBound))
            if low <= high { common.append(low...high) }
            if left.upperBound < right.upperBound { mine += 1 } else { theirs += 1 }
        }
        return AddressSet(normal: common)
    }

    /// What is in this set and not in the other.
    package func subtracting(_ other: AddressSet) -> AddressSet {
        var rest: [ClosedRange<IPAddress>] = []
        for range in ranges {
            var low: IPAddress? = range.lowerBound
            var index = other.index(of: range.lowerBound)
            while let start = low, index < other.ranges.count, other.ranges[index].lowerBound <= range.upperBound {
                let hole = other.ranges[index]
                if hole.lowerBound > start, let end = hole.lowerBound.previous { rest.append(start...end) }
                low = hole.upperBound < range.upperBound ? hole.upperBound.next : nil
                index += 1
            }
            if let low { rest.append(low...range.upperBound) }
        }
        return AddressSet(normal: rest)
    }

    /// The fewest networks that make up the set, in order.
    package var prefixes: [IPPrefix] { ranges.flatMap { IPPrefix.covering($0) } }
}

extension IPPrefix {
    /// The fewest networks that make up a range within one family, in order; at most 254.
    package static func covering(_ range: ClosedRange<IPAddress>) -> [IPPrefix] {
        let family = range.lowerBound.family
        guard range.upperBound.family == family else { return AddressSet(ranges: [range]).prefixes }
        var prefixes: [IPPrefix] = []
        var low: IPAddress? = range.lowerBound
        while let start = low, start <= range.upperBound {
            // As large as the start is aligned for, and as there is room up to the end.
            let left = range.upperBound.value - start.value
            let room = left == .max ? 128 : 127 - (left + 1).leadingZeroBitCount
            let prefix = IPPrefix(
                start, length: family.bits - min(start.value.trailingZeroBitCount, room, family.bits))
            prefixes.append(prefix)
            low = prefix.last.next
        }
        return prefixes
    }
}
