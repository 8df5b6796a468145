import ChatWire

/// The parts of one blob as a connection fetches them, in whatever order they come.
struct BlobAssembly {
    /// What came of adding a part.
    enum Outcome: Equatable {
        case unfinished
        case whole([UInt8])
        /// The parts contradict each other, and how.
        case broken(String)
    }

    private(set) var total: Int?
    private var parts: [Int: [UInt8]] = [:]
    /// Up to here there are parts without a gap.
    private var known = 0
    /// Bytes of the stream that were parts of it, with those that came again.
    private(set) var streamBytes = 0
    /// Bytes that are in memory.
    private(set) var heldBytes = 0
    private(set) var isDone = false

    /// Parts of one blob; honest ones are 60,000 bytes long, all but the last.
    private static let mostParts = 4_096
    /// Bytes that a part takes in memory beside its own.
    private static let overhead = 64

    mutating func add(_ bytes: [UInt8], at offset: Int, of total: Int) -> Outcome {
        streamBytes += bytes.count
        guard total <= BlobRef.maximumSize, offset + bytes.count <= total else {
            return .broken("a part that lies outside of its blob")
        }
        guard self.total == nil || self.total == total else { return .broken("parts of blobs of different sizes") }
        self.total = total
        if let old = parts[offset] {
            let count = min(old.count, bytes.count)
            guard old.prefix(count) == bytes.prefix(count) else {
                return .broken("a part that came with other bytes before")
            }
        }
        if parts[offset].map({ $0.count < bytes.count }) ?? true {
            guard parts.count < Self.mostParts else { return .broken("a blob in more parts than one has") }
            heldBytes += bytes.count - (parts[offset].map { $0.count } ?? -Self.overhead)
            parts[offset] = bytes
            if offset + bytes.count > known, offset <= known { known = offset + bytes.count }
        }
        while let next = parts[known], !next.isEmpty { known += next.count }
        return known == total ? join(total) : .unfinished
    }

    private mutating func join(_ total: Int) -> Outcome {
        isDone = true
        var whole: [UInt8] = []
        whole.reserveCapacity(total)
        let sorted = parts.sorted { $0.key < $1.key }
        parts = [:]
        heldBytes = 0
        for (offset, bytes) in sorted {
            // `known` reached the end over parts that touch: there is no gap before this one.
            guard offset <= whole.count else { return .broken("parts with a gap between them") }
            let overlap = min(whole.count - offset, bytes.count)
            guard whole[offset..<offset + overlap].elementsEqual(bytes.prefix(overlap)) else {
                return .broken("parts that overlap with different bytes")
            }
            whole.append(contentsOf: bytes.dropFirst(overlap))
        }
        return whole.count == total ? .whole(whole) : .broken("parts with a gap between them")
    }

    /// Takes over what an earlier connection had begun to fetch.
    mutating func adopt(_ other: BlobAssembly) -> Outcome {
        var outcome = Outcome.unfinished
        let (mine, before) = (streamBytes, other.streamBytes)
        for (offset, bytes) in other.parts.sorted(by: { $0.key < $1.key }) {
            guard let total = other.total, !isDone else { break }
            outcome = add(bytes, at: offset, of: total)
            if case .broken = outcome { break }
        }
        streamBytes = mine + before
        return outcome
    }
}
