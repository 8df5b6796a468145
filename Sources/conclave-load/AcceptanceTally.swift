/// Whether everything that was sent was acknowledged: in the order in which its sender sent it, once, and each at a place of its own in a
/// log without gaps.
struct AcceptanceTally {
    private(set) var sent: UInt64 = 0
    private(set) var accepted: UInt64 = 0
    /// What went wrong first.
    private(set) var fault: String?

    private let rooms: Int
    /// Under which number a message is acknowledged.
    private let request: @Sendable (_ number: UInt64) -> UInt32
    private var nextToSend: [UInt64]
    private var nextToAccept: [UInt64]
    /// For each sender a ring of when its messages were sent.
    private var times: [UInt64]
    private var lastPlace: [UInt64]
    private var logs: [Log]

    /// What acknowledgements say of a room's log.
    private struct Log {
        var first = UInt64.max
        var last: UInt64 = 0
        var count: UInt64 = 0
    }

    /// - Parameter rooms: sender i speaks in room i % rooms.
    init(senders: Int, rooms: Int, request: @escaping @Sendable (_ number: UInt64) -> UInt32) {
        self.rooms = rooms
        self.request = request
        nextToSend = Array(repeating: 0, count: senders)
        nextToAccept = Array(repeating: 0, count: senders)
        lastPlace = Array(repeating: 0, count: senders)
        times = Array(repeating: 0, count: senders * Tally.capacity)
        logs = Array(repeating: Log(), count: rooms)
    }

    /// Messages of `sender` without an acknowledgement; no more than ``Tally/capacity``.
    func underWay(from sender: Int) -> Int { Int(nextToSend[sender] - nextToAccept[sender]) }

    var isComplete: Bool { fault == nil && accepted == sent }

    /// What is wrong with the whole, once nothing is under way; `nil`: nothing.
    var verdict: String? {
        if let fault { return fault }
        guard accepted == sent else { return "\(sent) messages were sent; \(accepted) were acknowledged" }
        for (room, log) in logs.enumerated() where log.count > 0 && log.last - log.first + 1 != log.count {
            return "\(log.count) messages to room \(room) were given places from \(log.first) to \(log.last)"
        }
        return nil
    }

    /// A sender's next message goes out.
    mutating func send(from sender: Int, at time: UInt64) {
        times[sender * Tally.capacity + Int(nextToSend[sender] % UInt64(Tally.capacity))] = time
        nextToSend[sender] += 1
        sent += 1
    }

    /// - Parameter place: in the room's log; `nil` if the server does not say.
    /// - Returns: when the message was sent; `nil` if the acknowledgement should not have come.
    mutating func accept(from sender: Int, request: UInt32, place: UInt64?) -> UInt64? {
        guard sender < nextToAccept.count else { return note("a member that sends nothing got an acknowledgement") }
        let number = nextToAccept[sender]
        guard number < nextToSend[sender], self.request(number) == request else {
            return note("sender \(sender) got the acknowledgement \(request) when it waited for its message \(number)")
        }
        nextToAccept[sender] += 1
        accepted += 1
        if let place {
            guard place > lastPlace[sender] else {
                return note("message \(number) of sender \(sender) was given place \(place) after \(lastPlace[sender])")
            }
            lastPlace[sender] = place
            let room = sender % rooms
            logs[room].first = min(logs[room].first, place)
            logs[room].last = max(logs[room].last, place)
            logs[room].count += 1
        }
        return times[sender * Tally.capacity + Int(number % UInt64(Tally.capacity))]
    }

    private mutating func note(_ fault: String) -> UInt64? {
        if self.fault == nil { self.fault = fault }
        return nil
    }
}
