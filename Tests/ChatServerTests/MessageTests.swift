import Chat
import ChatServer
import ChatWire
import MLSWire
import NIOCore
import Testing

@Suite("messages and proposals")
struct MessageTests {
    /// A room of alice with bob in it, at epoch 1, both entered.
    private func pair(loops: Int) throws -> (Cluster, TestClient, TestClient) {
        let cluster = Cluster(loops: loops)
        let (first, second) = (try cluster.connect(alice), try cluster.connect(bob, on: loops - 1))
        try first.create(.tea)
        try first.add([(bob, 1)], to: .tea)
        try first.enter(.tea)
        try second.enter(.tea)
        return (cluster, first, second)
    }

    @Test("are told apart by the content type that MLS shows", arguments: 1...3)
    func tellsKinds(loops: Int) throws {
        let (_, first, second) = try pair(loops: loops)
        try first.say("x", in: .tea, epoch: 1)
        try first.ask { .send($0, .tea, token: first.nextToken(), payload: Forge.proposal(in: .tea, epoch: 1)) }
        let commit = Forge.commit(in: .tea, epoch: 1)
        let refused = try first.ask { .send($0, .tea, token: first.nextToken(), payload: commit) }
        #expect(refused.failure == .malformedMessage, "a commit is submitted")
        #expect(second.entries(of: .tea).map(\.kind) == [.message, .proposal])
    }

