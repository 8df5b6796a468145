/// Connections of which only the beginning was seen, without a byte of data. A flood may bring millions: of those, the oldest are
/// forgotten.
struct FlowBeginnings {
    /// The beginning of a connection (RFC 9293 §3.5).
    struct Beginning {
        /// Whether the smaller end is the client's.
        var clientIsLow: Bool
        var start: Sighting
        /// Of the SYN of each side, if it was seen, or is known from its acknowledgement.
        var clientSequence: UInt32?
        var serverSequence: UInt32?
        /// Whether each side was seen, the client first.
        var hasSpoken = (client: false, server: false)
    }

    /// Beginnings that are kept, in two generations of half as many.
    private let limit: Int
    private var young: [FlowKey: Beginning] = [:]
    private var old: [FlowKey: Beginning] = [:]

    init(limit: Int) {
        self.limit = max(2, limit)
    }

    /// Notes a segment without data of a connection that is not followed yet.
    mutating func note(_ segment: TCPSegment, _ key: FlowKey, _ sighting: Sighting) {
        if segment.flags.contains(.rst) {
            young[key] = nil
            old[key] = nil
            return
        }
        guard segment.flags.contains(.syn) else {
            // An acknowledgement alone opens nothing.
            if var known = young[key] ?? old[key] {
                if (segment.source == key.low) == known.clientIsLow {
                    known.hasSpoken.client = true
                } else {
                    known.hasSpoken.server = true
                }
                keep(known, key)
            }
            return
        }
        var beginning = young[key] ?? old[key]
        if segment.flags.contains(.ack) {
            if beginning?.clientIsLow != (segment.destination == key.low) {
                beginning = Beginning(clientIsLow: segment.destination == key.low, start: sighting)
            }
            beginning?.clientSequence = segment.acknowledgement &- 1
            beginning?.serverSequence = segment.sequence
            beginning?.hasSpoken.server = true
        } else {
            let clientIsLow = segment.source == key.low
            if beginning?.clientIsLow != clientIsLow || beginning?.clientSequence != segment.sequence {
                beginning = Beginning(clientIsLow: clientIsLow, start: sighting)
            }
            beginning?.clientSequence = segment.sequence
            beginning?.hasSpoken.client = true
        }
        if let beginning { keep(beginning, key) }
    }

    /// Forgets a beginning, because data has come, and hands it out.
    mutating func take(_ key: FlowKey) -> Beginning? {
        let older = old.removeValue(forKey: key)
        return young.removeValue(forKey: key) ?? older
    }

    private mutating func keep(_ beginning: Beginning, _ key: FlowKey) {
        young[key] = beginning
        guard young.count > limit / 2 else { return }
        old = young
        young = [:]
    }
}
