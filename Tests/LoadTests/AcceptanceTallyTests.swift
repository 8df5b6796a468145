import Testing

@testable import conclave_load

@Suite("Acceptances: everything sent is acknowledged, in order, once, at places without gaps")
struct AcceptanceTallyTests {
    /// Two senders in one room, or in two.
    private func tally(rooms: Int = 1, sent count: Int = 0) -> AcceptanceTally {
        var tally = AcceptanceTally(senders: 2, rooms: rooms) { UInt32($0) + 100 }
        for number in 0..<count { tally.send(from: 0, at: UInt64(1_000 + number)) }
        return tally
    }

    @Test("tells when the message was sent, and is complete once all are acknowledged")
    func acceptsInOrder() {
        var tally = tally(sent: 2)
        #expect(tally.underWay(from: 0) == 2)
        #expect(tally.accept(from: 0, request: 100, place: 5) == 1_000)
        #expect(!tally.isComplete)
        #expect(tally.verdict == "2 messages were sent; 1 were acknowledged")
        #expect(tally.accept(from: 0, request: 101, place: 6) == 1_001)
        #expect(tally.underWay(from: 0) == 0)
        #expect(tally.isComplete && tally.verdict == nil)
    }

    @Test("does without places where the server tells none")
    func acceptsWithoutPlaces() {
        var tally = tally(sent: 1)
        #expect(tally.accept(from: 0, request: 100, place: nil) == 1_000)
        #expect(tally.verdict == nil)
    }

    @Test("finds an acknowledgement out of order, of another sender, of nothing, and a second one", arguments: 0..<4)
    func findsStrangers(kind: Int) {
        var tally = tally(sent: 2)
        switch kind {
        case 0: #expect(tally.accept(from: 0, request: 101, place: 1) == nil)
        case 1: #expect(tally.accept(from: 1, request: 100, place: 1) == nil)
        case 2: #expect(tally.accept(from: 2, request: 100, place: 1) == nil)
        default:
            #expect(tally.accept(from: 0, request: 100, place: 1) != nil)
            #expect(tally.accept(from: 0, request: 100, place: 2) == nil)
        }
        #expect(tally.fault != nil && tally.verdict == tally.fault && !tally.isComplete)
    }

    @Test("finds a place that is not behind the sender's last", arguments: [7, 6] as [UInt64])
    func findsStalePlace(place: UInt64) {
        var tally = tally(sent: 2)
        #expect(tally.accept(from: 0, request: 100, place: 7) != nil)
        #expect(tally.accept(from: 0, request: 101, place: place) == nil)
        #expect(tally.fault == "message 1 of sender 0 was given place \(place) after 7")
    }

    @Test("finds a gap in a room's log, and a place that two got")
    func findsGap() {
        var gap = tally(sent: 2)
        _ = gap.accept(from: 0, request: 100, place: 3)
        _ = gap.accept(from: 0, request: 101, place: 5)
        #expect(gap.verdict == "2 messages to room 0 were given places from 3 to 5")

        var twice = tally(sent: 1)
        twice.send(from: 1, at: 0)
        _ = twice.accept(from: 0, request: 100, place: 3)
        _ = twice.accept(from: 1, request: 100, place: 3)
        #expect(twice.verdict == "2 messages to room 0 were given places from 3 to 3")
    }

    @Test("keeps the logs of rooms apart")
    func keepsRoomsApart() {
        var tally = tally(rooms: 2, sent: 1)
        tally.send(from: 1, at: 0)
        _ = tally.accept(from: 0, request: 100, place: 3)
        _ = tally.accept(from: 1, request: 100, place: 3)
        #expect(tally.verdict == nil)
    }
}
