/// Puts fragmented IP packets together again (RFC 791 §3.2, RFC 8200 §4.5, RFC 5722).
///
/// What contradicts itself is given up: systems disagree on which copy counts, so nobody can say what the receiver saw.
struct FragmentAssembler {
    /// Packets that may wait for the rest of their fragments, and the bytes of all of them.
    static let packetLimit = 256
    static let byteLimit = 4 << 20
    /// How long one may wait, in nanoseconds of the capture (RFC 791: at least 15 s; Linux 30 s).
    static let patience: Int64 = 30_000_000_000

    /// What came of a fragment.
    enum Outcome {
        /// It waits for others.
        case waits
        /// The whole packet, and which parts of it are not in the capture.
        case whole(Whole)
        /// It contradicts another: so many fragments are given up.
        case conflict(Int)
    }

    struct Whole {
        var bytes: [UInt8]
        /// What was captured, in order and apart.
        var known: [Range<Int>]
        var next: UInt8
    }

    private struct Key: Hashable {
        var source: IPAddress
        var destination: IPAddress
        var identification: UInt32
        /// Of IPv4 only.
        var number: UInt8
    }

    private struct Partial {
        var start: Int64
        var next: UInt8?
        var bytes: [UInt8] = []
        /// What was sent, and what of it was captured: in order and apart.
        var sent: [Range<Int>] = []
        var known: [Range<Int>] = []
        var end: Int?
        var count = 0
        /// It contradicted itself; what is still to come of it goes the same way.
        var isDead = false
    }

    private var partials: [Key: Partial] = [:]
    /// Oldest first.
    private var order: [Key] = []
    private(set) var bytesHeld = 0
    /// Fragments that will not be put together any more.
    private(set) var abandoned = 0

    /// Fragments that still wait.
    var waiting: Int { partials.values.reduce(0) { $0 + $1.count } }

    mutating func add(_ fragment: IPFragment, _ bytes: UnsafeRawBufferPointer, time: Int64) -> Outcome {
        let isV4 = fragment.source.isV4
        let key = Key(
            source: fragment.source, destination: fragment.destination, identification: fragment.identification,
            number: isV4 ? fragment.next : 0)
        expire(time)
        if let old = partials[key], time - old.start > Self.patience { forget(key) }
        if partials[key] == nil {
            while partials.count >= Self.packetLimit, let oldest = order.first { forget(oldest) }
            partials[key] = Partial(start: time)
            order.append(key)
        }
        guard var partial = partials.updateValue(Partial(start: time), forKey: key) else { return .waits }
        if partial.isDead {
            partials[key] = partial
            return .conflict(1)
        }
        bytesHeld -= partial.bytes.count
        let fits = Self.insert(fragment, bytes, isV4: isV4, into: &partial)
        bytesHeld += partial.bytes.count
        guard fits else {
            bytesHeld -= partial.bytes.count
            let count = partial.count
            partials[key] = Partial(start: partial.start, isDead: true)
            return .conflict(count)
        }
        if let end = partial.end, partial.sent == [0..<end], let next = partial.next {
            partials[key] = partial
            remove(key)
            return .whole(Whole(bytes: partial.bytes, known: partial.known, next: next))
        }
        partials[key] = partial
        while bytesHeld > Self.byteLimit, let oldest = order.first { forget(oldest) }
        return .waits
    }

    /// - Returns: `false` if it contradicts what came before.
    private static func insert(
        _ fragment: IPFragment, _ bytes: UnsafeRawBufferPointer, isV4: Bool, into partial: inout Partial
    ) -> Bool {
        partial.count += 1
        let range = fragment.offset..<fragment.offset + fragment.data.count + fragment.missing
        let stored = fragment.offset..<fragment.offset + fragment.data.count
        if fragment.isLast {
            guard partial.end ?? range.upperBound == range.upperBound else { return false }
            partial.end = range.upperBound
        }
        if let end = partial.end, range.upperBound > end || (partial.sent.last?.upperBound ?? 0) > end { return false }
        let data = bytes[fragment.data]
        if partial.sent.contains(where: { $0.overlaps(range) }) {
            // Of IPv6 only the same fragment may come again.
            if !isV4,
                !partial.sent.contains(where: { $0.lowerBound <= range.lowerBound && $0.upperBound >= range.upperBound }
                )
            {
                return false
            }
            for known in partial.known where known.overlaps(stored) {
                for place in known.clamped(to: stored)
                where partial.bytes[place] != data[data.startIndex + place - fragment.offset] { return false }
            }
        }
        if fragment.offset == 0 { partial.next = fragment.next }
        if partial.bytes.count < range.upperBound {
            partial.bytes += [UInt8](repeating: 0, count: range.upperBound - partial.bytes.count)
        }
        partial.bytes.withUnsafeMutableBytes {
            UnsafeMutableRawBufferPointer(rebasing: $0[stored]).copyMemory(from: UnsafeRawBufferPointer(rebasing: data))
        }
        merge(range, into: &partial.sent)
        merge(stored, into: &partial.known)
        return true
    }

    /// Keeps ranges in order and apart.
    static func merge(_ range: Range<Int>, into ranges: inout [Range<Int>]) {
        guard !range.isEmpty else { return }
        var (low, high) = (range.lowerBound, range.upperBound)
        let first = ranges.firstIndex { $0.upperBound >= low } ?? ranges.count
        var last = first
        while last < ranges.count, ranges[last].lowerBound <= high {
            low = min(low, ranges[last].lowerBound)
            high = max(high, ranges[last].upperBound)
            last += 1
        }
        ranges.replaceSubrange(first..<last, with: [low..<high])
    }

    private mutating func expire(_ time: Int64) {
        while let oldest = order.first, let partial = partials[oldest], time - partial.start > Self.patience {
            forget(oldest)
        }
    }

    private mutating func forget(_ key: Key) {
        abandoned += partials[key]?.count ?? 0
        remove(key)
    }

    private mutating func remove(_ key: Key) {
        guard let partial = partials.removeValue(forKey: key) else { return }
        bytesHeld -= partial.bytes.count
        if let place = order.firstIndex(of: key) { order.remove(at: place) }
    }
}
