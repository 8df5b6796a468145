import Chat
import ChatServer
import ChatWire
import NIOCore
import Testing

@Suite("connections that come and go")
struct SessionTests {
    @Test("what a connection sent before its goodbye still counts", arguments: 1...3)
    func deliversLastWords(loops: Int) throws {
        let cluster = Cluster(loops: loops)
        let client = try cluster.connect(alice)
        let other = try cluster.connect(bob, on: loops - 1)
        try client.join(.tea)
        try other.join(.tea)
        _ = other.news()
        try client.send { .send($0, .tea, payload: ByteBuffer(string: "bye")) }
        cluster.close(client)
        cluster.settle()
        #expect(other.texts(in: .tea) == ["bye"])
        #expect(other.news().last == .memberLeft(.tea, alice, lost: false))
    }

    @Test("a connection that went while it was let in is not in the room", arguments: [2, 3])
    func leavesWhatItWasEntering(loops: Int) throws {
        let cluster = Cluster(loops: loops)
        let watcher = try cluster.connect(bob, on: 1)
        try watcher.join(.tea)
        let client = try cluster.connect(alice)
        try client.send { .join($0, .tea) }
        cluster.endTick(of: 0)
        cluster.close(client)
        cluster.settle()
        #expect(try watcher.members(of: .tea).identities == [bob])
        #expect(watcher.received.contains(.memberLeft(.tea, alice, lost: false)))
        cluster.close(watcher)
        cluster.settle()
        cluster.expectEmpty()
    }

    @Test("who takes a place gets nothing that was meant for the one before", arguments: [2, 3])
    func keepsPlacesApart(loops: Int) throws {
        let cluster = Cluster(loops: loops)
        let watcher = try cluster.connect(bob, on: 1)
        try watcher.join(.tea)
        let former = try cluster.connect(alice)
        // Answers, deliveries and a direct message are under way when the place changes hands.
        try former.send { .join($0, .tea) }
        try former.send { .send($0, .tea, payload: ByteBuffer(string: "x")) }
        try former.send { .listMembers($0, .tea, after: nil) }
        cluster.endTick(of: 0)
        cluster.arrive(from: 0, to: 1)
        try watcher.send { .sendDirect($0, user("alice"), payload: ByteBuffer(string: "secret")) }
        try watcher.send { .send($0, .tea, payload: ByteBuffer(string: "secret")) }
        cluster.endTick(of: 1)
        cluster.close(former)
        cluster.endTick(of: 0)
        let next = try cluster.connect(carol)
        #expect(next.slot == former.slot, "the place was used again")
        cluster.settle()
        #expect(next.received.isEmpty)
        #expect(try next.say("hello", in: .tea).failure == .notAMember)
        #expect(try watcher.members(of: .tea).identities == [bob])
    }

    @Test("a place is not given away within the tick in which it became free")
    func waitsForTheEndOfTheTick() throws {
        let cluster = Cluster(loops: 1)
        let client = try cluster.connect(alice)
        let other = try cluster.connect(bob)
        try client.join(.tea)
        try other.join(.tea)
        try other.send { .send($0, .tea, payload: ByteBuffer(string: "secret")) }
        try client.send(ClientFrame.ping)
        cluster.close(client)
        let next = try cluster.connect(carol)
        #expect(next.slot != client.slot)
        cluster.settle()
        #expect(next.received.isEmpty)
    }

    @Test("nothing is left of connections that closed", arguments: 1...3)
    func forgets(loops: Int) throws {
        let cluster = Cluster(loops: loops)
        for round in 0..<20 {
            let clients = try (0..<30).map { try cluster.connect(device("user\($0)/d\(round % 3)"), on: $0 % loops) }
            for (index, client) in clients.enumerated() {
                for number in 0..<5 { try client.send { .join($0, .number(index + number)) } }
                if index.isMultiple(of: 2) { cluster.settle() }
                try client.send { .send($0, .number(index), payload: ByteBuffer(string: "x")) }
            }
            for client in clients { cluster.close(client, lost: round.isMultiple(of: 2)) }
            cluster.settle()
            cluster.expectEmpty()
        }
        for loop in 0..<loops {
            #expect(try #require(cluster.footprint(of: loop)["spareLogs"]) <= 16)
        }
    }

    @Test("megabytes that a room says in one tick arrive whole and in order")
    func deliversMuchAtOnce() throws {
        let cluster = Cluster(loops: 2)
        let client = try cluster.connect(alice)
        let others = [try cluster.connect(bob), try cluster.connect(carol, on: 1)]
        for client in others + [client] { try client.join(.tea) }
        let texts = (0..<80).map { String(repeating: "\($0 % 10)", count: 60_000) }
        for text in texts { try client.send { .send($0, .tea, payload: ByteBuffer(string: text)) } }
        cluster.settle()
        for other in others { #expect(other.texts(in: .tea) == texts) }
    }

    @Test("closing twice, or what is not there, does no harm")
    func closesTwice() throws {
        let directory = OnlineDirectory(limits: ServerLimits())
        var shard = Shard(index: 0, count: 1, limits: ServerLimits(), directory: directory)
        shard.close(0, lost: true)
        shard.close(-1, lost: true)
        let opened = shard.open(alice)
        let slot = try #require(opened)
        shard.close(slot, lost: true)
        shard.close(slot, lost: true)
        var ping = ByteBuffer(bytes: [0, 0, 0, 5, 7, 0, 0, 0, 1])
        let frame = try Frame.next(from: &ping)
        shard.receive(try #require(frame), from: slot)
        let actions = shard.takeActions()
        #expect(actions.isEmpty)
        #expect(directory.count == 0)
    }
}
