import Chat
import ChatServer
import ChatWire
import NIOCore
import Testing

@Suite("frames that break the protocol")
struct FrameTests {
    @Test("end the connection with a reason, if they are malformed", arguments: ClientFrame.FrameType.allCases)
    func endTheConnection(type: ClientFrame.FrameType) throws {
        for body in [[], [0, 0, 0], [0, 0, 0, 1, 9], [UInt8](repeating: 0xFF, count: 200)] as [[UInt8]] {
            let cluster = Cluster(loops: 2)
            let watcher = try cluster.connect(bob, on: 1)
            let client = try cluster.connect(alice)
            try client.send(type: type.rawValue, body: body)
            cluster.settle()
            #expect(!client.isOpen)
            #expect(client.farewells.map(\.code) == [.malformedFrame])
            #expect(try watcher.online().identities == [bob])
        }
    }

    @Test("count for nothing from the first malformed one on")
    func ignoreWhatFollows() throws {
        let cluster = Cluster(loops: 1)
        let client = try cluster.connect(alice)
        for _ in 0..<1_000 { try client.send(type: 1, body: []) }
        try client.send { .create($0, .tea, RoomPolicy(.invite), groupInfo: ByteBuffer()) }
        cluster.settle()
        #expect(client.farewells.count == 1)
        #expect(try cluster.connect(bob).describe(.tea).failure == .unknownRoom)
        #expect(cluster.premises.stored.used == 0)
    }

    @Test("are answered with request 0 if their type is unknown, and the connection goes on")
    func answersUnknownTypes() throws {
        let cluster = Cluster(loops: 1)
        let client = try cluster.connect(alice)
        cluster.settle()
        _ = client.news()
        for type in UInt8.min...UInt8.max where !(1...16).contains(type) && !(62...63).contains(type) {
            try client.send(type: type, body: [UInt8](repeating: 1, count: Int(type)))
            cluster.settle()
            let news = client.news()
            #expect(news.map(\.request) == [RequestID.none])
            #expect(news.map(\.failure) == [.unknownFrameType])
        }
        #expect(try client.ask(ClientFrame.ping) == .pong(RequestID(1)))
    }

    @Test("request 0 is a request like any other")
    func answersRequestZero() throws {
        let cluster = Cluster(loops: 1)
        let client = try cluster.connect(alice)
        cluster.settle()
        _ = client.news()
        try client.send(type: 11, body: [0, 0, 0, 0])
        cluster.settle()
        #expect(client.news() == [.pong(RequestID(0))])
    }

    /// Requests that mean something in a room of alice and bob, to be changed here and there.
    private static func requests(_ random: inout SeededGenerator) throws -> ByteBuffer {
        let id = RequestID(UInt32(random.number(below: 1_000) + 1))
        let room = random.chance(80) ? RoomID.tea : .lab
        let epoch = UInt64(random.number(below: 3))
        let token = UInt64(random.number(below: 50))
        let submission = Submission(
            room: room, token: token, epoch: epoch, commit: Forge.commit(in: room, epoch: epoch),
            roster: Roster(
                added: [.init(device("x\(random.number(below: 9))/y"), leaf: UInt32(token))], removed: [carol]))
        let frames: [ClientFrame] = [
            .enter(id, room), .read(id, room, after: token),
            .create(id, room, RoomPolicy(.open), groupInfo: Forge.groupInfo("x")),
            .send(id, room, token: token, payload: Forge.message(in: room, epoch: epoch, "x")), .submit(id, submission),
            .publish(id, packages: [Forge.package(of: alice)], lastResort: Forge.package(of: bob)),
            .claim(id, alice.user, random.chance(50) ? alice.device : nil),
            .fetch(id, room, Digest(of: Forge.groupInfo("x")), offset: UInt32(token)), .describe(id, room),
            .listOnline(id, after: alice),
            .leave(id, room, token: token, payload: Forge.proposal(in: room, epoch: epoch)),
            .readd(id, room, token: token, package: Forge.package(of: alice)), .takeWelcome(id, token),
            .reject(id, room, sequence: token), .mark(id, room, sequence: token),
        ]
        var bytes = ByteBuffer()
        try frames[random.number(below: frames.count)].write(to: &bytes)
        return bytes
    }

    @Test(
        "never stop the server, whatever their bytes; each is answered, or ends its connection",
        arguments: 0..<6 as Range<UInt64>)
    func surviveAnyBytes(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var limits = ServerLimits()
        limits.markDelay = 0
        let cluster = Cluster(loops: 2, limits: limits)
        let watcher = try cluster.connect(alice)
        try watcher.create(.tea, RoomPolicy(.open), groupInfo: Forge.groupInfo("x"))
        try watcher.enter(.tea)
        var clients: [(client: TestClient, asked: Int, start: Int)] = []
        var (answered, ended) = (0, 0)
        for step in 0..<3_000 {
            if clients.count < 6 {
                let client = try cluster.connect([alice, bob, carol, device("x\(step % 9)/y")][step % 4], on: step % 2)
                cluster.settle()
                clients.append((client, 0, client.received.count { $0.request != nil }))
            }
            let index = random.number(below: clients.count)
            var bytes = try Self.requests(&random)
            var body = Array(bytes.readableBytesView.dropFirst(5))
            var type = bytes.getInteger(at: 4, as: UInt8.self) ?? 0
            bytes.clear()
            switch random.number(below: 10) {
            case 0: body = (0..<random.number(below: 64)).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            case 1: type = UInt8(random.number(below: 62))
            case 2...4:
                for _ in 0..<random.number(below: 3) + 1 where !body.isEmpty {
                    body[random.number(below: body.count)] = UInt8.random(in: .min ... .max, using: &random)
                }
            case 5: body = Array(body.prefix(random.number(below: body.count + 1)))
            default: break
            }
            try clients[index].client.send(type: type, body: body)
            clients[index].asked += 1
            cluster.settle()
            let (client, asked, start) = clients[index]
            if client.isOpen {
                answered += 1
                let answers = client.received.count { $0.request != nil } - start
                #expect(answers == asked, "request \(asked) has \(answers) answers")
            } else {
                ended += 1
                clients.remove(at: index)
            }
        }
        #expect(answered > 500 && ended > 100)
        #expect(try watcher.ask(ClientFrame.ping).failure == nil)
        for client in clients.map(\.client) + [watcher] { cluster.close(client) }
        cluster.settle()
        cluster.expectNoSessions()
    }
}
