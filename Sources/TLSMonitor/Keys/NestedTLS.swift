/// Notices that what a connection carries is TLS itself: a hello in a record, and whatever follows in records.
struct NestedTLS {
    private enum State {
        case looking
        /// So many bytes of a record are still to come.
        case inside(Int)
        /// A header has begun.
        case header([UInt8])
        /// The content was no TLS for so long that it will not become it.
        case given
    }

    private var state = State.looking
    /// Records that were looked at in vain.
    private var misses = 0

    /// Before TLS there may be a few words of a proxy.
    private static let patience = 64

    /// The next content of the application; whether any of it belongs to records of TLS.
    mutating func see(_ content: UnsafeRawBufferPointer) -> Bool {
        switch state {
        case .given: return false
        case .looking:
            guard Self.isHello(content) else {
                misses += 1
                if misses >= Self.patience { state = .given }
                return false
            }
            state = .header([])
            return follow(content)
        case .inside, .header: return follow(content)
        }
    }

    /// A record with a hello in it (RFC 8446 §4, §5.1), of which the beginning is there.
    private static func isHello(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count >= 11, bytes[0] == 22, bytes[1] == 3, bytes[2] <= 3, bytes[5] == 1 || bytes[5] == 2,
            bytes[6] == 0, bytes[9] == 3, bytes[10] <= 3
        else { return false }
        let record = Int(bytes[3]) << 8 | Int(bytes[4])
        let message = Int(bytes[7]) << 8 | Int(bytes[8])
        // A hello has 38 bytes at least. One that is longer than its record goes on in the next.
        return record >= 42 && record <= 16_384 && message >= 38 && (message + 4 <= record || record >= 64)
    }

    private mutating func follow(_ content: UnsafeRawBufferPointer) -> Bool {
        var place = 0
        while place < content.count {
            switch state {
            case .inside(let count):
                let step = min(count, content.count - place)
                place += step
                state = step == count ? .header([]) : .inside(count - step)
            case .header(var held):
                let step = min(5 - held.count, content.count - place)
                held.append(contentsOf: content[place..<(place + step)])
                place += step
                guard held.count == 5 else {
                    state = .header(held)
                    break
                }
                let length = Int(held[3]) << 8 | Int(held[4])
                guard (20...24).contains(held[0]), held[1] == 3, held[2] <= 4, length <= 18_432 else {
                    // No record: it was none, or ended before.
                    state = .looking
                    return place > 5
                }
                state = length == 0 ? .header([]) : .inside(length)
            case .looking, .given: return true
            }
        }
        return true
    }
}
