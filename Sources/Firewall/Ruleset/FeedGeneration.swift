/// One of the sets in which feeds lie in the kernel.
package struct FeedSetKey: Hashable, Sendable, Comparable {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        /// Hosts, in a hash.
        case hosts4 = "4h"
        /// Ranges that do not overlap.
        case ranges4 = "4n"
        case hosts6 = "6h"
        case ranges6 = "6n"

        package var family: AddressFamily { self == .hosts4 || self == .ranges4 ? .ipv4 : .ipv6 }
        package var isInterval: Bool { self == .ranges4 || self == .ranges6 }
    }

    /// Which way it blocks.
    package var direction: FirewallRule.Direction
    package var kind: Kind

    package init(_ direction: FirewallRule.Direction, _ kind: Kind) {
        self.direction = direction
        self.kind = kind
    }

    /// Hosts before ranges, as hashes are quicker; else as the cases are written.
    package static func < (left: FeedSetKey, right: FeedSetKey) -> Bool { left.order < right.order }

    private var order: Int {
        let kinds: [Kind] = [.hosts4, .ranges4, .hosts6, .ranges6]
        let directions: [FirewallRule.Direction] = [.in, .out, .both]
        return (kinds.firstIndex(of: kind) ?? 0) * 3 + (directions.firstIndex(of: direction) ?? 0)
    }
}

/// The feeds as they are, or shall be, in the kernel: their sets, without what is in them.
package struct FeedGeneration: Hashable, Sendable {
    package var number: Int
    /// How many elements each set is made for; those with none do not exist.
    package var counts: [FeedSetKey: Int]

    package init(number: Int, counts: [FeedSetKey: Int] = [:]) {
        self.number = number
        self.counts = counts.filter { $0.value > 0 }
    }

    /// `f7_both_4h`.
    package func name(_ key: FeedSetKey) -> String { "f\(number)_\(key.direction.rawValue)_\(key.kind.rawValue)" }

    /// Its keys, in order.
    package var keys: [FeedSetKey] { counts.keys.sorted() }

    /// A set as the kernel is to create it. Hashes are given their size, so that they never grow while they are filled.
    package func set(_ key: FeedSetKey) -> NamedSet {
        let count = UInt32(clamping: counts[key] ?? 0)
        return NamedSet(
            name(key), key: .address(key.kind.family), isInterval: key.kind.isInterval,
            size: key.kind.isInterval ? nil : max(count, 1))
    }

    package var sets: [NamedSet] { keys.map { set($0) } }

    /// The body of ``Ruleset/feedIn`` (side: source) or ``Ruleset/feedOut`` (destination).
    package func rules(_ side: Statement.Side) -> [FirewallChain.Rule] {
        let other: FirewallRule.Direction = side == .source ? .out : .in
        let target = side == .source ? Ruleset.dropFeed : Ruleset.dropFeedOut
        return keys.filter { $0.direction != other }.map { key in
            FirewallChain.Rule(.addressSet(.init(side, key.kind.family), name(key)), .verdict(.goto(target)))
        }
    }
}
