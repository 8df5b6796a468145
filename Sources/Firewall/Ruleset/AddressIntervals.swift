/// Ranges of addresses that do not overlap, of list entries that may: the kernel refuses elements that overlap.
///
/// Where entries with different ends overlap, each part lives as long as the longest-lived entry that covers it. Parts that touch and live equally long are one.
package struct AddressIntervals: Hashable, Sendable {
    package struct Interval: Hashable, Sendable {
        package var first: UInt128
        package var last: UInt128
        /// Seconds since 1970; `nil`: for ever.
        package var until: Int64?
    }

    package let family: AddressFamily
    /// In order of their addresses.
    package private(set) var intervals: [Interval] = []

    package init(_ entries: [ListEntry], family: AddressFamily) {
        self.family = family
        // Two prefixes are disjoint, or one holds the other: a stack of those that hold the present address is enough.
        let sorted = entries.filter { $0.prefix.family == family }.sorted { $0.prefix < $1.prefix }
        var open: [Interval] = []
        var next: UInt128? = 0
        for entry in sorted {
            let first = entry.prefix.first.value
            while let top = open.last, top.last < first {
                next = emit(from: next, through: top.last, until: top.until)
                open.removeLast()
            }
            if let top = open.last, first > 0 { next = emit(from: next, through: first - 1, until: top.until) }
            next = next == nil ? nil : max(next ?? 0, first)
            let outer = open.last.map { $0.until }
            let until = outer.map { Self.later($0, entry.until) } ?? entry.until
            open.append(.init(first: first, last: Self.last(of: entry.prefix), until: until))
        }
        while let top = open.popLast() { next = emit(from: next, through: top.last, until: top.until) }
    }

    /// Prefixes that never end.
    package init(_ prefixes: [IPPrefix], family: AddressFamily) {
        self.init(prefixes.map { ListEntry($0) }, family: family)
    }

    /// As elements of a set. What has ended at `now` (milliseconds since 1970) has no place here: see ``RulesetCompiler``.
    package func elements(now: Int64) -> [NamedSet.Element] {
        intervals.map { interval in
            NamedSet.Element(
                Self.bytes(interval.first, family), through: Self.bytes(interval.last, family),
                timeout: interval.until.flatMap { Self.milliseconds(until: $0, now: now) })
        }
    }

    /// Milliseconds from `now` (milliseconds since 1970) to `until` (seconds since 1970), at least 1; `nil` when it is more than 100 years.
    package static func milliseconds(until: Int64, now: Int64) -> UInt64? {
        let (end, overflow) = until.multipliedReportingOverflow(by: 1_000)
        let (left, isFar) = end.subtractingReportingOverflow(now)
        guard !overflow, !isFar, left < 100 * 366 * 86_400_000 else { return until < 0 ? 1 : nil }
        return UInt64(max(1, left))
    }

    static func bytes(_ value: UInt128, _ family: AddressFamily) -> [UInt8] {
        (0..<family.bytes).reversed().map { UInt8(truncatingIfNeeded: value >> UInt128(8 * $0)) }
    }

    private static func later(_ left: Int64?, _ right: Int64?) -> Int64? {
        guard let left, let right else { return nil }
        return max(left, right)
    }

    /// As a number, since the last address of `::/80` reads as one that maps IPv4.
    private static func last(of prefix: IPPrefix) -> UInt128 {
        let all: UInt128 = prefix.family == .ipv4 ? 0xFFFF_FFFF : .max
        return prefix.first.value | (prefix.length == 0 ? all : all >> UInt128(prefix.length))
    }

    /// Adds the rest of a range, from `first` on if there is any, and returns the address behind it; `nil`: behind the last there is.
    private mutating func emit(from first: UInt128?, through last: UInt128, until: Int64?) -> UInt128? {
        guard let first, first <= last else { return first }
        if let before = intervals.last, before.until == until, before.last &+ 1 == first, first > 0 {
            intervals[intervals.count - 1].last = last
        } else {
            intervals.append(.init(first: first, last: last, until: until))
        }
        return last == .max ? nil : last + 1
    }
}
