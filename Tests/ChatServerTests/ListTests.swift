import Chat
import ChatServer
import ChatWire
import NIOCore
import Testing

@Suite("lists")
struct ListTests {
    @Test("who is online is sorted by user, then device, byte by byte, each device once")
    func sortsOnline() throws {
        let cluster = Cluster(loops: 3)
        let names = ["b/b", "b.a/x", "b-/x", "b_/x", "a/z", "a/a", "ba/x", "0/9", "b/a"].map(device)
        for (index, identity) in names.enumerated() { _ = try cluster.connect(identity, on: index % 3) }
        let client = try cluster.connect(device("b/b"))
        // By ASCII: - . digits _ letters; a name before its longer ones.
        let expected = ["0/9", "a/a", "a/z", "b/a", "b/b", "b-/x", "b.a/x", "b_/x", "ba/x"].map(device)
        #expect(try client.online() == .online(RequestID(1), IdentityPage(more: false, identities: expected)))
    }

    @Test("long ones come in pages that go on behind the last device", arguments: [499, 500, 501, 1_234])
    func pages(count: Int) throws {
        let cluster = Cluster(loops: 2)
        let all = (0..<count).map { device("user\($0)/d") }.sorted()
        let clients = try all.shuffled().enumerated().map { try cluster.connect($0.element, on: $0.offset % 2) }
        let client = try #require(clients.first)
        var found: [PeerIdentity] = []
        var more = true
        while more, found.count <= count {
            guard case .online(_, let page) = try client.online(after: found.last) else {
                Issue.record("another answer")
                return
            }
            #expect(page.identities.count <= IdentityPage.maximumCount)
            found += page.identities
            more = page.more
            #expect(more == (found.count < count))
        }
        #expect(found == all)
    }

    @Test("go on behind a device that is not there any more")
    func goOnBehindTheAbsent() throws {
        let cluster = Cluster(loops: 1)
        let client = try cluster.connect(alice)
        _ = try cluster.connect(carol)
        #expect(try client.online(after: bob).identities == [carol])
        #expect(try client.online(after: carol).identities == [])
        #expect(try client.online(after: device("0/0")).identities == [alice, carol])
    }

    @Test("hold who came and not who went, on whichever loop", arguments: 1...3)
    func follow(loops: Int) throws {
        let cluster = Cluster(loops: loops)
        let client = try cluster.connect(alice)
        let other = try cluster.connect(bob, on: loops - 1)
        let again = try cluster.connect(bob, on: loops / 2)
        #expect(try client.online().identities == [alice, bob])
        cluster.close(other)
        #expect(try client.online().identities == [alice, bob])
        cluster.close(again)
        #expect(try client.online().identities == [alice])
    }

    @Test("are refused to whoever asks without end, until some time has passed")
    func areRationed() throws {
        let cluster = Cluster(loops: 2)
        let client = try cluster.connect(alice)
        try client.create(.tea)
        _ = client.news()
        for _ in 0..<600 { try client.send { .listOnline($0, after: nil) } }
        cluster.settle()
        let refused = client.news().filter { $0.failure == .tooManyRequests }
        #expect(refused.count == 88, "512 are free")
        #expect(try client.online().failure == .tooManyRequests)
        #expect(try client.say("hello", in: .tea).failure == nil, "the rest goes on")
        cluster.time -= 60_000
        #expect(try client.online().failure == .tooManyRequests, "a clock that was set back gives nothing")
        cluster.time += 1_000
        for _ in 0..<32 { #expect(try client.online().failure == nil) }
        #expect(try client.online().failure == .tooManyRequests)
        cluster.time = .max
        for _ in 0..<512 { #expect(try client.online().failure == nil) }
        #expect(try client.online().failure == .tooManyRequests, "a long silence is not saved up")
    }
}
