import Chat
import ChatServer
import ChatWire
import NIOCore
import Testing

@Suite("what is not in memory")
struct LoadTests {
    /// Little stays in memory.
    private static var limits: ServerLimits {
        var limits = ServerLimits()
        limits.tailBytes = 400
        limits.entriesPerSegment = 8
        limits.bytesPerRead = 2_000
        return limits
    }

    private static func requests(_ frames: [ServerFrame]) -> [RequestID] {
        frames.compactMap { frame in
            switch frame {
            case .accepted(let number, _, _), .readEnd(let number, _, _), .described(let number, _), .pong(let number):
                number
            default: nil
            }
        }
    }

    @Test("is read from the disk page after page, and is what was said")
    func pages() throws {
        let cluster = Cluster(loops: 2, limits: Self.limits)
        let client = try cluster.connect(alice, on: 1)
        try client.create(.tea)
        for number in 1...60 { try client.say("message \(number)", in: .tea) }
        #expect(cluster.premises.held.used < 6_000 && cluster.premises.stored.used > 8_000)
        var after: UInt64 = 0
        var pages = 0
        while after < 61 {
            #expect(try client.read(.tea, after: after).head == 61)
            let latest = try #require(client.sequences(of: .tea).last)
            #expect(latest > after)
            after = latest
            pages += 1
        }
        #expect(client.sequences(of: .tea) == Array(1...61))
        #expect(pages > 4)
    }

    @Test("comes with large payloads, whoever they are for")
    func payloads() throws {
        let cluster = Cluster(loops: 1, limits: Self.limits)
        let client = try cluster.connect(alice)
        try client.create(.tea)
        var commit = client.commit(in: .tea, ending: 0, add: [(bob, 1)], welcomes: false)
        commit.commit = Forge.commit(in: .tea, epoch: 0, size: 150_000)
        try client.submit(commit)
        let reference = BlobRef(of: commit.commit)
        let other = try cluster.connect(bob)
        #expect(try other.fetch(reference, of: .tea) == commit.commit)
        #expect(try cluster.connect(carol).ask { .fetch($0, .tea, reference.hash, offset: 0) }.failure == .unknownBlob)
        // A server that starts again has none of it in memory either.
        let again = try Cluster(loops: 1, limits: Self.limits, from: cluster.stored)
        #expect(try again.connect(bob).fetch(reference, of: .tea) == commit.commit)
    }

    @Test("holds what a connection asks about that room afterwards: answers keep the order of requests")
    func keepsOrder() throws {
        let cluster = Cluster(loops: 1, limits: Self.limits)
        let writer = try cluster.connect(alice)
        try writer.create(.tea)
        for _ in 1...30 { try writer.say("hello", in: .tea) }
        _ = writer.news()
        // The page lies on the disk; the others could be answered at once.
        let read = try writer.send { .read($0, .tea, after: 0) }
        let described = try writer.send { .describe($0, .tea) }
        let sent = try writer.send { .send($0, .tea, token: 500, payload: Forge.message(in: .tea, "x")) }
        let ping = try writer.send { .ping($0) }
        cluster.endTick(of: 0)
        #expect(Self.requests(writer.news()) == [ping], "what is not about the room goes on")
        cluster.settle()
        #expect(Self.requests(writer.news()) == [read, described, sent])
    }

    @Test("is waited for by all who need it, and one who has gone gets no answer")
    func goes() throws {
        let cluster = Cluster(loops: 1, limits: Self.limits)
        let first = try cluster.connect(alice)
        try first.create(.tea)
        for _ in 1...30 { try first.say("hello", in: .tea) }
        let again = try Cluster(loops: 1, limits: Self.limits, from: cluster.stored)
        let (one, two) = (try again.connect(alice), try again.connect(alice))
        var asked: [RequestID] = []
        for (client, token) in [(one, 40), (two, 41)] as [(TestClient, UInt64)] {
            let sent = try client.send { .send($0, .tea, token: token, payload: Forge.message(in: .tea, "x")) }
            asked = [sent, try client.send { .read($0, .tea, after: 0) }]
        }
        again.endTick(of: 0)
        again.close(one)
        again.settle()
        // What it had said is said.
        #expect(Self.requests(two.news()) == asked)
        #expect(try two.enter(.tea).status?.head == 33)
        again.close(two)
        again.settle()
        again.expectNoSessions()
    }

    @Test("of a device is what it has sent before: after a new start a repeated message has its first place")
    func links() throws {
        var limits = Self.limits
        limits.tokensPerDevice = 10
        let cluster = Cluster(loops: 1, limits: limits)
        let (first, second) = (try cluster.connect(alice), try cluster.connect(alicePhone))
        try first.create(.tea)
        try first.submit(first.commit(in: .tea, ending: 0, add: [(alicePhone, 1)], welcomes: false))
        var places: [UInt64: UInt64] = [:]
        for token in 100..<130 as Range<UInt64> {
            try second.say("mine", in: .tea, epoch: 1, token: token)
            places[token] = try first.say("x", in: .tea, epoch: 1, token: token).sequence
        }
        let again = try Cluster(loops: 1, limits: limits, from: cluster.stored)
        let client = try again.connect(alice)
        for token in 120..<130 as Range<UInt64> {
            #expect(try client.say("x", in: .tea, epoch: 1, token: token).sequence == places[token])
        }
        #expect(try client.say("x", in: .tea, epoch: 1, token: 119).failure == .refused, "too old to tell")
        #expect(try client.say("x", in: .tea, epoch: 1, token: 130).sequence == 63)
    }

    @Test("and cannot be read is said, to those who asked and to the administrator")
    func fails() throws {
        let cluster = Cluster(loops: 1, limits: Self.limits)
        let client = try cluster.connect(alice)
        try client.create(.tea)
        for _ in 1...30 { try client.say("hello", in: .tea) }
        cluster.isUnreadable = true
        let refusal = try client.read(.tea)
        #expect(refusal.failure == .refused)
        #expect(cluster.warnings.contains { $0.contains("cannot be read") })
        let again = try Cluster(loops: 1, limits: Self.limits, from: cluster.stored)
        again.isUnreadable = true
        let other = try again.connect(alice)
        #expect(try other.say("x", in: .tea, token: 77).failure == .refused, "it may have been said before")
        again.isUnreadable = false
        #expect(try other.say("x", in: .tea, token: 77).sequence == 32)
    }
}
