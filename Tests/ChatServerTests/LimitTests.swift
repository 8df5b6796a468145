import Chat
import ChatServer
import ChatWire
import NIOCore
import Testing

@Suite("limits of the delivery service")
struct LimitTests {
    @Test("a connection enters so many rooms at most; the same room counts once", arguments: 1...3)
    func limitsRoomsEntered(loops: Int) throws {
        var limits = ServerLimits()
        limits.roomsPerSession = 3
        let cluster = Cluster(loops: loops, limits: limits)
        let client = try cluster.connect(alice)
        for number in 0..<5 { try client.create(.number(number)) }
        _ = client.news()
        for number in [0, 0, 1, 0, 1, 2, 2, 3, 4, 0] { try client.send { .enter($0, .number(number)) } }
        cluster.settle()
        let refused = client.news().filter { $0.failure == .tooManyRooms }.map(\.request)
        #expect(Set(refused) == [RequestID(13), RequestID(14)])
        try client.leave(.number(1))
        #expect(try client.enter(.number(3)).failure == nil)
        #expect(try client.enter(.number(9)).failure == .tooManyRooms)
        #expect(try cluster.connect(alice).enter(.number(4)).failure == nil, "another connection counts for itself")
    }

    @Test("a device founds so many rooms at most; one that is gone makes space", arguments: 1...2)
    func limitsRoomsFounded(loops: Int) throws {
        var limits = ServerLimits()
        limits.roomsFoundedPerDevice = 3
        let cluster = Cluster(loops: loops, limits: limits)
        let client = try cluster.connect(alice)
        for number in 0..<3 { #expect(try client.create(.number(number)).failure == nil) }
        #expect(try client.create(.number(3)).failure == .tooManyRooms)
        #expect(try client.enter(.number(3)).failure == .unknownRoom)
        #expect(try cluster.connect(bob).create(.number(3)).failure == nil)
        try client.leave(.number(0))
        #expect(try client.create(.number(4)).failure == nil)
    }

    @Test("a device has 16 connections at most, wherever they are; a refused one leaves no trace")
    func limitsConnections() throws {
        let cluster = Cluster(loops: 3)
        let clients = try (0..<16).map { try cluster.connect(alice, on: $0 % 3) }
        for round in 0..<100 {
            #expect(cluster.open(alice, on: round % 3) == nil)
            cluster.settle()
        }
        #expect(cluster.open(alicePhone) != nil, "another device has its own 16")
        cluster.close(clients[5])
        cluster.settle()
        #expect(cluster.open(alice) != nil)
        #expect(cluster.open(alice) == nil)
        #expect(try cluster.connect(bob).slot < 10, "places are used again")
    }

    @Test("a room's log is bounded, and so is what it remembers of those who went")
    func boundsRooms() throws {
        var limits = ServerLimits()
        limits.entriesPerRoom = 100
        limits.entriesPerSegment = 8
        limits.formerDevicesPerRoom = 10
        limits.tokensPerDevice = 50
        let cluster = Cluster(loops: 2, limits: limits)
        let client = try cluster.connect(alice)
        try client.create(.tea)
        var used: [Int] = []
        for round in 0..<200 as Range<UInt64> {
            let guest = device("guest\(round)/pc")
            try client.submit(client.commit(in: .tea, ending: round * 2, add: [(guest, 1)], welcomes: false))
            try client.submit(client.commit(in: .tea, ending: round * 2 + 1, remove: [guest], welcomes: false))
            used.append(cluster.premises.stored.used)
        }
        #expect(used[199] < used[60] * 5 / 4)
        #expect(try cluster.connect(device("guest199/pc")).read(.tea, after: 399).failure == nil)
        #expect(try cluster.connect(device("guest0/pc")).read(.tea).failure == .notAMember, "forgotten")
    }

    @Test("a server that is full says so, and goes on serving")
    func boundsTheServer() throws {
        var limits = ServerLimits()
        limits.roomBytes = 110_000
        limits.welcomeBytes = 100
        let cluster = Cluster(loops: 1, limits: limits)
        let client = try cluster.connect(alice)
        try client.create(.tea)
        let text = String(repeating: "x", count: 40_000)
        #expect(try client.say(text, in: .tea).failure == nil)
        #expect(try client.say(text, in: .tea).failure == nil)
        let refusal = try client.say(text, in: .tea)
        #expect(refusal.failure == .refused)
        if case .failed(_, let failure) = refusal { #expect(failure.canRetry && failure.words.contains("space")) }
        var commit = client.commit(in: .tea, ending: 0, add: [(bob, 1)])
        commit.welcome = Forge.welcome(String(repeating: "w", count: 200))
        #expect(try client.submit(commit).failure == .refused)
        #expect(try client.read(.tea).head == 3)
        let other = try cluster.connect(bob)
        #expect(try other.create(.lab, RoomPolicy(.open), groupInfo: Forge.groupInfo(text)).failure == .refused)
    }

    @Test("pieces of long frames are bounded, for one connection and for all; what breaks off is let go")
    func boundsPieces() throws {
        var limits = ServerLimits()
        limits.stagedBytes = 300_000
        let cluster = Cluster(loops: 2, limits: limits)
        let clients = try (0..<3).map { try cluster.connect(device("u\($0)/pc"), on: $0 % 2) }
        let piece = [UInt8](repeating: 0, count: 60_000)
        for client in clients.prefix(2) { for _ in 0..<2 { try client.send(type: 62, body: piece) } }
        cluster.settle()
        #expect(cluster.premises.staged.used == 240_000)
        try clients[2].send(type: 62, body: piece)
        try clients[2].send(type: 62, body: piece)
        cluster.settle()
        #expect(!clients[2].isOpen && clients[2].farewells.map(\.code) == [.tooManyRequests])
        #expect(cluster.premises.staged.used == 240_000)
        try clients[0].send(type: 11, body: [0, 0, 0, 1])
        cluster.settle()
        #expect(clients[0].farewells.map(\.code) == [.malformedFrame], "amid the pieces of another")
        cluster.close(clients[1])
        #expect(cluster.premises.staged.used == 0)
    }

    @Test("of one user, pieces of long frames are bounded over all connections; others have room for theirs")
    func boundsPiecesOfAUser() throws {
        var limits = ServerLimits()
        limits.stagedBytesPerUser = 150_000
        let cluster = Cluster(loops: 2, limits: limits)
        let laptop = try cluster.connect(alice)
        let phone = try cluster.connect(alicePhone, on: 1)
        let other = try cluster.connect(bob)
        let piece = [UInt8](repeating: 0, count: 60_000)
        try laptop.send(type: 62, body: piece)
        try phone.send(type: 62, body: piece)
        try other.send(type: 62, body: piece)
        cluster.settle()
        #expect(laptop.isOpen && phone.isOpen)
        try phone.send(type: 62, body: piece)
        cluster.settle()
        #expect(phone.farewells.map(\.code) == [.tooManyRequests] && phone.farewells[0].canRetry)
        #expect(laptop.isOpen && other.isOpen)
        #expect(cluster.premises.staged.used == 120_000)
        try laptop.send(type: 62, body: piece)
        cluster.settle()
        #expect(laptop.isOpen, "what broke off is let go")
    }

    @Test("a long frame comes whole in time, or the connection ends")
    func endsUnfinished() throws {
        let cluster = Cluster(loops: 2)
        let slow = try cluster.connect(alice)
        let quick = try cluster.connect(bob, on: 1)
        try slow.send(type: 62, body: [1])
        try quick.send(type: 62, body: [1])
        cluster.time += 119_000
        try slow.send(type: 62, body: [1])
        try quick.send(type: 63, body: [6])
        cluster.endUnfinished()
        cluster.settle()
        #expect(slow.isOpen)
        try quick.send(type: 62, body: [1])
        cluster.time += 2_000
        cluster.endUnfinished()
        cluster.settle()
        #expect(!slow.isOpen && slow.farewells.map(\.code) == [.silent] && slow.farewells[0].canRetry)
        #expect(!quick.isOpen && quick.farewells.map(\.code) == [.malformedFrame], "what it sent is no frame 6")
        #expect(cluster.premises.staged.used == 0)
        let next = try cluster.connect(carol)
        try next.send(type: 62, body: [1])
        cluster.time += 119_000
        cluster.endUnfinished()
        cluster.settle()
        #expect(next.isOpen, "the time is its own")
    }

    @Test("empty pieces are counted as requests, and nothing is kept of them")
    func countsEmptyPieces() throws {
        var limits = ServerLimits()
        limits.requestBurst = 10
        let cluster = Cluster(loops: 1, limits: limits)
        let client = try cluster.connect(alice)
        for _ in 0..<20 { try client.send(type: 62, body: []) }
        cluster.settle()
        #expect(client.isOpen && client.delays.count == 10 && cluster.premises.staged.used == 0)
        #expect(try client.ask { .ping($0) }.failure == nil)
    }
}
