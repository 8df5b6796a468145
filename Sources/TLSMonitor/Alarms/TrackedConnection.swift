/// What a segment means for its connection.
struct ConnectionSteps: OptionSet, Sendable {
    var rawValue: UInt16

    /// A connection is begun.
    static let begun = ConnectionSteps(rawValue: 1)
    /// Both sides have agreed to talk.
    static let completed = ConnectionSteps(rawValue: 2)
    /// The server does not want to talk.
    static let refused = ConnectionSteps(rawValue: 4)
    /// The client ends it, and has said nothing.
    static let inVain = ConnectionSteps(rawValue: 8)
    /// It belongs to no connection, and no system sends such a thing.
    static let odd = ConnectionSteps(rawValue: 16)
    /// A reset, beyond what its sender has sent.
    static let resetAhead = ConnectionSteps(rawValue: 32)
    /// That, and another than before.
    static let resetAgain = ConnectionSteps(rawValue: 64)
    /// New data of a side that was reset.
    static let continues = ConnectionSteps(rawValue: 128)
    /// A side has ended, and all that it sent was seen.
    static let clientEnded = ConnectionSteps(rawValue: 256)
    static let serverEnded = ConnectionSteps(rawValue: 512)
}

/// Of a TCP connection, what alarms need (RFC 9293 §3.3).
struct TrackedConnection: Sendable {
    /// What one side sent.
    struct Half: Sendable {
        /// Sequence numbers: of the first byte, behind the last one seen, of the end, and where it was when it was reset.
        var origin: UInt32 = 0
        var next: UInt32 = 0
        var end: UInt32 = 0
        var atReset: UInt32 = 0
        /// Of the last reset.
        var reset: UInt32 = 0
        var marks: Marks = []
    }

    struct Marks: OptionSet, Sendable {
        var rawValue: UInt16

        static let known = Marks(rawValue: 1)
        static let data = Marks(rawValue: 2)
        /// Not all came, or not in order.
        static let hole = Marks(rawValue: 4)
        static let ended = Marks(rawValue: 8)
        static let reset = Marks(rawValue: 16)
        /// It ended before the other did.
        static let first = Marks(rawValue: 32)
        static let judged = Marks(rawValue: 64)
    }

    var begun: Int64
    /// The connection's number, once it has one.
    var flow = 0
    var isClientLow: Bool
    var hasSyn = false
    var hasSynAck = false
    var isCompleted = false
    /// The client answered what only who owns the address could read.
    var isProven = false
    /// It was counted as a try in vain.
    var isInVain = false
    var client = Half()
    var server = Half()

    init(begun: Int64, isClientLow: Bool) {
        self.begun = begun
        self.isClientLow = isClientLow
    }

    /// The distance from one sequence number to another, less than 2^31 either way.
    private static func distance(_ from: UInt32, _ to: UInt32) -> Int32 { Int32(bitPattern: to &- from) }

    /// The first segment of the client.
    mutating func synchronise(_ sequence: UInt32, length: UInt32) {
        hasSyn = true
        client.origin = sequence &+ 1
        client.next = client.origin &+ length
        client.marks = length > 0 ? [.known, .data] : [.known]
    }

    /// The first segment of the server.
    mutating func answer(_ sequence: UInt32) {
        hasSynAck = true
        server.origin = sequence &+ 1
        server.next = server.origin
        server.marks.insert(.known)
    }

