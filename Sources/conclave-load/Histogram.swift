/// Counts of values, from which percentiles are read with an error of at most 1.6 %.
///
/// Every power of two is divided into 64 equal steps; values below 64 have a step each.
struct Histogram {
    private static let steps = 64
    private var counts: [UInt64]
    private(set) var count: UInt64 = 0
    private(set) var largest: UInt64 = 0

    init() {
        counts = Array(repeating: 0, count: Self.steps * (65 - 6))
    }

    mutating func add(_ value: UInt64) {
        counts[Self.place(of: value)] += 1
        count += 1
        largest = max(largest, value)
    }

    mutating func clear() {
        self = Histogram()
    }

    /// The value that `share` of all values do not exceed, rounded down to its step; `nil` if there is none.
    /// - Parameter share: 0...1.
    func percentile(_ share: Double) -> UInt64? {
        guard count > 0 else { return nil }
        let wanted = max(1, UInt64((share * Double(count)).rounded(.up)))
        var seen: UInt64 = 0
        for (place, count) in counts.enumerated() {
            seen += count
            if seen >= wanted { return Self.lowerBound(of: place) }
        }
        return largest
    }

    private static func place(of value: UInt64) -> Int {
        guard value >= steps else { return Int(value) }
        let exponent = 57 - value.leadingZeroBitCount  // value >> exponent is in 64...127
        return exponent * steps + Int(value >> UInt64(exponent))
    }

    private static func lowerBound(of place: Int) -> UInt64 {
        guard place >= steps else { return UInt64(place) }
        let exponent = place / steps - 1
        return UInt64(steps + place % steps) << UInt64(exponent)
    }
}
