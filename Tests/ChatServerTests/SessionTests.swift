import Chat
import ChatServer
import ChatWire
import NIOCore
import Testing

@Suite("connections that come and go")
struct SessionTests {
    @Test("what a connection sent before its goodbye still counts", arguments: 1...3)
    func keepsLastWords(loops: Int) throws {
        let cluster = Cluster(loops: loops)
        let client = try cluster.connect(alice)
        let other = try cluster.connect(bob, on: loops - 1)
        try client.create(.tea)
        try client.add([(bob, 1)], to: .tea)
        try other.enter(.tea)
        try client.send { .send($0, .tea, token: 9, payload: Forge.message(in: .tea, epoch: 1, "bye")) }
        cluster.close(client)
        cluster.settle()
        #expect(other.sequences(of: .tea) == [3])
    }

    @Test("a connection that went while it was let in is told nothing, and leaves nothing", arguments: [2, 3])
    func forgetsWhoWasEntering(loops: Int) throws {
        let cluster = Cluster(loops: loops)
        let client = try cluster.connect(alice)
        try client.create(.tea)
        try client.send { .enter($0, .tea) }
        cluster.endTick(of: 0)
        cluster.close(client)
        cluster.settle()
        cluster.expectNoSessions()
        let next = try cluster.connect(carol)
        let again = try cluster.connect(alice, on: 1)
        try again.say("x", in: .tea)
        #expect(next.entries(of: .tea).isEmpty)
    }

    @Test("who takes a place gets nothing that was meant for the one before", arguments: [2, 3])
    func keepsPlacesApart(loops: Int) throws {
        let cluster = Cluster(loops: loops)
        let watcher = try cluster.connect(bob, on: 1)
        try watcher.create(.tea)
        try watcher.add([(alice, 1)], to: .tea)
        try watcher.enter(.tea)
        let former = try cluster.connect(alice)
        cluster.settle()
        // Answers and entries are under way when the place changes hands.
        try former.send { .enter($0, .tea) }
        try former.send { .send($0, .tea, token: 1, payload: Forge.message(in: .tea, epoch: 1, "x")) }
        try former.send { .read($0, .tea, after: 0) }
        cluster.endTick(of: 0)
        cluster.arrive(from: 0, to: 1)
        try watcher.send { .send($0, .tea, token: 8, payload: Forge.message(in: .tea, epoch: 1, "secret")) }
        cluster.endTick(of: 1)
        cluster.close(former)
        cluster.endTick(of: 0)
        let next = try cluster.connect(carol)
        #expect(next.slot == former.slot, "the place was used again")
        cluster.settle()
        #expect(next.received == [.stockLow(0)])
        #expect(try next.say("hello", in: .tea, epoch: 1).failure == .notAMember)
    }

    @Test("a place is not given away within the tick in which it became free")
    func waitsForTheEndOfTheTick() throws {
        let cluster = Cluster(loops: 1)
        let client = try cluster.connect(alice)
        try client.create(.tea)
        try client.send(ClientFrame.ping)
        cluster.close(client)
        let next = try cluster.connect(carol)
        #expect(next.slot != client.slot)
        cluster.settle()
        #expect(next.received == [.stockLow(0)])
    }

    @Test("megabytes that a room says in one tick arrive whole and in order")
    func deliversMuchAtOnce() throws {
        let cluster = Cluster(loops: 2)
        let client = try cluster.connect(alice)
        let others = [try cluster.connect(bob), try cluster.connect(carol, on: 1)]
        try client.create(.tea)
        try client.add([(bob, 1), (carol, 2)], to: .tea)
        for client in others + [client] { try client.enter(.tea) }
        let payloads = (0..<80).map {
            Forge.message(in: .tea, epoch: 1, String(repeating: "\($0 % 10)", count: 59_000))
        }
        for payload in payloads {
            let token = client.nextToken()
            try client.send { .send($0, .tea, token: token, payload: payload) }
        }
        cluster.settle()
        for other in others { #expect(other.entries(of: .tea).map(\.payload) == payloads.map { .inline($0) }) }
    }

    @Test("closing twice, or what is not there, does no harm")
    func closesTwice() throws {
        let premises = Premises()
        var shard = Shard(index: 0, count: 1, premises: premises)
        shard.close(0)
        shard.close(-1)
        let opened = shard.open(alice)
        let slot = try #require(opened)
        shard.close(slot)
        shard.close(slot)
        var ping = ByteBuffer()
        try ClientFrame.ping(RequestID(1)).write(to: &ping)
        let frame = try Frame.next(from: &ping)
        shard.receive(try #require(frame), from: slot)
        let actions = shard.takeActions()
        // What waited for the device goes to a place where nobody is.
        #expect(actions.count == 1)
        #expect(premises.online.count == 0)
    }

    @Test("who asks faster than it is answered is not read from, until it is", arguments: [2, 3])
    func holdsTheHasty(loops: Int) throws {
        let cluster = Cluster(loops: loops)
        let client = try cluster.connect(alice)
        let other = try cluster.connect(bob, on: 1)
        try client.create(.tea)
        try client.add([(bob, 1)], to: .tea)
        try other.enter(.tea)
        // The owner of the room does nothing for a thousand ticks.
        for number in 0..<1_000 as Range<UInt64> {
            try client.send { .send($0, .tea, token: 100 + number, payload: Forge.message(in: .tea, epoch: 1, "x")) }
            cluster.endTick(of: 0)
            #expect(cluster.underway(from: 0, to: 1) <= 65)
        }
        #expect(client.isHeld)
        #expect(try other.ask(ClientFrame.ping).failure == nil, "nobody else is")
        cluster.settle()
        #expect(!client.isHeld)
        #expect(other.entries(of: .tea).map(\.token) == Array(100..<1_100), "nothing is lost")
    }
}
