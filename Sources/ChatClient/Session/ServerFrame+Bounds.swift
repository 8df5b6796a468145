import ChatWire

extension ServerFrame {
    /// No room comes to so many entries; what is above would only serve to make numbers overflow.
    private static let maximumPlace: UInt64 = 1 << 62

    /// Whether the numbers in it are such as a server can have counted to.
    var isPlausible: Bool {
        let limit = Self.maximumPlace
        switch self {
        case .entered(_, let status), .described(_, let status):
            return status.head < limit && status.first <= status.head + 1 && status.cursor < limit
                && status.epoch < limit
        case .accepted(_, let place, let time): return (1..<limit).contains(place) && time.milliseconds < limit
        case .readEnd(_, _, let head): return head < limit
        case .entry(let entry):
            return (1..<limit).contains(entry.sequence) && entry.time.milliseconds < limit
                && entry.token & ~Room.controlBit < limit
        case .welcome(let notice): return (1..<limit).contains(notice.sequence)
        default: return true
        }
    }
}
