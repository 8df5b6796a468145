/// The last bytes of a stream, to compare what is sent again with what was sent before.
struct RecentBytes {
    /// Bytes that are kept of one direction, at least and at most; of all of them together about ``budget``.
    static let leastCapacity = 2_048
    static let mostCapacity = 1 << 18
    private static let budget = 3 << 20

    /// What each direction of so many connections may keep.
    static func capacity(for connections: Int) -> Int {
        min(mostCapacity, max(leastCapacity, budget / max(1, 2 * connections)))
    }

    /// Bytes that are kept; for a moment up to twice as many are.
    var capacity = leastCapacity
    private var bytes: [UInt8] = []
    /// The stream offset behind the last byte.
    private var end = 0

    /// Bytes that are kept now.
    var count: Int { bytes.count }

    /// The part of the stream that is known.
    private var known: Range<Int> { end - bytes.count..<end }

    /// - Parameter offset: where `new` begins; what was known before must end there, or is forgotten.
    mutating func append(_ new: UnsafeRawBufferPointer, at offset: Int) {
        if offset != end { bytes.removeAll(keepingCapacity: true) }
        end = offset + new.count
        if new.count >= capacity {
            bytes = Array(new[(new.count - capacity)...])
            return
        }
        // Twice the capacity before it is cut back: each byte is moved once on average.
        bytes.append(contentsOf: new)
        if bytes.count >= 2 * capacity { bytes.removeFirst(bytes.count - capacity) }
    }

    /// Compares bytes that were sent again.
    func compare(_ again: UnsafeRawBufferPointer, at offset: Int) -> Comparison {
        let common = max(offset, known.lowerBound)..<max(offset, known.lowerBound, min(offset + again.count, end))
        for index in common where bytes[index - known.lowerBound] != again[index - offset] {
            return .differs(at: index)
        }
        return common.count == again.count ? .same : .unknown(again.count - common.count)
    }

    enum Comparison: Hashable {
        case same
        /// The first byte that is not the same.
        case differs(at: Int)
        /// So many bytes are too old to compare.
        case unknown(Int)
    }
}
