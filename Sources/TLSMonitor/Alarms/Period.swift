/// Time as packets tell it: nanoseconds since 1970, kept where differences cannot overflow.
enum PacketTime {
    static let second: Int64 = 1_000_000_000

    static func safe(_ time: Int64) -> Int64 { min(max(time, 0), 1 << 62) }

    static func seconds(_ count: Int) -> Int64 { Int64(clamping: count) * second }

    /// Whether `length` has passed from `start` to `now`. Packets may lie a little out of order, but who goes far back begins anew.
    static func isOver(_ start: Int64, _ now: Int64, _ length: Int64) -> Bool {
        let passed = now - start
        return passed >= length || passed < -length
    }
}

/// Counts within a time, and a half of it longer at most: what is older is forgotten.
struct PeriodCount: Sendable {
    private var start: Int64
    private(set) var recent = 0
    private(set) var before = 0

    init(at time: Int64) { start = time }

    var count: Int { recent + before }

    /// - Parameter length: of the time.
    mutating func add(_ number: Int = 1, at time: Int64, length: Int64) {
        let half = max(1, length / 2)
        if PacketTime.isOver(start, time, half) {
            before = PacketTime.isOver(start, time, 2 * half) ? 0 : recent
            recent = 0
            start = time
        }
        recent &+= number
    }
}

/// Different things that were counted: never more than there were, and few less, up to about 300.
struct DistinctCount: Sendable {
    private var bits = SIMD8<UInt64>.zero

    mutating func add(_ number: UInt64) {
        let bit = Int(truncatingIfNeeded: number >> 20 & 511)
        bits[bit >> 6] |= 1 << UInt64(bit & 63)
    }

    var count: Int { Self.count(bits) }

    func count(with other: DistinctCount) -> Int { Self.count(bits | other.bits) }

    private static func count(_ bits: SIMD8<UInt64>) -> Int {
        var sum = 0
        for index in 0..<8 { sum += bits[index].nonzeroBitCount }
        return sum
    }
}
