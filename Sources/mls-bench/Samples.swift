import Foundation

/// How long something took each time.
struct Samples {
    private(set) var seconds: [Double] = []
    /// All the time that was measured.
    private(set) var total = 0.0

    var count: Int { seconds.count }
    var best: Double { seconds.min() ?? 0 }

    var median: Double {
        guard !seconds.isEmpty else { return 0 }
        let sorted = seconds.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    /// Whether to go on: until the budget is used up, but at least three times unless that takes far longer.
    func wantsMore(_ budget: Double) -> Bool {
        total < budget || (count < 3 && total < 5 * budget)
    }

    /// - Parameter parts: how many of what is measured `body` does.
    mutating func time<Result: ~Copyable, Failure: Error>(
        of parts: Int = 1, _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let start = Self.now()
        let result = try body()
        let spent = Double(Self.now() - start) / 1e9
        total += spent
        seconds.append(spent / Double(parts))
        return result
    }

    /// Nanoseconds of processor time that this thread has used: what others do on the machine counts as little as can be.
    private static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
