import Chat
import ChatServer
import ChatWire
import NIOCore
import Testing

@Suite("limits of the delivery service")
struct LimitTests {
    @Test("a connection is in 256 rooms at most; one that it leaves makes room", arguments: 1...3)
    func limitsRooms(loops: Int) throws {
        let cluster = Cluster(loops: loops)
        let client = try cluster.connect(alice)
        for number in 0..<256 { #expect(try client.join(.number(number)).failure == nil) }
        #expect(try client.join(.number(256)).failure == .tooManyRooms)
        #expect(try client.join(.number(3)).failure == nil, "it is in that one")
        try client.leave(.number(3))
        #expect(try client.join(.number(256)).failure == nil)
        #expect(try client.join(.number(3)).failure == .tooManyRooms)
        let other = try cluster.connect(alice)
        #expect(try other.join(.number(500)).failure == nil, "another connection has its own 256")
    }

    @Test("requests that are under way count, and the same room counts once", arguments: 1...3)
    func countsWhatIsUnderWay(loops: Int) throws {
        var limits = ServerLimits()
        limits.roomsPerSession = 3
        let cluster = Cluster(loops: loops, limits: limits)
        let client = try cluster.connect(alice)
        for number in [0, 0, 1, 0, 1, 2, 2, 3, 4, 0] { try client.send { .join($0, .number(number)) } }
        cluster.settle()
        let refused = client.news().filter { $0.failure == .tooManyRooms }.map(\.request)
        #expect(Set(refused) == [RequestID(8), RequestID(9)])
        for _ in 0..<10 { try client.send { .join($0, .number(0)) } }
        cluster.settle()
        #expect(client.news().allSatisfy { $0.failure == nil })
        try client.leave(.number(0))
        #expect(try client.join(.number(5)).failure == nil)
    }

    @Test("a device has 16 connections at most, wherever they are; one that it closes makes room")
    func limitsConnections() throws {
        let cluster = Cluster(loops: 3)
        let clients = try (0..<16).map { try cluster.connect(alice, on: $0 % 3) }
        for loop in 0..<3 { #expect(cluster.open(alice, on: loop) == nil) }
        #expect(cluster.open(alicePhone) != nil, "another device has its own 16")
        cluster.close(clients[5])
        cluster.settle()
        #expect(cluster.open(alice) != nil)
        #expect(cluster.open(alice) == nil)
    }

    @Test("a refused connection leaves no trace")
    func forgetsTheRefused() throws {
        let cluster = Cluster(loops: 2)
        let clients = try (0..<16).map { try cluster.connect(alice, on: $0 % 2) }
        for _ in 0..<100 {
            #expect(cluster.open(alice, on: 1) == nil)
            cluster.settle()
        }
        for client in clients { cluster.close(client) }
        cluster.settle()
        cluster.expectEmpty()
        #expect(try cluster.connect(bob).slot < 16, "places are used again")
    }

    @Test("a room takes so many devices and no more, but every connection of those that are in it", arguments: 1...3)
    func limitsDevices(loops: Int) throws {
        var limits = ServerLimits()
        limits.devicesPerRoom = 2
        let cluster = Cluster(loops: loops, limits: limits)
        let first = try cluster.connect(alice)
        let second = try cluster.connect(bob, on: loops - 1)
        let third = try cluster.connect(carol, on: loops / 2)
        try first.join(.tea)
        try second.join(.tea)
        let refusal = try third.join(.tea)
        #expect(refusal.failure == .roomIsFull)
        if case .failed(_, let failure) = refusal { #expect(failure.canRetry) }
        #expect(try third.say("hello", in: .tea).failure == .notAMember)
        let again = try cluster.connect(bob)
        #expect(try again.join(.tea).failure == nil)
        try second.leave(.tea)
        #expect(try third.join(.tea).failure == .roomIsFull, "the device is still there")
        try again.leave(.tea)
        #expect(try third.join(.tea).failure == nil)
    }

    @Test("a refusal of a full room does not count towards the rooms of a connection")
    func returnsTheClaim() throws {
        var limits = ServerLimits()
        limits.devicesPerRoom = 1
        limits.roomsPerSession = 1
        let cluster = Cluster(loops: 2, limits: limits)
        let first = try cluster.connect(alice)
        try first.join(.tea)
        let second = try cluster.connect(bob)
        for _ in 0..<5 { #expect(try second.join(.tea).failure == .roomIsFull) }
        #expect(try second.join(.lab).failure == nil)
    }

    @Test("who asks faster than it is answered is not read from, until it is", arguments: [2, 3])
    func holdsTheHasty(loops: Int) throws {
        let cluster = Cluster(loops: loops)
        let client = try cluster.connect(alice)
        let other = try cluster.connect(bob, on: 1)
        try client.join(.tea)
        try other.join(.tea)
        // The owner of the room does nothing for a thousand ticks.
        for number in 0..<1_000 {
            try client.send { .send($0, .tea, payload: ByteBuffer(string: "\(number)")) }
            cluster.endTick(of: 0)
            #expect(cluster.underway(from: 0, to: 1) <= 65)
        }
        #expect(client.isHeld)
        #expect(try other.ask(ClientFrame.ping).failure == nil, "nobody else is")
        cluster.settle()
        #expect(!client.isHeld)
        #expect(other.texts(in: .tea) == (0..<1_000).map { "\($0)" }, "nothing is lost")
        #expect(client.received.count { $0.failure == nil } == 1_002)
    }

    @Test("5,000 devices are the most in a room")
    func hasTheDocumentedLimits() {
        let limits = ServerLimits()
        #expect(limits.devicesPerRoom == 5_000 && limits.roomsPerSession == 256 && limits.sessionsPerDevice == 16)
        #expect(limits.listBurst == 512 && limits.listsPerSecond == 32 && limits.unanswered == 64)
    }
}