    /// Any other segment but a reset.
    mutating func receive(_ segment: TCPSegment, length: UInt32, isFromClient: Bool) -> ConnectionSteps {
        var steps: ConnectionSteps = []
        if segment.flags.contains(.ack) { steps = acknowledge(segment, length, isFromClient) }
        guard length > 0 || segment.flags.contains(.fin) else { return steps }
        let other = isFromClient ? server.marks : client.marks
        var half = isFromClient ? client : server
        if !half.marks.contains(.known) {
            half.origin = segment.sequence
            half.next = segment.sequence
            half.marks.insert(.known)
        }
        if Self.distance(half.next, segment.sequence) > 0 || segment.missing > 0 { half.marks.insert(.hole) }
        var end = segment.sequence &+ length
        if length > 0 {
            half.marks.insert(.data)
            if half.marks.contains(.reset), Self.distance(half.atReset, segment.sequence) >= 0 {
                steps.insert(.continues)
            }
        }
        if segment.flags.contains(.fin) {
            if !half.marks.contains(.ended) {
                half.marks.insert(.ended)
                half.end = end
                if other.isDisjoint(with: [.ended, .reset]) { half.marks.insert(.first) }
            }
            end &+= 1
        }
        if Self.distance(half.next, end) > 0 { half.next = end }
        if isFromClient { client = half } else { server = half }
        if !hasSyn, !hasSynAck, !isCompleted, client.marks.contains(.data), server.marks.contains(.data) {
            isCompleted = true
            steps.insert(.completed)
        }
        if isFromClient, segment.flags.contains(.fin), giveUp() { steps.insert(.inVain) }
        return steps
    }

    private mutating func acknowledge(_ segment: TCPSegment, _ length: UInt32, _ isFromClient: Bool) -> ConnectionSteps
    {
        var steps: ConnectionSteps = []
        if isFromClient, !isCompleted, hasSyn || hasSynAck {
            // Only who has the server's number can return it.
            let isTrue =
                hasSynAck && Self.distance(server.origin, segment.acknowledgement) >= 0
                && Self.distance(server.next, segment.acknowledgement) <= 0
            if isTrue || (!hasSynAck && length > 0) {
                isCompleted = true
                isProven = isTrue
                steps.insert(.completed)
            }
        }
        var half = isFromClient ? server : client
        guard half.marks.contains(.known) else { return steps }
        if Self.distance(half.next, segment.acknowledgement) > 0 { half.marks.insert(.hole) }
        if half.marks.contains(.ended), !half.marks.contains(.judged), segment.acknowledgement == half.end &+ 1 {
            half.marks.insert(.judged)
            steps.insert(isFromClient ? .serverEnded : .clientEnded)
        }
        if isFromClient { server = half } else { client = half }
        return steps
    }

    mutating func reset(_ segment: TCPSegment, isFromClient: Bool) -> ConnectionSteps {
        if !isCompleted {
            if isFromClient { return hasSynAck && giveUp(isHalfOpen: true) ? .inVain : [] }
            guard hasSyn, !hasSynAck, !isInVain else { return [] }
            isInVain = true
            return .refused
        }
        var steps: ConnectionSteps = []
        if isFromClient, giveUp() { steps.insert(.inVain) }
        let other = isFromClient ? server.marks : client.marks
        var half = isFromClient ? client : server
        guard half.marks.contains(.known) else { return steps }
        let distance = Self.distance(half.next, segment.sequence)
        // Where the other side is done already, nobody gains by a reset: what lies between was not captured.
        if distance > 0, segment.sequence != 0, !half.marks.contains(.hole), !other.contains(.ended) {
            steps.insert(.resetAhead)
            if half.marks.contains(.reset), half.reset != segment.sequence { steps.insert(.resetAgain) }
        }
        if distance == 0, half.marks.isDisjoint(with: [.judged, .ended, .reset]),
            other.isDisjoint(with: [.ended, .reset])
        {
            half.marks.formUnion([.judged, .first])
            half.end = segment.sequence
            steps.insert(isFromClient ? .clientEnded : .serverEnded)
        }
        if !half.marks.contains(.reset) { half.atReset = half.next }
        half.marks.insert(.reset)
        half.reset = segment.sequence
        if isFromClient { client = half } else { server = half }
        return steps
    }

    /// The client goes. Whether it has said nothing, and that is not counted yet.
    private mutating func giveUp(isHalfOpen: Bool = false) -> Bool {
        guard hasSyn, isCompleted || isHalfOpen, !isInVain, !client.marks.contains(.data) else { return false }
        isInVain = true
        return true
    }
}
