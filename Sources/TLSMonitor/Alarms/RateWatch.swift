/// Compares how much each address sends with what it sent before.
struct RateWatch: Sendable {
    private struct Entry: Sendable {
        /// Of the interval that is counted.
        var start: Int64
        var bytes = 0
        /// What an interval usually has, and by how much they differ: moving averages.
        var mean: Float = 0
        var deviation: Float = 0
        var intervals = 0
    }

    /// An interval that has much more than is usual.
    struct Result {
        var bytes: Int
        var usual: Int
    }

    private static let capacity = 4_096
    /// The weight of a new interval, as in RFC 6298 §2.
    private static let (gain, deviationGain): (Float, Float) = (1 / 8, 1 / 4)
    /// After so many intervals without a byte nothing is left of what was usual.
    private static let mostIdle: Int64 = 48

    private let interval: Int64
    private let warmup: Int
    private let times: Float
    private let floor: Int
    private var table: RecentTable<IPAddress, Entry>

    init(_ limits: AlarmLimits, seed: UInt64) {
        interval = PacketTime.seconds(limits.rateSeconds)
        warmup = limits.rateWarmup
        times = Float(limits.rateTimes)
        floor = limits.rateBytes
        table = RecentTable(
            capacity: Self.capacity, seed: seed, lifetime: 600 * PacketTime.second,
            key: IPAddress(high: 0, low: 0), value: Entry(start: 0))
    }

    var byteCount: Int { table.byteCount }
    var window: Int64 { interval }

    /// - Returns: what is unusual, at the packet by which it becomes so.
    mutating func see(_ source: IPAddress, _ count: Int, at time: Int64) -> Result? {
        let index = table.claim(source.network, at: time, Entry(start: time)).index
        if PacketTime.isOver(table[index].start, time, interval) { roll(index, to: time) }
        let before = table[index].bytes
        let after = before + count
        table[index].bytes = after
        guard after >= floor, table[index].intervals >= warmup else { return nil }
        let usual = table[index].mean
        let limit = max(Float(floor), max(times * usual, usual + 4 * table[index].deviation))
        guard Float(after) >= limit, Float(before) < limit else { return nil }
        return Result(bytes: after, usual: Int(usual))
    }

    private mutating func roll(_ index: Int, to time: Int64) {
        let passed = (time - table[index].start) / interval
        guard passed > 0 else {
            // The clock was set back.
            (table[index].start, table[index].bytes) = (time, 0)
            return
        }
        learn(index, table[index].bytes)
        for _ in 0..<min(passed - 1, Self.mostIdle) { learn(index, 0) }
        table[index].start += passed * interval
        table[index].bytes = 0
        if table[index].intervals >= warmup { table.rank(index, 1) }
    }

    private mutating func learn(_ index: Int, _ bytes: Int) {
        let value = Float(bytes)
        if table[index].intervals == 0 {
            table[index].mean = value
        } else {
            // A burst is not usual yet: it moves the average by little.
            let most = max(2 * table[index].mean, Float(floor) / times)
            let error = min(value, most) - table[index].mean
            table[index].mean += Self.gain * error
            table[index].deviation += Self.deviationGain * (abs(error) - table[index].deviation)
        }
        table[index].intervals += 1
    }
}

/// Compares the sizes of a client's records with what they were before.
struct SizeBaseline: Sendable {
    private var mean: Float = 0
    private var count = 0
    /// Large ones in a row.
    private(set) var run = 0

    private static let gain: Float = 1 / 32

    var usual: Int { Int(mean) }

    /// - Returns: whether enough large records came in a row, at the last of them.
    mutating func see(_ length: Int, _ limits: AlarmLimits) -> Bool {
        let size = Float(length)
        let isLarge =
            count >= limits.sizeWarmup && length >= limits.sizeBytes && size >= Float(limits.sizeTimes) * mean
        if count == 0 {
            mean = size
        } else {
            mean += Self.gain * (min(size, count >= limits.sizeWarmup ? 2 * mean + 64 : size) - mean)
        }
        count &+= 1
        // What is usual grows while large ones come: a run goes on as long as they stay large.
        run = isLarge || (run > 0 && length >= limits.sizeBytes) ? run + 1 : 0
        return run == limits.sizeRecords
    }
}
