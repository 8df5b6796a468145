import Chat
import ChatServer
import ChatWire
import NIOCore
import Testing

@Suite("frames that break the protocol")
struct FrameTests {
    /// Type and body, each malformed in one way.
    static let malformed: [(UInt8, [UInt8])] = [
        (1, []), (1, [0, 0, 0]), (1, [0, 0, 0, 1]), (1, Array(repeating: 0, count: 19)),
        (1, Array(repeating: 0, count: 21)), (2, Array(repeating: 0, count: 21)),
        (3, Array(repeating: 0, count: 20)), (3, Array(repeating: 0, count: 23)),
        (3, Array(repeating: 0, count: 20) + [0, 0, 2, 1]), (3, Array(repeating: 0, count: 20) + [0, 0, 1, 1, 1]),
        (3, Array(repeating: 0, count: 20) + [0xFF, 0xFF, 0xFF, 1]),
        (4, [0, 0, 0, 1, 0, 0, 0, 1, 1]), (4, [0, 0, 0, 1, 1, 0x41, 0, 0, 1, 1]), (4, [0, 0, 0, 1, 33]),
        (4, [0, 0, 0, 1, 1, 0x2E, 0, 0, 1, 1]), (5, Array(repeating: 0, count: 20)),
        (5, Array(repeating: 0, count: 20) + [1, 0]), (6, [0, 0, 0, 1]), (6, [0, 0, 0, 1, 67]),
        (6, [0, 0, 0, 1, 4, 1, 0x61, 1, 0xFF]), (6, [0, 0, 0, 1, 2, 1, 0x61]), (7, []), (7, [0, 0, 0, 1, 0]),
    ]

    @Test("end the connection with a reason, if they are malformed", arguments: malformed)
    func endTheConnection(type: UInt8, body: [UInt8]) throws {
        let cluster = Cluster(loops: 2)
        let watcher = try cluster.connect(bob, on: 1)
        let client = try cluster.connect(alice)
        try watcher.join(.tea)
        try client.join(.tea)
        try client.send(type: type, body: body)
        cluster.settle()
        #expect(!client.isOpen)
        #expect(client.farewells.map(\.code) == [.malformedFrame])
        #expect(try watcher.members(of: .tea).identities == [bob])
        #expect(cluster.directory.count == 1)
    }

    @Test("count for nothing from the first malformed one on")
    func ignoreWhatFollows() throws {
        let cluster = Cluster(loops: 1)
        let client = try cluster.connect(alice)
        let other = try cluster.connect(bob)
        try client.join(.tea)
        try other.join(.tea)
        for _ in 0..<1_000 { try client.send(type: 1, body: []) }
        try client.send { .send($0, .tea, payload: ByteBuffer(string: "x")) }
        cluster.settle()
        #expect(client.farewells.count == 1)
        #expect(other.texts(in: .tea).isEmpty)
    }

    @Test("are answered with request 0 if their type is unknown, and the connection goes on")
    func answersUnknownTypes() throws {
        let cluster = Cluster(loops: 1)
        let client = try cluster.connect(alice)
        for type in UInt8.min...UInt8.max where !(1...7).contains(type) {
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
        try client.send(type: 7, body: [0, 0, 0, 0])
        cluster.settle()
        #expect(client.news() == [.pong(RequestID(0))])
    }

    @Test("never stop the server, whatever their bytes", arguments: 0..<4 as Range<UInt64>)
    func surviveAnyBytes(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let cluster = Cluster(loops: 2)
        let watcher = try cluster.connect(bob)
        try watcher.join(.tea)
        var clients: [TestClient] = []
        for step in 0..<5_000 {
            if clients.count < 8 { clients.append(try cluster.connect(device("x\(step % 40)/y"), on: step % 2)) }
            let client = clients[random.number(below: clients.count)]
            var body = (0..<random.number(below: 48)).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            if random.chance(60), body.count >= 24 {
                // Something near the truth: a room that exists, a short length.
                body.replaceSubrange(4..<20, with: RoomID.tea.bytes)
                body.replaceSubrange(20..<23, with: [0, 0, UInt8(max(0, body.count - 23))])
            }
            try client.send(type: UInt8(random.number(below: 9)), body: body)
            if random.chance(30) { cluster.settle() }
            if !client.isOpen { clients.removeAll { $0 === client } }
        }
        cluster.settle()
        #expect(try watcher.ask(ClientFrame.ping).request != nil)
        for client in clients + [watcher] { cluster.close(client) }
        cluster.settle()
        cluster.expectEmpty()
    }
}
