/// Which message of a batch belongs to which operation.
struct BatchNumbers {
    enum Place {
        /// The message that begins or ends the batch: errors there are about all of it.
        case frame
        case operation(Int)
    }

    /// The sequence number of the first message.
    private let first: UInt32
    /// How many messages there were before each operation, the one that begins the batch included.
    private var starts: [UInt32] = []
    /// The last operation's last message: the kernel acknowledges it.
    private(set) var acknowledged: UInt32

    init(first: UInt32) {
        self.first = first
        acknowledged = first
    }

    mutating func begin(at sequence: UInt32) { starts.append(sequence &- first) }
    mutating func end(last sequence: UInt32) { acknowledged = sequence }

    /// `nil` for a number that is not of this batch.
    func place(of sequence: UInt32) -> Place? {
        let offset = sequence &- first
        if offset == 0 { return .frame }
        guard offset <= acknowledged &- first &+ 1 else { return nil }
        guard sequence != acknowledged &+ 1, let index = starts.lastIndex(where: { $0 <= offset }) else {
            return .frame
        }
        return .operation(index)
    }
}
