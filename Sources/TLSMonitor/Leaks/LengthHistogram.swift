import Foundation

/// How often each length came; bounded.
struct LengthHistogram: Hashable, Sendable {
    private(set) var counts: [Int: Int] = [:]
    private(set) var total = 0
    /// Lengths beyond the cap, which are counted as one.
    private(set) var others = 0

    /// Different lengths that are kept: more than that is a difference that nobody needs in figures.
    static let mostLengths = 4_096

    /// - Parameter limit: different lengths that may be kept.
    mutating func add(_ length: Int, count: Int = 1, limit: Int = mostLengths) {
        total += count
        if counts[length] != nil || counts.count < min(limit, Self.mostLengths) {
            counts[length, default: 0] += count
        } else {
            others += count
        }
    }

    mutating func add(_ other: LengthHistogram) {
        for (length, count) in other.counts { add(length, count: count) }
        total += other.others
        others += other.others
    }

    /// The same after every length was changed in the same way.
    func mapped(_ change: (Int) -> Int) -> LengthHistogram {
        var result = LengthHistogram()
        for (length, count) in counts { result.add(change(length), count: count) }
        result.total += others
        result.others += others
        return result
    }

    var distinct: Int { counts.count + (others > 0 ? 1 : 0) }

    private var shares: [Double] {
        guard total > 0 else { return [] }
        return (Array(counts.values) + (others > 0 ? [others] : [])).map { Double($0) / Double(total) }
    }

    /// Shannon's, in bits a record.
    var entropy: Double { shares.reduce(0) { $0 - $1 * log2($1) } }

    /// How often two records that are taken at random differ, `0...1`.
    var distinguishability: Double {
        guard total > 1 else { return 0 }
        let same = (Array(counts.values) + (others > 0 ? [others] : [])).reduce(0.0) {
            $0 + Double($1) * Double($1 - 1)
        }
        return max(0, 1 - same / (Double(total) * Double(total - 1)))
    }

    /// Of the most frequent length, `0...1`.
    var largestShare: Double { shares.max() ?? 0 }

    /// Of all lengths that are kept, times how often they came.
    var sum: Int { counts.reduce(0) { $0 + $1.key * $1.value } }

    var shortest: Int { counts.keys.min() ?? 0 }
    var longest: Int { counts.keys.max() ?? 0 }

    /// The largest power of two, 16 to 1,024, of which nearly all lengths have the same remainder: somebody pads to it. Nil if
    /// none, or if there are fewer than three lengths to tell by.
    var grid: Int? {
        guard distinct >= 3, others == 0 else { return nil }
        for size in [1_024, 512, 256, 128, 64, 32, 16] {
            var remainders: [Int: Int] = [:]
            for (length, count) in counts { remainders[length % size, default: 0] += count }
            var kinds: [Int: Int] = [:]
            for length in counts.keys { kinds[length % size, default: 0] += 1 }
            let (most, mostKinds) = (remainders.values.max() ?? 0, kinds.values.max() ?? 0)
            if most * 20 >= total * 19, mostKinds >= 3, mostKinds * 4 >= counts.count * 3 { return size }
        }
        return nil
    }
}
