/// Some of the rules: a bit for each.
public struct RuleSet: Hashable, Sendable, Sequence, ExpressibleByArrayLiteral {
    private var bits: UInt128 = 0

    public init() {}

    public init(arrayLiteral rules: ConformanceRule...) {
        for rule in rules { insert(rule) }
    }

    public var isEmpty: Bool { bits == 0 }
    public var count: Int { bits.nonzeroBitCount }

    public func contains(_ rule: ConformanceRule) -> Bool { bits & Self.bit(rule) != 0 }
    public mutating func insert(_ rule: ConformanceRule) { bits |= Self.bit(rule) }
    public mutating func formUnion(_ other: RuleSet) { bits |= other.bits }
    public mutating func formIntersection(_ other: RuleSet) { bits &= other.bits }
    public mutating func subtract(_ other: RuleSet) { bits &= ~other.bits }

    /// In the order of ``ConformanceRule/allCases``.
    public func makeIterator() -> IndexingIterator<[ConformanceRule]> {
        ConformanceRule.allCases.filter { contains($0) }.makeIterator()
    }

    private static func bit(_ rule: ConformanceRule) -> UInt128 { 1 << (ordinals[rule] ?? 127) }

    private static let ordinals = Dictionary(
        uniqueKeysWithValues: zip(ConformanceRule.allCases, ConformanceRule.allCases.indices))
}
