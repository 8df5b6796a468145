import Chat
import ChatWire
import Foundation
import NIOCore
import Testing

@Suite("the checker of the crash tests")
struct VerdictTests {
    private let room = RoomID(high: 1, low: 2)

    /// Six entries of two devices, all acknowledged and shown, with what is wrong with the log, or with the promises.
    private struct Case {
        var log: [LogEntry]
        var ledger = Ledger()
        var first: UInt64 = 1
    }

    private func device(_ name: String) throws -> PeerIdentity { try #require(PeerIdentity(name + "/default")) }

    private func wholeCase() throws -> Case {
        let (alice, bob) = (try device("alice"), try device("bob"))
        var log: [LogEntry] = []
        for number in 1...6 as ClosedRange<UInt64> {
            let sender = number.isMultiple(of: 2) ? alice : bob
            let payload = LogEntry.Payload.inline(ByteBuffer(string: "message \(number)"))
            log.append(
                LogEntry(
                    room: room, sequence: number, time: Timestamp(milliseconds: 1_000 + number), sender: sender,
                    token: 100 + (number + 1) / 2, kind: .message, payload: payload))
        }
        var wanted = Case(log: log)
        var chain = LogChain.start(of: room)
        for entry in log {
            let sending = Ledger.Sending(room: room, device: entry.sender, token: entry.token)
            wanted.ledger.send(sending, entry.payload.digest)
            wanted.ledger.acknowledge(sending, Ledger.Place(sequence: entry.sequence, time: entry.time))
            wanted.ledger.show(entry)
            chain = LogChain.next(chain, entry)
            if entry.sequence == 3 { wanted.ledger.tell(status(head: 3, chain), least: 3) }
        }
        return wanted
    }

    private func status(first: UInt64 = 1, head: UInt64, _ chain: Digest) -> RoomStatus {
        RoomStatus(
            room: room, first: first, head: head, chain: chain, epoch: 1, policy: RoomPolicy(.invite), groupInfo: nil)
    }

    private func reading(_ log: [LogEntry], first: UInt64 = 1, by name: String, _ ledger: Ledger) throws -> Reading {
        var reading = Reading(
            room, by: try device(name), after: first - 1, told: ledger.heads[room, default: []])
        for entry in log { reading.append(entry) }
        let last = reading.lines.last
        reading.status = status(
            first: first, head: last?.sequence ?? 0, last?.chain ?? LogChain.start(of: room))
        return reading
    }

    private func verdict(_ sample: Case, bob: [LogEntry]? = nil, isSettled: Bool = true) throws -> Verdict {
        let whole = try reading(sample.log, first: sample.first, by: "alice", sample.ledger)
        let other = try reading(bob ?? sample.log, first: sample.first, by: "bob", sample.ledger)
        return Verdict(sample.ledger, [room: [whole, other]], isSettled: isSettled)
    }

    @Test("finds nothing where nothing is wrong, also where the first entries were dropped on purpose")
    func clean() throws {
        var sample = try wholeCase()
        #expect(try verdict(sample).isClean)
        sample.log.removeFirst(2)
        sample.first = 3
        let verdict = try self.verdict(sample)
        #expect(verdict.isClean, "\(verdict)")
    }

    @Test("finds what was acknowledged and is missing, at the end or in the middle")
    func lost() throws {
        var sample = try wholeCase()
        sample.log.removeLast()
        #expect(try !verdict(sample).lost.isEmpty)
        sample = try wholeCase()
        sample.log.remove(at: 2)
        let verdict = try self.verdict(sample)
        #expect(!verdict.lost.isEmpty && !verdict.broken.isEmpty)
        #expect(try !self.verdict(Case(log: [], ledger: sample.ledger)).lost.isEmpty)
        #expect(!Verdict(sample.ledger, [:], isSettled: true).lost.isEmpty)
    }

    @Test("finds what is there twice, at another place, in another order, or of nobody")
    func order() throws {
        var sample = try wholeCase()
        var again = sample.log[2]
        again.sequence = 7
        sample.log.append(again)
        #expect(try !verdict(sample).broken.isEmpty, "twice")

        sample = try wholeCase()
        (sample.log[2].token, sample.log[4].token) = (sample.log[4].token, sample.log[2].token)
        (sample.log[2].payload, sample.log[4].payload) = (sample.log[4].payload, sample.log[2].payload)
        #expect(try !verdict(sample).broken.isEmpty, "in another order")

        sample = try wholeCase()
        sample.ledger.acknowledge(
            Ledger.Sending(room: room, device: sample.log[1].sender, token: sample.log[1].token),
            Ledger.Place(sequence: 4, time: sample.log[1].time))
        #expect(try !verdict(sample).broken.isEmpty, "acknowledged twice, differently")

        sample = try wholeCase()
        var foreign = sample.log[5]
        (foreign.sequence, foreign.token) = (7, 900)
        sample.log.append(foreign)
        #expect(try !verdict(sample).broken.isEmpty, "of nobody")
    }

    @Test("finds changed bytes and times, another chain, and members who read different logs")
    func changed() throws {
        var sample = try wholeCase()
        sample.log[1].payload = .inline(ByteBuffer(string: "another"))
        #expect(try !verdict(sample).broken.isEmpty)

        sample = try wholeCase()
        sample.log[5].time = Timestamp(milliseconds: 1)
        #expect(try !verdict(sample).broken.isEmpty)

        sample = try wholeCase()
        sample.ledger.tell(status(head: 5, LogChain.start(of: room)), least: 5)
        #expect(try !verdict(sample).broken.isEmpty, "the chain that was told is another one")

        sample = try wholeCase()
        sample.ledger.tell(status(head: 2, LogChain.start(of: room)), least: 6)
        #expect(try !verdict(sample).broken.isEmpty, "a server that went back")

        sample = try wholeCase()
        #expect(try !verdict(sample, bob: Array(sample.log.dropLast())).broken.isEmpty)
    }

    @Test("finds what has its place and never got an answer, if all should have theirs")
    func unanswered() throws {
        var sample = try wholeCase()
        var next = sample.log[5]
        (next.sequence, next.token) = (7, 104)
        sample.log.append(next)
        sample.ledger.send(
            Ledger.Sending(room: room, device: next.sender, token: next.token), next.payload.digest)
        #expect(try verdict(sample, isSettled: false).isClean)
        #expect(try !verdict(sample).broken.isEmpty)
    }
}