    @Test("must be PrivateMessages of that room, whole")
    func refusesOtherBytes() throws {
        let (_, first, second) = try pair(loops: 2)
        let good = Forge.message(in: .tea, epoch: 1, "hello")
        var cut = good
        cut.moveWriterIndex(to: cut.writerIndex - 1)
        var long = good
        long.writeInteger(0 as UInt8)
        let bad = [
            cut, long, ByteBuffer(string: "hello"), Forge.message(in: .lab, epoch: 1, "x"),
            Forge.package(of: alice), Forge.welcome("x"), Forge.externalCommit(in: .tea, epoch: 1, Forge.name(alice)),
        ]
        for payload in bad {
            #expect(
                try first.ask { .send($0, .tea, token: first.nextToken(), payload: payload) }.failure
                    == .malformedMessage)
        }
        #expect(second.entries(of: .tea).isEmpty)
    }

    @Test("belong to the present epoch or one of the four before", arguments: 1...2)
    func checksEpochs(loops: Int) throws {
        let (_, first, _) = try pair(loops: loops)
        for epoch in 1..<7 as Range<UInt64> { try first.submit(first.commit(in: .tea, ending: epoch)) }
        for epoch in 3...7 as ClosedRange<UInt64> { #expect(try first.say("x", in: .tea, epoch: epoch).failure == nil) }
        for epoch in [0, 2, 8, .max] as [UInt64] {
            #expect(try first.say("x", in: .tea, epoch: epoch).failure == .staleEpoch)
        }
    }

    @Test("that are sent again are answered like the first time, and are in the log once", arguments: 1...3)
    func areIdempotent(loops: Int) throws {
        let (cluster, first, second) = try pair(loops: loops)
        let answer = try first.say("x", in: .tea, epoch: 1, token: 7)
        let time = Timestamp(milliseconds: cluster.time)
        cluster.time += 1_000
        let again = try cluster.connect(alice, on: loops - 1)
        guard case .accepted(_, 3, time) = try again.say("x", in: .tea, epoch: 1, token: 7) else {
            Issue.record("another answer")
            return
        }
        #expect(answer.sequence == 3)
        #expect(try first.say("y", in: .tea, epoch: 1, token: 6).sequence == 4, "an earlier number is another message")
        #expect(try second.say("z", in: .tea, epoch: 1, token: 7).sequence == 5, "another device counts for itself")
        #expect(try first.say("x", in: .tea, epoch: 1, token: 0).failure == .refused, "0 is the server's")
        #expect(second.sequences(of: .tea) == [3, 4])
    }

    @Test("are known again as long as the log has them, and are refused when their number is too old to tell")
    func remembersTokens() throws {
        var limits = ServerLimits()
        limits.entriesPerRoom = 25
        limits.entriesPerSegment = 2
        limits.tokensPerDevice = 20
        let cluster = Cluster(loops: 1, limits: limits)
        let client = try cluster.connect(alice)
        try client.create(.tea)
        for token in 1...30 as ClosedRange<UInt64> {
            #expect(try client.say("x", in: .tea, token: token).sequence == token + 1)
        }
        let status = try #require(try client.enter(.tea).status)
        #expect(status.first == 7 && status.head == 31)
        for token in 11...30 as ClosedRange<UInt64> {
            #expect(try client.say("x", in: .tea, token: token).sequence == token + 1)
        }
        for token in 1...10 as ClosedRange<UInt64> {
            #expect(try client.say("x", in: .tea, token: token).failure == .refused)
        }
        #expect(try client.enter(.tea).status?.head == 31)
        // What the log has dropped is known no more.
        let other = try cluster.connect(alicePhone)
        var commit = client.commit(in: .tea, ending: 0, add: [(alicePhone, 1)], welcomes: false)
        commit.token = 31
        #expect(try client.submit(commit).sequence == 32)
        for token in 1...30 as ClosedRange<UInt64> { try other.say("y", in: .tea, epoch: 1, token: token) }
        #expect(try client.say("x", in: .tea, epoch: 1, token: 30).failure == .refused)
        #expect(try client.say("x", in: .tea, epoch: 1, token: 32).sequence == 63)
    }

    @Test("count in two series, by the highest bit of their numbers: one does not age the other")
    func countsInTwoSeries() throws {
        var limits = ServerLimits()
        limits.tokensPerDevice = 5
        let cluster = Cluster(loops: 1, limits: limits)
        let client = try cluster.connect(alice)
        try client.create(.tea)
        let high = UInt64(1) << 63
        #expect(try client.say("x", in: .tea, token: high + 7).sequence == 2)
        for token in 1...10 as ClosedRange<UInt64> {
            #expect(try client.say("x", in: .tea, token: token).sequence == token + 2)
        }
        #expect(try client.say("x", in: .tea, token: high + 7).failure == .refused, "it was forgotten")
        #expect(try client.say("x", in: .tea, token: 5).failure == .refused, "so was this")
        #expect(try client.say("x", in: .tea, token: high + 8).sequence == 13)
        #expect(try client.say("x", in: .tea, token: 11).sequence == 14)
    }

    @Test(
        "a device that leaves gets its own entry and no later one, and others may commit its removal", arguments: 1...3)
    func leaves(loops: Int) throws {
        let (cluster, first, second) = try pair(loops: loops)
        let again = try cluster.connect(bob, on: loops / 2)
        try again.enter(.tea)
        #expect(
            try second.leave(.tea, payload: Forge.message(in: .tea, epoch: 1, "x")).failure == .malformedMessage)
        let proposal = Forge.proposal(in: .tea, epoch: 1)
        #expect(try second.leave(.tea, payload: proposal).sequence == 3)
        #expect(try first.say("later", in: .tea, epoch: 1).sequence == 4)
        #expect(again.sequences(of: .tea) == [3])
        #expect(first.entries(of: .tea).map(\.kind) == [.leave])
        #expect(try second.say("x", in: .tea, epoch: 1).failure == .notAMember)
        #expect(try second.enter(.tea).failure == .notAMember)
        #expect(try second.read(.tea).head == 3)
        #expect(second.sequences(of: .tea) == [2, 3])
        #expect(try first.submit(first.commit(in: .tea, ending: 1, remove: [bob])).failure == nil)
    }

    @Test("a room that all have left is gone, and can be founded anew")
    func forgetsAbandonedRooms() throws {
        let cluster = Cluster(loops: 2)
        let client = try cluster.connect(alice)
        try client.create(.tea)
        let used = cluster.premises.stored.used
        #expect(used > 0)
        try client.leave(.tea)
        #expect(cluster.premises.stored.used == 0)
        #expect(try client.enter(.tea).failure == .unknownRoom)
        #expect(try cluster.connect(bob).create(.tea).sequence == 1)
        #expect(cluster.premises.stored.used > 0)
    }

    @Test("a device that lost the thread asks to be added anew, with its own key package")
    func asksToBeAdded() throws {
        let (cluster, first, second) = try pair(loops: 2)
        let package = Forge.package(of: bob)
        #expect(
            try second.ask { .readd($0, .tea, token: 1, package: Forge.package(of: carol)) }.failure == .notAllowed)
        #expect(
            try second.ask { .readd($0, .tea, token: 1, package: Forge.welcome("x")) }.failure == .malformedMessage)
        #expect(try second.ask { .readd($0, .tea, token: 1, package: package) }.sequence == 3)
        let entry = try #require(first.entries(of: .tea).last)
        #expect(entry.kind == .readdRequest && entry.payload == .inline(package) && entry.sender == bob)
        // The commit that removes and adds it moves its beginning; it stays where it is.
        try first.submit(first.commit(in: .tea, ending: 1, add: [(bob, 1)], remove: [bob]))
        #expect(second.sequences(of: .tea) == [4])
        let again = try cluster.connect(bob)
        cluster.settle()
        #expect(again.welcomes.map(\.sequence) == [4], "the former welcome is of no use")
    }

    @Test("read answers hold as many entries as fit, and go on behind the last")
    func readsInParts() throws {
        let cluster = Cluster(loops: 2)
        let client = try cluster.connect(alice)
        try client.create(.tea)
        let text = String(repeating: "x", count: 50_000)
        for _ in 0..<12 { try client.say(text, in: .tea) }
        var seen: [UInt64] = []
        var rounds = 0
        while seen.last != 13, rounds < 10 {
            _ = client.news()
            #expect(try client.read(.tea, after: seen.last ?? 0).head == 13)
            let frames = client.news()
            let sequences = frames.compactMap { if case .entry(let entry) = $0 { entry.sequence } else { nil } }
            #expect(sequences.count <= 6 && !sequences.isEmpty)
            seen += sequences
            rounds += 1
        }
        #expect(seen == Array(1...13))
        #expect(rounds == 3)
        #expect(try client.read(.tea, after: .max).head == 13)
        #expect(client.news().count == 1, "behind the end there is nothing")
    }

    @Test("entries that were dropped cannot be read, and it is said from where on they can")
    func saysWhatWasDropped() throws {
        var limits = ServerLimits()
        limits.bytesPerRoom = 10_000
        limits.entriesPerSegment = 2
        let cluster = Cluster(loops: 1, limits: limits)
        let client = try cluster.connect(alice)
        try client.create(.tea)
        for _ in 0..<50 { try client.say(String(repeating: "x", count: 1_000), in: .tea) }
        let status = try #require(try client.enter(.tea).status)
        #expect(status.head == 51 && (42...49).contains(status.first))
        #expect(cluster.premises.stored.used <= 15_000)
        #expect(try client.read(.tea, after: 0).failure == .tooOld)
        #expect(try client.read(.tea, after: status.first - 2).failure == .tooOld)
        #expect(try client.read(.tea, after: status.first - 1).head == 51)
        #expect(client.sequences(of: .tea) == Array(status.first...51))
    }
}
