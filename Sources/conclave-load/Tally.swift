/// Whether everything that was sent arrived: at every receiver, in each sender's order, once.
///
/// Every message carries its sender's index and a number that counts that sender's messages from 0, so that a loss, a duplicate or a
/// change of order shows with the first delivery that is not the expected one.
struct Tally {
    /// Messages of one sender that may be under way.
    static let capacity = 8_192

    /// Members, of which the first `senders` also send.
    let members: Int
    let senders: Int
    /// Member i is in room i % rooms.
    let rooms: Int
    /// How often a message is delivered.
    let copies: Int

    private(set) var sent: UInt64 = 0
    private(set) var delivered: UInt64 = 0
    /// What went wrong first.
    private(set) var fault: String?

    /// For each sender the number of its next message.
    private var nextToSend: [UInt64]
    /// For each member and sender the number that must come next.
    private var nextToArrive: [UInt64]
    /// For each sender a ring of how many copies are missing.
    private var missing: [Int32]
    private var inFlight: [Int]

    /// - Parameter copies: how often a message is delivered; `nil`: to everyone in its room but its sender.
    init(members: Int, senders: Int, rooms: Int = 1, copies: Int? = nil) {
        self.members = members
        self.senders = senders
        self.rooms = rooms
        self.copies = copies ?? members / rooms - 1
        nextToSend = Array(repeating: 0, count: senders)
        nextToArrive = Array(repeating: 0, count: members * senders)
        missing = Array(repeating: 0, count: senders * Self.capacity)
        inFlight = Array(repeating: 0, count: senders)
    }

    /// Messages of `sender` of which copies are missing.
    func underWay(from sender: Int) -> Int { inFlight[sender] }

    /// What was sent has arrived completely, and nothing else has.
    var isExact: Bool { fault == nil && delivered == sent * UInt64(copies) }

    /// - Returns: the number of the message that `sender` sends now.
    mutating func send(from sender: Int) -> UInt64 {
        let number = nextToSend[sender]
        nextToSend[sender] += 1
        missing[place(of: number, from: sender)] = Int32(copies)
        if copies > 0 { inFlight[sender] += 1 }
        sent += 1
        return number
    }

    /// A message arrived.
    mutating func arrive(at member: Int, from sender: Int, number: UInt64) {
        guard sender < senders, sender != member, sender % rooms == member % rooms else {
            return note("member \(member) got a message of sender \(sender), which it should not")
        }
        let place = member * senders + sender
        guard nextToArrive[place] == number, number < nextToSend[sender] else {
            return note(
                "member \(member) got message \(number) of sender \(sender); the next one should be "
                    + "\(nextToArrive[place]) of \(nextToSend[sender]) sent")
        }
        nextToArrive[place] = number + 1
        delivered += 1
        let ring = self.place(of: number, from: sender)
        missing[ring] -= 1
        if missing[ring] == 0 { inFlight[sender] -= 1 }
    }

    mutating func note(_ fault: String) {
        if self.fault == nil { self.fault = fault }
    }

    private func place(of number: UInt64, from sender: Int) -> Int {
        sender * Self.capacity + Int(number % UInt64(Self.capacity))
    }
}
