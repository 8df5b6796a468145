import Chat
import ChatServer
import ChatWire
import NIOCore
import Testing

@Suite("one step after another")
struct SequentialModelTests {
    private static let people = ["alice/laptop", "alice/phone", "bob/laptop", "carol/laptop", "carol/phone"].map(device)

    @Test(
        "everyone gets exactly what a model without loops says, and nothing else", arguments: 1...3,
        1...3 as ClosedRange<UInt64>)
    func followsTheModel(loops: Int, seed: UInt64) throws {
        var random = SeededGenerator(seed: seed &* 7_919)
        let cluster = Cluster(loops: loops)
        var model = SequentialModel()
        var clients: [Int: TestClient] = [:]
        for step in 0..<3_000 {
            cluster.time += 10
            model.time = Timestamp(milliseconds: cluster.time)
            model.beginStep()
            let key = clients.keys.sorted().randomElement(using: &random)
            if let key, let client = clients[key], clients.count > 12 || random.chance(95) {
                if random.chance(4) {
                    let lost = random.chance(50)
                    clients[key] = nil
                    cluster.close(client, lost: lost)
                    model.close(key, lost: lost)
                } else {
                    let frame = request(RequestID(UInt32(step)), &random)
                    var bytes = ByteBuffer()
                    try frame.write(to: &bytes)
                    try cluster.receive(bytes, from: client)
                    model.handle(frame, from: key)
                }
            } else if let identity = Self.people.randomElement(using: &random) {
                clients[step] = try cluster.connect(identity, on: random.number(below: loops))
                model.open(step, identity)
            }
            cluster.settle()
            for (key, client) in clients {
                let news = client.news().map(withoutWords)
                let expected = model.expected[key, default: []]
                // A connection that closes leaves its rooms in any order.
                try #require(Set(news) == Set(expected) && news.count == expected.count, "step \(step)")
            }
        }
        for client in clients.values { cluster.close(client) }
        cluster.settle()
        cluster.expectEmpty()
    }

    private func request(_ id: RequestID, _ random: inout SeededGenerator) -> ClientFrame {
        let room = RoomID.number(random.number(below: 4))
        let other = Self.people[random.number(below: Self.people.count)]
        let payload = ByteBuffer(bytes: (0...random.number(below: 40)).map { UInt8($0) })
        let after = random.chance(30) ? other : nil
        switch random.number(below: 100) {
        case 0..<30: return .join(id, room)
        case 30..<42: return .leave(id, room)
        case 42..<75: return .send(id, room, payload: payload)
        case 75..<85: return .sendDirect(id, other.user, payload: payload)
        case 85..<93: return .listMembers(id, room, after: after)
        case 93..<98: return .listOnline(id, after: after)
        default: return .ping(id)
        }
    }

    private func withoutWords(_ frame: ServerFrame) -> ServerFrame {
        guard case .failed(let request, let failure) = frame else { return frame }
        return .failed(request, Failure(failure.code, ""))
    }
}
