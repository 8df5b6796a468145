/// A key of which a table takes a number that nobody can foresee without the table's seed.
protocol TableKey: Equatable, Sendable {
    func mixed(with seed: UInt64) -> UInt64
}

/// A map of fixed size: what has no place displaces what matters least.
///
/// A key has ``ways`` places. It takes a free one, or that of an entry that was not used for the table's lifetime, or that of the
/// lowest rank, and of those the longest unused. So a flood of new keys cannot displace what has earned a rank.
struct RecentTable<Key: TableKey, Value: Sendable>: Sendable {
    private static var ways: Int { 8 }

    private struct Slot {
        var key: Key
        var value: Value
        var used: Int64
        var rank: UInt8
    }

    /// Of each place a part of its key's number, never 0 if it is taken: so that few slots are looked at.
    private var tags: [UInt32]
    private var slots: [Slot]
    private let mask: UInt64
    private let seed: UInt64
    /// Nanoseconds after which an unused entry is worth nothing.
    private let lifetime: Int64

    /// - Parameters:
    ///   - capacity: rounded up to a power of two, at least 8.
    ///   - key, value: what fills free places.
    init(capacity: Int, seed: UInt64, lifetime: Int64, key: Key, value: Value) {
        var sets = 1
        while sets * Self.ways < capacity { sets *= 2 }
        mask = UInt64(sets - 1)
        self.seed = seed
        self.lifetime = lifetime
        tags = [UInt32](repeating: 0, count: sets * Self.ways)
        slots = [Slot](repeating: Slot(key: key, value: value, used: 0, rank: 0), count: sets * Self.ways)
    }

    private func place(_ number: UInt64) -> (first: Int, tag: UInt32) {
        (Int(number & mask) * Self.ways, UInt32(truncatingIfNeeded: number >> 32) | 1)
    }

    /// Where the entry of `key` is, if it has one.
    func find(_ key: Key) -> Int? {
        let (first, tag) = place(key.mixed(with: seed))
        for index in first..<first + Self.ways where tags[index] == tag && slots[index].key == key { return index }
        return nil
    }

    /// The entry of `key`, which is made of `value` if there is none.
    mutating func claim(_ key: Key, at time: Int64, _ value: @autoclosure () -> Value) -> (index: Int, isNew: Bool) {
        let (first, tag) = place(key.mixed(with: seed))
        var free: Int?
        for index in first..<first + Self.ways {
            if tags[index] == 0 {
                free = free ?? index
            } else if tags[index] == tag, slots[index].key == key {
                slots[index].used = time
                return (index, false)
            }
        }
        let index = free ?? leastImportant(from: first, at: time)
        tags[index] = tag
        slots[index] = Slot(key: key, value: value(), used: time, rank: 0)
        return (index, true)
    }

    private func leastImportant(from first: Int, at time: Int64) -> Int {
        var best = first
        var bestRank = Int.max
        for index in first..<first + Self.ways {
            let isOver = abs(time - slots[index].used) > lifetime
            let rank = isOver ? -1 : Int(slots[index].rank)
            if rank < bestRank || (rank == bestRank && slots[index].used < slots[best].used) {
                (best, bestRank) = (index, rank)
            }
        }
        return best
    }

    mutating func remove(_ index: Int) { tags[index] = 0 }

    mutating func use(_ index: Int, at time: Int64) { slots[index].used = time }

    /// What an entry is worth when another needs its place.
    mutating func rank(_ index: Int, _ rank: UInt8) { slots[index].rank = rank }

    func key(_ index: Int) -> Key { slots[index].key }

    /// - Parameter index: from ``find(_:)`` or ``claim(_:at:_:)``, before the next claim.
    subscript(index: Int) -> Value {
        _read { yield slots[index].value }
        _modify { yield &slots[index].value }
    }

    /// Every entry's place.
    var indices: [Int] { tags.indices.filter { tags[$0] != 0 } }

    /// Bytes that it takes, always.
    var byteCount: Int { tags.count * MemoryLayout<UInt32>.stride + slots.count * MemoryLayout<Slot>.stride }
}

/// Multiplies, and folds the halves of the product (as wyhash does).
func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let product = left.multipliedFullWidth(by: right)
    return product.high ^ product.low
}

extension UInt64: TableKey {
    func mixed(with seed: UInt64) -> UInt64 {
        fold(fold(self ^ 0x9E37_79B9_7F4A_7C15, seed ^ 0xA076_1D64_78BD_642F), 0xE703_7ED1_A0B4_28DB)
    }
}

extension IPAddress: TableKey {
    func mixed(with seed: UInt64) -> UInt64 {
        fold(fold(high ^ 0x8EBC_6AF0_9C88_C6E3, seed ^ 0xA076_1D64_78BD_642F) ^ low, seed ^ 0xE703_7ED1_A0B4_28DB)
    }

    /// Whoever has one address of an IPv6 network of 64 bits has all of them.
    var network: IPAddress { isV4 ? self : IPAddress(high: high, low: 0) }
}

extension Endpoint: TableKey {
    func mixed(with seed: UInt64) -> UInt64 {
        fold(address.mixed(with: seed) ^ UInt64(port), 0x5899_65CC_7537_4CC3)
    }
}

/// Both ends of a connection, the smaller one first.
struct EndpointPair: TableKey {
    var low: Endpoint
    var high: Endpoint
    /// Whether the first argument is the smaller one.
    var isFirstLow: Bool

    init(_ first: Endpoint, _ second: Endpoint) {
        isFirstLow = first < second
        (low, high) = isFirstLow ? (first, second) : (second, first)
    }

    static func == (left: EndpointPair, right: EndpointPair) -> Bool {
        left.low == right.low && left.high == right.high
    }

    func mixed(with seed: UInt64) -> UInt64 {
        fold(low.mixed(with: seed) ^ 0x1D8E_4E27_C47D_124F, high.mixed(with: seed))
    }
}
