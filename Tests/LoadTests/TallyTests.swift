import Testing

@testable import conclave_load

@Suite("Tally: sent × receivers = delivered, in order, once")
struct TallyTests {
    /// Two senders, 0 and 1, and one member that listens.
    private func tally(sent count: Int) -> Tally {
        var tally = Tally(members: 3, senders: 2)
        for number in 0..<count { #expect(tally.send(from: 0) == UInt64(number)) }
        return tally
    }

    @Test("is exact once every member but the sender has everything")
    func countsAll() {
        var tally = tally(sent: 2)
        for number in 0..<2 as Range<UInt64> {
            tally.arrive(at: 1, from: 0, number: number)
            #expect(!tally.isExact)
            tally.arrive(at: 2, from: 0, number: number)
        }
        #expect(tally.isExact)
        #expect(tally.underWay(from: 0) == 0)
    }

    @Test("has a message under way until its last copy arrives")
    func knowsWhatIsUnderWay() {
        var tally = tally(sent: 2)
        tally.arrive(at: 2, from: 0, number: 0)
        #expect(tally.underWay(from: 0) == 2)
        tally.arrive(at: 1, from: 0, number: 0)
        #expect(tally.underWay(from: 0) == 1)
    }

    @Test("finds a loss, which the next delivery shows")
    func findsLoss() {
        var tally = tally(sent: 2)
        tally.arrive(at: 2, from: 0, number: 1)
        #expect(tally.fault == "member 2 got message 1 of sender 0; the next one should be 0 of 2 sent")
    }

    @Test("finds a duplicate")
    func findsDuplicate() {
        var tally = tally(sent: 1)
        tally.arrive(at: 1, from: 0, number: 0)
        tally.arrive(at: 2, from: 0, number: 0)
        #expect(tally.isExact)
        tally.arrive(at: 2, from: 0, number: 0)
        #expect(!tally.isExact)
        #expect(tally.fault != nil)
    }

    @Test(
        "finds a message that was never sent, an echo, and a sender that does not exist",
        arguments: [(2, 0, 1), (0, 0, 0), (2, 2, 0)])
    func findsStrangers(member: Int, sender: Int, number: Int) {
        var tally = tally(sent: 1)
        tally.arrive(at: member, from: sender, number: UInt64(number))
        #expect(tally.fault != nil)
        #expect(tally.delivered == 0)
    }

    @Test("is not exact while a copy is missing")
    func misses() {
        var tally = tally(sent: 1)
        tally.arrive(at: 1, from: 0, number: 0)
        #expect(!tally.isExact)
        #expect(tally.fault == nil)
    }

    @Test("keeps rooms apart: a message is for the others of its sender's room alone")
    func keepsRoomsApart() {
        // Senders 0 and 1 and listeners 2 and 3, in turn in two rooms.
        var tally = Tally(members: 4, senders: 2, rooms: 2)
        #expect(tally.copies == 1)
        _ = tally.send(from: 0)
        _ = tally.send(from: 1)
        tally.arrive(at: 2, from: 0, number: 0)
        tally.arrive(at: 3, from: 1, number: 0)
        #expect(tally.isExact)

        _ = tally.send(from: 0)
        tally.arrive(at: 3, from: 0, number: 1)
        #expect(tally.fault == "member 3 got a message of sender 0, which it should not")
    }

    @Test("has nothing under way where nobody listens")
    func countsSendersAlone() {
        var tally = Tally(members: 1, senders: 1)
        for _ in 0..<(Tally.capacity + 1) { _ = tally.send(from: 0) }
        #expect(tally.underWay(from: 0) == 0 && tally.isExact)
    }
}
